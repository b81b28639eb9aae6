"""Explanations and probe banks come back from disk as they went."""

from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest

from xassay.core.bank import Bank, create
from xassay.core.contracts import Gap, Imputed, Probe
from xassay.core.errors import InputError
from xassay.core.explanations import Explanation, Variant, features
from xassay.core.samples import Samples

IDS = ["a", "c"]
SIZES = {"a": 3, "b": 1, "c": 2}


@pytest.fixture
def samples():
    bags = [bag for bag, n in SIZES.items() for _ in range(n)]
    rows = len(bags)
    obs = pd.DataFrame(
        {"bag": bags, "cell": [f"cell{i}" for i in range(rows)], "truth": 0.0, "planted": "none"}
    )
    table = pd.DataFrame({"label": 0, "split": "test", "group": list(SIZES)}, index=list(SIZES))
    x = np.arange(rows * 4, dtype=np.float32).reshape(rows, 4)
    var = pd.DataFrame(index=["w", "x", "y", "z"])
    return Samples(x, obs, var, table, ("no", "yes"), {"law": "gaussian", "sd": 0.1}, {})


@pytest.fixture
def maps():
    """(seed, sample, instance, feature): 2 seeds, bags of 3 and 2 instances, 4 features."""
    out = np.random.default_rng(0).normal(size=(2, 2, 3, 4)).astype(np.float32)
    out[:, 1, 2] = np.nan
    return out


def explanation(maps, variants=()):
    instance = maps.sum(-1, dtype=np.float64)
    return Explanation(
        method="ig",
        plugin="integrated_gradients",
        label="IG",
        card={"axioms": ["completeness"]},
        options={"n_steps": 8},
        code="abc",
        ids=IDS,
        variant_ids=["a"],
        instance=instance,
        total=np.nansum(instance, -1),
        curve=(np.ones((2, 2, 4)), np.zeros((2, 2, 4))),
        variants=list(variants),
    )


def test_explanation_round_trip(tmp_path, samples, maps):
    variants = [
        Variant("noise", "noise:0", 0, np.float32([[1, 2, 3]])),
        Variant("swap", "zero", 1, np.float32([[4, 5, 6]]), np.array([0.25])),
    ]
    wrote = explanation(maps, variants)
    wrote.write(tmp_path / "ig.h5ad", samples, maps)
    read = Explanation.read(tmp_path / "ig.h5ad")
    for name in ("method", "plugin", "label", "card", "options", "code", "ids", "variant_ids"):
        assert getattr(read, name) == getattr(wrote, name)
    np.testing.assert_array_equal(read.instance, wrote.instance)
    np.testing.assert_array_equal(read.total, wrote.total)
    np.testing.assert_array_equal(read.curve, wrote.curve)
    assert [v[:3] for v in read.variants] == [v[:3] for v in variants]
    np.testing.assert_array_equal(read.variants[1].instance, variants[1].instance)
    np.testing.assert_array_equal([v.distance for v in read.variants], [[np.nan], [0.25]])
    assert read.gap is None and read.imputed is None and read.diluted == []


def test_answers_to_a_map_and_diluted_maps_round_trip(tmp_path, samples, maps):
    wrote = explanation(maps)
    wrote.gap = Gap(np.ones((2, 2, 3)), np.zeros((2, 2, 3)))
    wrote.imputed = Imputed(np.full((2, 2, 5), 3.0), np.full((2, 2, 5), np.nan))
    for noise in (0.5, 2, 10):  # written in the order of their names, read in that of their numbers
        more = wrote.instance + noise
        wrote.diluted.append(replace(wrote, method=f"ig~noise_{noise:g}", instance=more, diluted=[]))
    wrote.write(tmp_path / "ig.h5ad", samples)
    read = Explanation.read(tmp_path / "ig.h5ad")
    np.testing.assert_array_equal(read.gap, wrote.gap)
    np.testing.assert_array_equal(read.imputed, wrote.imputed)
    assert [e.method for e in read.diluted] == ["ig~noise_0.5", "ig~noise_2", "ig~noise_10"]
    for one, other in zip(read.diluted, wrote.diluted, strict=True):
        np.testing.assert_array_equal(one.instance, other.instance)
        np.testing.assert_array_equal(one.gap, other.gap)
        np.testing.assert_array_equal(one.imputed, other.imputed)
        np.testing.assert_array_equal(one.curve, other.curve)


def test_instance_level_explanation_has_no_features(tmp_path, samples, maps):
    explanation(maps).write(tmp_path / "a.h5ad", samples)
    assert features(tmp_path / "a.h5ad", np.ones((2, 3), bool)) is None
    assert Explanation.read(tmp_path / "a.h5ad").variants == []


def test_features_are_means_over_chosen_instances_and_seeds(tmp_path, samples, maps):
    explanation(maps).write(tmp_path / "a.h5ad", samples, maps)
    keep = np.array([[True, False, True], [True, False, False]])
    names, mean = features(tmp_path / "a.h5ad", keep)
    assert list(names) == list(samples.var.index)
    np.testing.assert_allclose(mean, maps[:, keep].mean((0, 1)), rtol=1e-6)


def test_explanation_is_an_anndata(tmp_path, samples, maps):
    import anndata

    explanation(maps).write(tmp_path / "a.h5ad", samples, maps)
    adata = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert list(adata.obs_names) == ["a-0", "a-1", "a-2", "c-0", "c-1"]
    assert list(adata.layers) == ["seed_0", "seed_1"] and adata.layers["seed_1"].dtype == np.float32
    assert adata.obsm["instance"].shape == (5, 2)
    assert list(adata.obs["cell"]) == ["cell0", "cell1", "cell2", "cell4", "cell5"]


@pytest.mark.parametrize(("effect", "exact"), [(None, None), (np.ones((2, 3)), np.ones((1, 2, 2, 4)))])
def test_bank_round_trip(tmp_path, effect, exact):
    probe = Probe(np.ones((2, 4, 3), bool), np.ones((1, 2, 4)), np.ones((1, 2, 3)), np.ones((1, 2)))
    wrote = Bank(IDS, probe, np.ones((1, 2, 10, 4)), np.zeros((2, 3)), effect, exact=exact)
    wrote.write(tmp_path / "bank.h5")
    read = Bank.read(tmp_path / "bank.h5")
    assert read.ids == IDS
    for one, other in zip(read.probe, wrote.probe, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(read.random, wrote.random)
    for name, given in {"effect": effect, "exact": exact}.items():
        assert (getattr(read, name) is None) == (given is None)
        assert given is None or np.array_equal(getattr(read, name), given)


def test_bank_is_written_and_read_in_blocks(tmp_path):
    """Blocks whose bags differ in width make one bank, as wide as the widest."""
    rng, n = np.random.default_rng(0), 3
    parts = []
    for ids, width in ((["a", "b"], 4), (["c"], 6), (["d", "e"], 5)):
        s = len(ids)
        probe = Probe(
            rng.random((s, 7, width)) < 0.5,
            rng.normal(size=(n, s, 7)),
            rng.normal(size=(n, s, width)),
            rng.normal(size=(n, s)),
        )
        random = rng.normal(size=(n, s, 2, width + 1))
        exact = rng.normal(size=(n, s, 2, width + 1))
        parts.append(Bank(ids, probe, random, np.ones((s, width)), rng.normal(size=(s, width)), exact=exact))
    with create(tmp_path / "bank.h5", list("abcde")) as out:
        for part in parts:
            out.add(part)
    whole = Bank.read(tmp_path / "bank.h5")
    assert whole.ids == list("abcde") and whole.probe.masks.shape == (5, 7, 6)
    for part, rows in zip(parts, (slice(0, 2), slice(2, 3), slice(3, 5)), strict=True):
        one = Bank.read(tmp_path / "bank.h5", rows)
        width = part.truth.shape[1]
        assert one.ids == part.ids and not one.probe.masks[..., width:].any()
        np.testing.assert_array_equal(one.probe.masks[..., :width], part.probe.masks)
        np.testing.assert_array_equal(one.probe.delta, part.probe.delta)
        np.testing.assert_array_equal(one.probe.total, part.probe.total)
        np.testing.assert_array_equal(one.random[..., : width + 1], part.random)
        np.testing.assert_array_equal(one.exact[..., : width + 1], part.exact)
        np.testing.assert_array_equal(one.effect[:, :width], part.effect)
        assert np.isnan(one.probe.single[..., width:]).all()


def test_bank_that_lacks_samples_is_not_left(tmp_path):
    probe = Probe(np.ones((1, 4, 3), bool), np.ones((1, 1, 4)), np.ones((1, 1, 3)), np.ones((1, 1)))
    with pytest.raises(ValueError, match="1 of 2 samples"), create(tmp_path / "bank.h5", ["a", "b"]) as out:
        out.add(Bank(["a"], probe, np.ones((1, 1, 2, 4)), np.zeros((1, 3))))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("reader", [Explanation.read, Bank.read])
def test_broken_files_are_named(tmp_path, reader):
    path = tmp_path / "broken.h5"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="broken.h5"):
        reader(path)
    h5py.File(tmp_path / "empty.h5", "w").close()
    with pytest.raises(InputError, match="empty.h5"):
        reader(tmp_path / "empty.h5")
