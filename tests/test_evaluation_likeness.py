"""Metrics that compare maps: methods, seeds, models, targets, and inputs that moved."""

import analytic
import numpy as np
import pytest
import torch

from xassay.evaluation import (
    agreement,
    agreement_rbo,
    agreement_sign,
    agreement_top_k,
    average_sensitivity,
    baseline_stability,
    class_sensitivity,
    local_lipschitz,
    noise_stability,
    randomisation_similarity,
    repeatability,
    repeatability_floor,
    repeatability_top_k,
    reproducibility,
)
from xassay.stability import local_perturbation

RNG = np.random.default_rng(7)
X = analytic.cases()["L"].x
EXACT = analytic.cases()["L"].maps["exact"][None]
CONSTANT = 0 * EXACT + 1
RANDOM = np.where(np.isnan(X), np.nan, RNG.normal(size=(500, *X.shape)))
BETWEEN = (
    baseline_stability, class_sensitivity, noise_stability, randomisation_similarity, repeatability,
    repeatability_floor, repeatability_top_k, reproducibility,
)  # fmt: skip


def approx(value):
    return pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("metric", BETWEEN, ids=lambda m: m.__name__.rpartition(".")[2])
def test_likeness_of_a_map_with_itself_its_negative_and_noise(metric):
    assert metric.score(EXACT, EXACT) == approx(np.ones((1, 20)))
    if metric is not repeatability_top_k:
        assert metric.score(EXACT, -EXACT) == approx(-np.ones((1, 20)))
    assert metric.score(np.repeat(EXACT, 500, 0), RANDOM).mean() == pytest.approx(0, abs=0.02)
    assert np.isnan(metric.score(EXACT, CONSTANT)).all()


@pytest.mark.parametrize("metric", [agreement, agreement_sign, agreement_top_k, agreement_rbo])
def test_agreement_of_methods(metric):
    found = metric.score(np.stack([EXACT, 3 * EXACT, -EXACT, 0 * EXACT]))
    assert found.shape == (4, 4, 1, 20)
    assert found[0, 1] == approx(np.ones((1, 20))) and found[2, 2] == approx(np.ones((1, 20)))
    assert np.isnan(found[3]).all() and np.isnan(found[:, 3]).all()  # a map of zeros
    np.testing.assert_array_equal(found, found.swapaxes(0, 1))
    opposite = metric.score(np.stack([EXACT, -EXACT]))[0, 1]
    if metric in (agreement, agreement_sign):
        assert opposite == approx(-np.ones((1, 20)))
    assert (opposite < 0).all()
    noise = metric.score(np.stack([np.repeat(EXACT, 500, 0), RANDOM]))[0, 1]
    assert noise.mean() == pytest.approx(0, abs=0.02)


def test_top_k_is_corrected_for_chance():
    """(overlap - k / n) / (1 - k / n), k = ceil(share n)."""
    maps = np.stack([EXACT, RANDOM[:1]])
    found = agreement_top_k.score(maps, share=0.25)[0, 1, 0]
    for s, (a, b) in enumerate(zip(EXACT[0], RANDOM[0])):
        n = int((~np.isnan(a)).sum())
        k = int(np.ceil(n / 4))
        common = set(np.argsort(-a)[:k]) & set(np.argsort(-b)[:k])  # NaN sorts last
        assert found[s] == approx((len(common) / k - k / n) / (1 - k / n))
    assert repeatability_top_k.score(EXACT, RANDOM[:1], share=0.25)[0] == approx(found)


def test_signs_agree_by_their_share():
    one, other = np.array([[[[1.0, -2, 3, 4]]], [[[5.0, -1, -1, 2]]]])
    found = agreement_sign.score(np.stack([one, other]))
    assert found[0, 1] == approx((3 - 1) / 4)
    silent = np.array([[[1.0, 0, 0, 0]]])
    assert agreement_sign.score(np.stack([one, silent]))[0, 1] == approx(1 / np.sqrt(4 * 1))


def test_randomised_gradients_of_a_linear_model_are_unrelated():
    dimensions = 30
    w = np.broadcast_to(RNG.normal(size=dimensions), (4000, 1, dimensions))
    found = randomisation_similarity.score(w, RNG.normal(size=w.shape))
    assert found.mean() == pytest.approx(0, abs=0.02)
    assert found.std() == pytest.approx(1 / np.sqrt(dimensions - 1), rel=0.05)
    assert randomisation_similarity.score(X[None], X[None]) == approx(np.ones((1, 20)))  # of x alone: flagged


def test_signs_are_not_dropped():
    """|x| shared by two maps must not make them look alike, as it does for their absolute values."""
    x = RNG.normal(size=(2000, 1, 30))
    one, other = (x * RNG.normal(size=(2000, 1, 30)) for _ in range(2))
    assert randomisation_similarity.score(one, other).mean() == pytest.approx(0, abs=0.02)
    assert randomisation_similarity.score(np.abs(one), np.abs(other)).mean() > 0.2


def moved(phi, draws, radius=0.1):
    """(local_perturbation, distance) of one seed, phi a map of x (sample, instance)."""
    x = torch.from_numpy(X)[..., None]
    given = (None, x, None, torch.zeros(1, *x.shape), None, np.random.default_rng(0), draws)
    found = [other[..., 0].numpy() for _, _, other, *_ in local_perturbation.variants(*given, radius=radius)]
    far = np.array([np.sqrt(np.nansum((other - X) ** 2, -1)) for other in found])
    return np.array([phi(other) for other in found])[None], far[None]


def test_the_lipschitz_constant_of_a_linear_model_is_found_once_every_instance_had_its_turn():
    w = np.where(np.isnan(X), np.nan, RNG.normal(size=12))
    input_x_gradient, gradient = (lambda x: w * x), (lambda x: w + 0 * x)
    for metric in (local_lipschitz, average_sensitivity):
        assert metric.score(*moved(gradient, 24)) == approx(np.zeros((1, 20)))
    largest = np.nanmax(np.abs(w), 1)
    found = local_lipschitz.score(*moved(input_x_gradient, 24))[0]
    np.testing.assert_allclose(found, largest, atol=1e-5)
    everything = [0, *range(1, 25, 2)]
    alone = local_lipschitz.score(*(part[:, everything] for part in moved(input_x_gradient, 24)))
    assert (alone[0] < 0.95 * largest).all()  # noise on everything at once does not find it


def test_average_sensitivity_is_the_root_mean_square_of_the_rates():
    w = np.where(np.isnan(X), np.nan, RNG.normal(size=12))
    maps, far = moved(lambda x: w * x, 6)
    origin, found = maps[0, 0], maps[0, 1:]
    rate = np.array([[np.sqrt(np.nansum((m - a) ** 2)) for m, a in zip(d, origin)] for d in found])
    expected = np.sqrt(np.mean((rate / far[0, 1:]) ** 2, 0))
    np.testing.assert_allclose(average_sensitivity.score(maps, far)[0], expected, atol=1e-9)
    np.testing.assert_allclose(local_lipschitz.score(maps, far)[0], (rate / far[0, 1:]).max(0), atol=1e-9)


@pytest.mark.parametrize("metric", [local_lipschitz, average_sensitivity])
def test_a_sample_that_did_not_move_has_no_rate(metric):
    maps, far = moved(lambda x: 1 * x, 2)
    far[:, :, 3] = 0
    maps[:, 1:, 5, 0] = np.nan
    maps[:, :, 7] = np.nan
    assert np.flatnonzero(np.isnan(metric.score(maps, far)[0])).tolist() == [3, 5, 7]
