"""How well bag models classify, against slow definitions."""

import numpy as np
import pandas as pd
import pytest

from xassay.stats import classification
from xassay.stats.intervals import resampled
from xassay.stats.learning import learned
from xassay.stats.performance import cube, performance


def test_measures_of_a_two_class_model():
    logits = np.array([[-2.0], [0.1], [3.0], [0.5]])
    label = np.array([0, 0, 1, 1])
    p = 1 / (1 + np.exp(-logits[:, 0]))
    assert classification.area(logits, label) == 1
    assert classification.precision_area(logits, label) == 1
    assert classification.brier(logits, label) == pytest.approx(np.mean((p - label) ** 2))
    confidence, right = np.maximum(p, 1 - p), (p > 0.5) == label
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        abs(np.mean(confidence[bins == b]) - right[bins == b].mean()) * np.mean(bins == b) for b in set(bins)
    ]
    assert classification.calibration_error(logits, label) == pytest.approx(sum(gaps))


def test_more_classes_are_one_against_the_rest():
    logits = np.eye(3)[[0, 1, 2, 0]] * 5
    label = np.array([0, 1, 2, 1])
    parts = [classification.area(logits[:, [k]], (label == k).astype(int)) for k in range(3)]
    assert classification.area(logits, label) == pytest.approx(np.mean(parts))
    assert classification.brier(logits, label) > classification.brier(logits, np.array([0, 1, 2, 0]))


@pytest.mark.parametrize("outputs", [1, 3])
def test_bootstrap_of_the_area_resamples_seeds_and_samples(outputs):
    rng = np.random.default_rng(0)
    label = np.arange(30) % (2 if outputs == 1 else 3)
    logits = rng.normal(size=(4, 30, outputs)).round(1)
    seeds, samples = resampled(rng, 4, 20), resampled(rng, 30, 20)
    found = classification.bootstrap_area(logits, label, seeds, samples)
    for d in range(20):
        k, s = (np.repeat(np.arange(len(w)), w.astype(int)) for w in (seeds[d], samples[d]))
        assert found[d] == pytest.approx(classification.area(logits[k][:, s], label[s]).mean())


def test_cross_entropy_is_the_surprise_at_the_class():
    logits, label = np.array([[0.0], [2.0]]), np.array([0, 1])
    assert classification.cross_entropy(logits, label) == pytest.approx([np.log(2), np.log1p(np.exp(-2))])
    wide = np.array([[1.0, 2.0, 3.0]])
    assert classification.cross_entropy(wide, [2]) == pytest.approx(-np.log(np.exp(3) / np.exp(wide).sum()))


def predictions(quality, twins=True, seeds=5, n=100):
    rng = np.random.default_rng(0)
    label = np.arange(n) % 2
    parts = []
    for twin in (False, True) if twins else (False,):
        for seed in range(seeds):
            logit = (0 if twin else quality) * (2 * label - 1) + rng.normal(size=n)
            rows = {
                "dataset": "d",
                "model": "m",
                "seed": seed,
                "twin": twin,
                "sample": [f"s{i:03d}" for i in range(n)],
            }
            parts.append(pd.DataFrame(rows | {"split": "test", "label": label, "logit_0": logit}))
    return pd.concat(parts, ignore_index=True)


def test_a_model_that_learned_is_told_from_one_that_did_not():
    rng = np.random.default_rng(0)
    good = learned(predictions(1.5), "m", rng)
    assert good["learned"] and good["difference_lower"] > 0 and good["lower"] < good["score"] < good["upper"]
    table = predictions(1.5)
    table.loc[table["twin"], "logit_0"] = 0.01 * (
        2 * table["label"] - 1
    )  # ordered perfectly, knowing nothing
    lucky = learned(table, "m", rng)
    assert lucky["difference_lower"] < 0 < lucky["loss_gain_lower"] and lucky["learned"]
    bad = learned(predictions(0), "m", rng)
    assert not bad["learned"] and "not told apart" in bad["reason"]
    assert not learned(predictions(3, twins=False), "m", rng)["learned"]
    assert learned(predictions(3, twins=False), "oracle", rng)["learned"]


def test_performance_has_every_seed_its_twin_and_the_ensemble():
    rows = pd.DataFrame(performance(predictions(1.0)))
    assert list(rows["seed"]) == [-1, 0, 1, 2, 3, 4] * 2 and list(rows["twin"]) == [False] * 6 + [True] * 6
    real = rows[~rows["twin"]].set_index("seed")["auroc"]
    assert real[-1] > real[real.index >= 0].mean()
    assert cube(predictions(1.0, twins=False), True) is None


def test_the_order_of_the_rows_does_not_matter():
    frame = predictions(1.0)
    shuffled = frame.sample(frac=1, random_state=0)
    assert performance(shuffled) == performance(frame)
