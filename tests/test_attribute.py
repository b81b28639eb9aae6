"""The steps ``probe`` and ``attribute`` on a small model: what they write, the same bytes each time."""

import json
from argparse import Namespace

import anndata
import numpy as np
import pandas as pd
import pytest

from xassay import catalogue
from xassay.__main__ import main
from xassay.core.bank import Bank
from xassay.core.explanations import Explanation
from xassay.core.samples import Samples

SEEDS = 2
STABILITY = {
    "parameter_randomisation": {"test": "parameter_randomisation"},
    "label_permutation": {},
    "noise": {"test": "input_noise"},
    "baseline_swap": {},
    "class_sensitivity": {},
}
EVALUATE = {"samples": 6, "masks": 5, "orders": 2}
VARIANTS = {"draws": 3, "samples": 2}


def table(rng):
    """Sixteen bags of one to five cells with six genes; a planted cell in every positive one."""
    rows, samples = [], {}
    for k in range(16):
        name, label = f"bag_{k:02d}", k % 2
        samples[name] = (label, ("train", "validation", "test", "test")[k // 2 % 4], name)
        for i in range(1 + k % 5):
            rows.append((name, f"cell_{len(rows)}", float(label and i == 0), "none"))
    obs = pd.DataFrame(rows, columns=["bag", "cell", "truth", "planted"])
    columns = ["label", "split", "group"]
    return Samples(
        X=rng.normal(size=(len(obs), 6)).astype(np.float32),
        obs=obs,
        var=pd.DataFrame(index=[f"gene_{g}" for g in range(6)]),
        samples=pd.DataFrame.from_dict(samples, orient="index", columns=columns),
        classes=("no", "yes"),
        noise={"law": "gaussian", "sd": 0.1},
        source={"dataset": "toy"},
        name="toy",
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A data set and an untrained model with its twins, in a folder."""
    import torch

    from xassay.core import weights

    folder = tmp_path_factory.mktemp("study")
    table(np.random.default_rng(0)).write(folder / "data.h5ad")
    torch.manual_seed(0)
    build = catalogue.load("models", "attention_mil").build
    names = [f"{kind}_{k}" for k in range(SEEDS) for kind in ("seed", "permuted")]
    meta = {
        "name": "mine", "model": "attention_mil", "options": {"width": 8}, "shape": [5, 6], "n_outputs": 1,
        "seeds": SEEDS, "classes": ["no", "yes"], "dataset": "toy",
    }  # fmt: skip
    states = {name: build((5, 6), 1, width=8).state_dict() for name in names}
    weights.save(folder / "model.pt", meta, states)
    return folder


def shared(study):
    given = {
        "baseline": {"references": 2},
        "evaluate": EVALUATE,
        "variants": VARIANTS,
        "stability": STABILITY,
    }
    options = [word for key, value in given.items() for word in (f"--{key}", json.dumps(value))]
    return ["--data", str(study / "data.h5ad"), "--model", str(study / "model.pt"), *options]


def attribute(study, method, out="out", *more):
    path = study / out / f"{method}.h5ad"
    words = ["--method", method, "--name", method, "--code", "hash", "--out", str(path)]
    assert main(["attribute", *shared(study), *words, *more]) == 0
    return path


@pytest.fixture(scope="module")
def probed(study):
    assert (
        main(
            ["probe", *shared(study), "--out", str(study / "bank.h5"), "--controls", str(study / "controls")]
        )
        == 0
    )
    return Bank.read(study / "bank.h5")


def test_bank_holds_what_was_asked(probed):
    samples, width = len(probed.ids), probed.truth.shape[1]
    assert samples == EVALUATE["samples"]
    assert probed.probe.masks.shape == (samples, 5, width)
    assert probed.probe.delta.shape == (SEEDS, samples, 5)
    assert probed.probe.single.shape == (SEEDS, samples, width)
    assert probed.random.shape == (SEEDS, samples, 2, width + 1)
    size = (~np.isnan(probed.truth)).sum(1)
    chosen = probed.probe.masks.sum(-1)
    assert (chosen >= 1).all() and (chosen <= np.maximum(size - 1, 1)[:, None]).all()
    assert not probed.probe.masks[np.isnan(probed.truth)[:, None] & np.ones((1, 5, 1), bool)].any()


def test_random_orders_lead_from_the_bag_to_its_baseline(probed):
    size = (~np.isnan(probed.truth)).sum(1)
    first = probed.random[:, :, 0, 0]
    last = np.stack([probed.random[:, s, 0, n] for s, n in enumerate(size)], 1)
    np.testing.assert_allclose(first - last, probed.probe.total, atol=1e-5)


def test_every_control_is_explained(study, probed):
    found = {path.stem: Explanation.read(path) for path in (study / "controls").glob("*.h5ad")}
    assert set(found) == {name for name in catalogue.entries("attribution") if name.startswith("control_")}
    assert not found["control_shapley"].variants and found["control_input"].variants
    for explanation in found.values():
        assert explanation.ids == probed.ids and explanation.instance.shape == probed.probe.single.shape
    np.testing.assert_array_equal(found["control_truth"].instance[0], probed.truth)


def test_bank_holds_the_orders_of_the_exact_attribution(study, probed):
    found = Explanation.read(study / "controls" / "control_shapley.h5ad").curve
    np.testing.assert_array_equal(probed.exact, np.stack(found, 2))


def test_leave_one_out_is_the_probe_of_single_instances(study, probed):
    found = Explanation.read(attribute(study, "leave_one_out"))
    np.testing.assert_allclose(found.instance, probed.probe.single, atol=1e-5)


def test_curves_start_and_end_with_those_of_random_orders(study, probed):
    found = Explanation.read(attribute(study, "integrated_gradients"))
    for curve in found.curve:
        assert curve.shape == probed.random[:, :, 0].shape
        np.testing.assert_allclose(curve[..., 0], probed.random[:, :, 0, 0], atol=1e-5)
        np.testing.assert_array_equal(np.isnan(curve), np.isnan(probed.random[:, :, 0]))


def test_variants_are_those_of_the_study(study):
    found = Explanation.read(attribute(study, "saliency"))
    assert found.code == "hash" and found.options == {"correct": False}
    planted = Samples.read(study / "data.h5ad").truth(found.ids)
    assert found.variant_ids == [found.ids[i] for i in np.flatnonzero(np.nansum(planted, 1) > 0)[:2]]
    names = {}
    for variant in found.variants:
        names.setdefault((variant.test, variant.seed), []).append(variant.name)
        assert variant.instance.shape == (2, found.instance.shape[2])
    assert names["noise", 0] == ["noise:0", "noise:1"] and names["noise", 1] == ["noise:0"]
    assert names["label_permutation", 1] == ["twin"] and names["class_sensitivity", 0] == ["other"]
    assert {name.split(":")[0] for name in names["parameter_randomisation", 0]} >= {"output", "full"}


def test_feature_maps_add_up_to_instance_maps(study):
    adata = anndata.read_h5ad(attribute(study, "input_x_gradient"))
    for k in range(SEEDS):
        np.testing.assert_allclose(adata.layers[f"seed_{k}"].sum(1), adata.obsm["instance"][:, k], atol=1e-5)


@pytest.mark.parametrize("method", ["deep_lift", "attention_weights"])
def test_same_bytes_each_time(study, method):
    one, other = attribute(study, method, "one"), attribute(study, method, "two")
    assert one.read_bytes() == other.read_bytes()


def test_method_without_what_it_needs_is_one_line(study, capsys):
    from xassay.core import weights

    net = catalogue.load("models", "mean_pooling").build((5, 6), 1)
    meta = {
        "name": "plain", "model": "mean_pooling", "options": {}, "shape": [5, 6], "n_outputs": 1, "seeds": 1,
        "classes": ["no", "yes"], "dataset": "toy",
    }  # fmt: skip
    weights.save(study / "plain.pt", meta, {"seed_0": net.state_dict()})
    words = [
        *shared(study),
        "--method",
        "attention_weights",
        "--name",
        "attention",
        "--out",
        str(study / "no.h5ad"),
    ]
    words[words.index(str(study / "model.pt"))] = str(study / "plain.pt")
    assert main(["attribute", *words]) == 1
    line = "xassay attribute: attention needs attention, which plain does not provide\n"
    assert capsys.readouterr().err == line and not (study / "no.h5ad").exists()


def test_evaluated_arrays_do_not_depend_on_the_model(study):
    from xassay.steps.attribute import Assay

    args = Namespace(
        data=study / "data.h5ad", model=study / "model.pt", seed=3, device="cpu", plugins=None,
        evaluate=EVALUATE, variants=VARIANTS, baseline={}, level="instance", stability={},
    )  # fmt: skip
    one, other = Assay(args).seen, Assay(args).seen
    np.testing.assert_array_equal(one.baseline, other.baseline)
    assert one.baseline.shape == (2, *one.x.shape)


MIXING = """
from torch import nn

CARD = dict(label="Mine", kinds=("bag",), provides=({provides}), reference="")


def build(shape, n_outputs):
    return Mixing(shape[-1], n_outputs)


class Mixing(nn.Module):
    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.output = nn.Linear(n_features, n_outputs)

    def embed(self, x):
        return x - x.nanmean(1, keepdim=True)

    def pool(self, h):
        return self.output(h.square()).nansum(1)

    def forward(self, x):
        return self.pool(self.embed(x))
"""


@pytest.mark.parametrize(
    ("stem", "provides"), [("mixing_a", '"gradient", "instances"'), ("mixing_b", '"gradient",')]
)
def test_model_that_mixes_instances_may_not_provide_them(study, plugins, capsys, stem, provides):
    from xassay.core import weights

    folder = plugins("models", stem, MIXING.format(provides=provides))
    net = catalogue.load("models", stem, folder).build((5, 6), 1)
    meta = {
        "name": "mine", "model": stem, "options": {}, "shape": [5, 6], "n_outputs": 1, "seeds": 1,
        "classes": ["no", "yes"], "dataset": "toy",
    }  # fmt: skip
    weights.save(study / f"{stem}.pt", meta, {"seed_0": net.state_dict(), "permuted_0": net.state_dict()})
    words = [
        *shared(study),
        "--method",
        "leave_one_out",
        "--name",
        "loo",
        "--out",
        str(study / f"{stem}.h5ad"),
    ]
    words[words.index(str(study / "model.pt"))] = str(study / f"{stem}.pt")
    refused = "instances" in provides
    assert main(["attribute", *words, "--plugins", folder]) == refused
    line = 'xassay attribute: model mine provides "instances" but its embed() of an instance depends on the others'
    assert capsys.readouterr().err.startswith(line) == refused
