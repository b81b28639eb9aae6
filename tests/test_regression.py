"""Models that predict numbers: how well, whether they learned, and in whose unit."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats as scipy_stats
from sequence_data import network, sequences

from xassay.stats.learning import learned
from xassay.stats.performance import performance
from xassay.stats.regression import bootstrap_correlation, correlation, explained_variance
from xassay.steps.train import predictions as predicted
from xassay.training import loop


def predictions(strength, n=80, seeds=3):
    """Predictions of a number: ``strength`` of it and noise; twins know nothing."""
    rng = np.random.default_rng(0)
    label, parts = rng.normal(5, 2, n), []
    for seed in range(seeds):
        for twin in (False, True):
            known = 5 + (0 if twin else strength) * (label - 5) + rng.normal(0, 0.3, n)
            table = {"sample": [f"s{k:02}" for k in range(n)], "label": label, "logit_0": known}
            parts.append(pd.DataFrame(table | {"seed": seed, "twin": twin, "split": "test"}))
    return pd.concat(parts, ignore_index=True)


def test_measures_are_those_of_scipy():
    rng = np.random.default_rng(0)
    label, given = rng.normal(3, 2, 50), rng.normal(3, 2, (4, 50, 1))
    for k, r in enumerate(correlation(given, label)):
        assert r == pytest.approx(scipy_stats.pearsonr(given[k, :, 0], label).statistic)
    assert explained_variance(label[:, None], label) == pytest.approx(1)
    assert explained_variance(np.full((50, 1), label.mean()), label) == pytest.approx(0)
    assert np.isnan(correlation(np.zeros((50, 1)), label))


def test_the_bootstrap_is_the_measure_of_repeated_samples():
    rng = np.random.default_rng(0)
    label, given = rng.normal(1e3, 2, 30), rng.normal(1e3, 2, (3, 30, 1))
    seeds, samples = rng.multinomial(3, [1 / 3] * 3, 5), rng.multinomial(30, [1 / 30] * 30, 5)
    found = bootstrap_correlation(given, label, seeds.astype(float), samples.astype(float))
    for draw in range(5):
        rows = np.repeat(np.arange(30), samples[draw])
        each = correlation(given[:, rows], label[rows])
        assert found[draw] == pytest.approx((each * seeds[draw]).sum() / 3, abs=1e-6)


def test_a_model_that_learned_is_told_from_one_that_did_not():
    rng = np.random.default_rng(0)
    good = learned(predictions(0.8), "m", rng)
    assert good["learned"] and good["measure"] == "correlation" and good["difference_lower"] > 0
    assert good["lower"] < good["score"] < good["upper"] and "correlation 0.9" in good["reason"]
    bad = learned(predictions(0.0), "m", rng)
    assert not bad["learned"] and "not told apart" in bad["reason"]


def test_performance_has_numbers_measures_alone():
    rows = pd.DataFrame(performance(predictions(0.8)))
    assert rows[["auroc", "auprc", "brier", "ece"]].isna().all(axis=None)
    real = rows[~rows["twin"]]
    assert (
        (real["r"] > 0.9).all() and (real["r2"] > 0.5).all() and (rows[rows["twin"]]["r"].abs() < 0.4).all()
    )


def test_numbers_are_learned_and_told_in_their_own_unit():
    data = sequences((200, 60, 60), regression=True)
    data.samples["label"] = 100 + 7 * data.samples["label"]
    torch.manual_seed(0)
    model = network()
    parts = [loop.as_part(data, split, torch.device("cpu")) for split in ("train", "validation")]
    assert parts[0].y.dtype == torch.float32 and parts[0].y.mean().abs() < 1e-5
    assert parts[0].y.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    done = loop.fit(
        model, *parts, np.random.default_rng(0), loop.RECIPES["sequence"]._replace(rate=5e-3, epochs=60)
    )
    assert done.loss < 0.7  # of the variance
    data.name = "d"
    table = predicted(model, data, "m", 0, False, torch.device("cpu"))
    test = table[table["split"] == "test"]
    assert explained_variance(test[["logit_0"]].to_numpy(), test["label"].to_numpy()) > 0.3
    plain = predicted(model, data, "m", 0, False, torch.device("cpu"), trained=False)
    scale = data.samples.loc[data.ids("train"), "label"]
    np.testing.assert_allclose(
        table["logit_0"], scale.mean() + scale.std(ddof=0) * plain["logit_0"], rtol=1e-5
    )


@pytest.mark.parametrize("n", [1, 5, 10, 100])
def test_numbers_are_explained_from_the_least_to_the_largest(n):
    """At equal steps of the rank, whatever the order of the file."""
    data = sequences((24, 8, 40), regression=True)
    ranked = np.sort(data.samples.loc[data.samples["split"] == "test", "label"])
    expected = ranked[np.rint(np.linspace(0, 39, min(n, 40))).astype(int)]
    for order in (data.samples.index, data.samples.sort_values("label").index):
        data.samples = data.samples.loc[order]
        ids = data.evaluated(n)
        np.testing.assert_array_equal(np.sort(data.samples.loc[ids, "label"]), expected)
        assert ids == [name for name in data.ids("test") if name in ids]
