"""Training: it learns, it stops early, replicates and twins are their own, bit for bit the same again."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import torch

from xassay.__main__ import main
from xassay.core import weights
from xassay.core.samples import Samples
from xassay.steps.train import Progress
from xassay.training import loop

SMALL = {
    "n_bags": [60, 30, 30],
    "n_genes": 20,
    "n_types": 3,
    "n_markers": 4,
    "size_mean": 12,
    "size_min": 8,
    "size_max": 16,
    "witness_rate": 0.2,
    "d_prime": 8,
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A small data set, a model with two replicates and f*, made by the command line."""
    folder = tmp_path_factory.mktemp("study")
    data = folder / "data.h5ad"
    assert (
        main(
            [
                "data",
                "--dataset",
                "simulated_bags",
                "--name",
                "small",
                "--options",
                json.dumps(SMALL),
                "--out",
                str(data),
            ]
        )
        == 0
    )
    train(folder, "mean_pooling", "first")
    train(folder, "oracle", "oracle")
    return folder


def train(folder, model, name, *more):
    return main(
        ["train", "--data", f"{folder}/data.h5ad", "--model", model, "--name", model, "--seeds", "2"]
        + ["--out", f"{folder}/{name}.pt", "--predictions", f"{folder}/{name}.parquet", *more]
    )


def test_predictions_hold_every_sample_of_every_replicate(study):
    table = pd.read_parquet(study / "first.parquet")
    assert list(table) == ["dataset", "model", "seed", "twin", "sample", "split", "label", "logit_0"]
    assert len(table) == 120 * 2 * 2 and not table.isna().any().any()
    assert table["logit_0"].dtype == np.float64 and table["twin"].dtype == bool


def test_saved_models_give_the_saved_predictions(study):
    stored, samples = weights.load(study / "first.pt"), Samples.read(study / "data.h5ad")
    table = pd.read_parquet(study / "first.parquet")
    x = torch.from_numpy(samples.inputs(list(samples.samples.index)))
    assert stored.seeds == 2 and stored.meta["classes"] == ["negative", "positive"]
    for k, twin in ((0, False), (1, True)):
        model = stored.twin(k) if twin else stored.replicate(k)
        assert not model.training and not any(p.requires_grad for p in model.parameters())
        logit = table.query("seed == @k and twin == @twin")["logit_0"]
        np.testing.assert_allclose(model(x)[:, 0], logit, rtol=1e-4, atol=1e-5)


def test_it_learns_and_twins_do_not(study):
    """Cross-entropy, not AUROC: a twin's answers hardly vary, but their order may be any."""
    test = pd.read_parquet(study / "first.parquet").query("split == 'test'")
    sign = np.where(test["label"] == 1, 1, -1)
    loss = (
        pd.Series(np.logaddexp(0, -sign * test["logit_0"]), test.index)
        .groupby([test["twin"], test["seed"]])
        .mean()
    )
    assert loss[False].max() < 0.3 and loss[True].min() > 0.5


def test_the_same_again_bit_for_bit_and_replicates_differ(study):
    assert train(study, "mean_pooling", "again") == 0
    one, two = (torch.load(study / f"{name}.pt", weights_only=True) for name in ("first", "again"))
    for name in ("seed_0", "seed_1", "permuted_0", "permuted_1"):
        for key in one[name]:
            assert torch.equal(one[name][key], two[name][key])
    assert not torch.equal(one["seed_0"]["output.weight"], one["seed_1"]["output.weight"])
    assert not torch.equal(one["seed_0"]["output.weight"], one["permuted_0"]["output.weight"])


def test_the_oracle_is_one_replicate_without_twin_and_labels_as_f(study):
    stored = weights.load(study / "oracle.pt")
    assert stored.seeds == 1 and stored.meta["model"] == "oracle" and stored.twin(0) is None
    table = pd.read_parquet(study / "oracle.parquet")
    assert ((table["logit_0"] > 0) == table["label"]).all()


def test_early_stopping_keeps_the_best_epoch():
    """A model that can only get worse on validation stays as it was after the first epoch."""
    torch.manual_seed(0)
    x = torch.randn(40, 3, 2)
    y = (x[..., 0].mean(1) > 0).long()
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 1))
    losses = []
    done = loop.fit(
        model,
        loop.Part(x, y),
        loop.Part(x, 1 - y),
        np.random.default_rng(0),
        loop.Recipe(rate=0.05),
        report=lambda _, v: losses.append(v),
    )
    assert done.epochs == len(losses) == done.epoch + loop.RECIPE.patience
    kept = loop.loss(loop.logits(model, x), 1 - y, loop.class_weight(y)).item()
    assert kept == pytest.approx(min(losses), abs=loop.RECIPE.tolerance)


def test_class_weights_give_each_class_the_same_share():
    label = torch.tensor([0] * 9 + [1] * 3)
    weight = loop.class_weight(label)
    assert weight[0] * 9 == weight[1] * 3
    for output in (torch.zeros(12, 1), torch.zeros(12, 2)):
        assert loop.loss(output, label, weight).item() == pytest.approx(np.log(2))


def test_permuted_labels_are_the_same_labels():
    label = torch.arange(50)
    other = loop.permuted(label, np.random.default_rng(0))
    assert not torch.equal(label, other) and torch.equal(label, other.sort().values)


def test_progress_is_a_line_every_few_epochs_in_a_log_and_one_line_on_a_terminal():
    log, terminal = io.StringIO(), io.StringIO()
    terminal.isatty = lambda: True
    for stream in (log, terminal):
        say = Progress(stream, every=3)
        for k in range(1, 8):
            say(f"epoch {k}", False)
        say("done", True)
    assert log.getvalue() == "epoch 3\nepoch 6\ndone\n"
    assert terminal.getvalue().count("\n") == 1 and terminal.getvalue().endswith("\rdone\033[K\n")


@pytest.mark.parametrize(
    ("model", "more", "message"),
    [
        ("mean_pooling", ["--seeds", "0"], "seeds: 0; allowed: 1 or more"),
        ("mean_pooling", ["--device", "cuda:99"], "device: 'cuda:99', but torch sees"),
        ("mean_pooling", ["--device", "gpu"], "device: 'gpu' is unknown; allowed: auto, cpu, cuda, cuda:N"),
        ("mean_poling", [], "did you mean 'mean_pooling'?"),
    ],
)
def test_bad_arguments_are_one_line(study, capsys, model, more, message):
    assert train(study, model, "bad", *more) == 1
    error = capsys.readouterr().err
    assert error.startswith("xassay train: ") and message in error and error.count("\n") == 1
    assert not (study / "bad.pt").exists()


def test_weights_that_are_none_are_one_line(study, tmp_path):
    from xassay.core.errors import InputError

    (tmp_path / "no.pt").write_text("nothing")
    for path in (tmp_path / "no.pt", tmp_path / "missing.pt", study / "data.h5ad"):
        with pytest.raises(InputError, match="not the weights of a model") as caught:
            weights.load(path)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_gated_attention_finds_b_cells(tmp_path):
    """Bag AUROC of at least 0.95 on at least 4 of 5 seeds."""
    from sklearn.metrics import roc_auc_score

    options = json.dumps({"witness": "CD19+ B"})
    main(
        [
            "data",
            "--dataset",
            "pbmc_bags",
            "--name",
            "pbmc_b_cells",
            "--options",
            options,
            "--out",
            f"{tmp_path}/data.h5ad",
        ]
    )
    train(tmp_path, "gated_attention_mil", "gated", "--seeds", "5")
    test = pd.read_parquet(tmp_path / "gated.parquet").query("split == 'test' and not twin")
    auroc = [roc_auc_score(t["label"], t["logit_0"]) for _, t in test.groupby("seed")]
    assert sum(value >= 0.95 for value in auroc) >= 4
