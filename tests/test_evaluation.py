"""What every metric must return on models whose attributions are known in closed form."""

import analytic
import numpy as np
import pytest

from xassay.core.curves import typical
from xassay.evaluation import (
    abpc,
    agreement,
    aopc_r,
    class_sensitivity,
    completeness_gap,
    faithfulness_correlation,
    leave_one_out_tau,
    permutation_gain,
    randomisation_similarity,
    recovery_ap,
    recovery_auroc,
    recovery_auroc_absolute,
    recovery_ndcg,
    repeatability,
    repeatability_floor,
)

RNG = np.random.default_rng(3)
W = RNG.normal(size=12)
X = RNG.normal(size=(20, 12))
X[:10, 9:] = np.nan  # half of the bags are smaller
EXACT = (W * X)[None]  # phi* of L with baseline 0
TRUTH = np.where(np.isnan(X), np.nan, np.arange(12) % 4 == 0).astype(float)
ORACLE = TRUTH[None] * 2.0
CONSTANT = np.where(np.isnan(X), np.nan, 1.0)[None]
RANDOM = np.where(np.isnan(X), np.nan, RNG.normal(size=(500, *X.shape)))
L = analytic.linear(W)


def approx(value):
    return pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(("metric", "chance"), [(recovery_auroc, 0.5), (recovery_ap, 0)])
def test_recovery_of_truth_constant_and_random(metric, chance):
    assert metric.score(ORACLE, TRUTH) == approx(np.ones((1, 20)))
    assert metric.score(CONSTANT, TRUTH) == approx(np.full((1, 20), chance))
    assert metric.score(RANDOM, TRUTH).mean() == pytest.approx(chance, abs=0.01)


def test_chance_correction_by_prevalence_would_be_biased():
    truth = np.eye(20)[:1]
    random = RNG.normal(size=(20000, 1, 20))
    assert recovery_ap.score(random, truth).mean() == pytest.approx(0, abs=0.01)
    plain = 1 / (1 + (random > random[..., :1]).sum(-1))  # the precision at the one positive
    assert ((plain.mean() - 0.05) / 0.95) == pytest.approx(0.14, abs=0.01)


def test_ndcg_of_truth_and_random():
    assert recovery_ndcg.score(ORACLE, TRUTH) == approx(np.ones((1, 20)))
    assert recovery_ndcg.score(RANDOM, TRUTH).mean() == pytest.approx(np.nanmean(TRUTH, 1).mean(), abs=0.01)


def test_signed_and_absolute_recovery_part_on_negative_effects():
    truth = np.array([[1.0, -1, 0, 0]])
    phi = np.array([[[3.0, -3, 1, -1]]])
    assert recovery_auroc.score(phi, truth) == approx(1)
    assert recovery_auroc_absolute.score(phi, truth) == approx(1)
    assert recovery_auroc.score(np.abs(phi), truth)[0, 0] < 1
    assert recovery_auroc.score(-phi, truth) == approx(0)
    assert recovery_auroc_absolute.score(-phi, truth) == approx(1)


def test_recovery_is_undefined_without_witnesses():
    empty = np.where(np.isnan(X), np.nan, 0.0)
    assert np.isnan(recovery_auroc.score(CONSTANT, empty)).all()


def test_suppressor_is_part_of_what_the_model_uses_but_not_of_what_the_data_hold():
    s, n = RNG.normal(size=(2, 50))
    phi = np.stack([s + n, -n], -1)[None]  # phi* of f = x1 - x2
    model, data = np.ones((50, 2)), np.tile([1.0, 0.0], (50, 1))
    third = np.concatenate([phi, np.zeros((1, 50, 1))], -1)
    with_third = np.concatenate([model, np.zeros((50, 1))], -1)
    assert recovery_auroc_absolute.score(third, with_third) == approx(np.ones((1, 50)))
    assert recovery_auroc_absolute.score(phi, data).mean() < 1


def test_completeness_gap():
    gap = lambda total, f, x: completeness_gap.score(total, analytic.probe(f, x))  # noqa: E731
    assert gap(np.nansum(EXACT, -1), L, X) == approx(np.zeros((1, 20)))
    same = np.tile([1.0, 2.0], (5, 1))
    assert gap(np.sum(2 * same**2, -1)[None], analytic.squares, same) == approx(
        np.ones((1, 5))
    )  # S, input x gradient
    assert gap(np.sum(same**2, -1)[None], analytic.squares, same) == approx(np.zeros((1, 5)))  # S, IG
    assert gap(np.full((1, 5), 4.0), analytic.product, same) == approx(np.ones((1, 5)))  # Q, leave-one-out
    assert gap(np.full((1, 5), 2.0), analytic.product, same) == approx(np.zeros((1, 5)))  # Q, Shapley
    beyond = np.full((5, 1), 2.0)
    assert gap(np.zeros((1, 5)), analytic.saturated, beyond) == approx(np.ones((1, 5)))  # T, gradient
    assert gap(np.ones((1, 5)), analytic.saturated, beyond) == approx(np.zeros((1, 5)))  # T, IG


def test_abpc_of_a_linear_model_is_a_difference_of_cumulative_sums():
    found = abpc.score(analytic.curve(L, X, EXACT[0]))
    scale = np.sqrt(np.mean(np.nansum(EXACT[0], -1) ** 2))
    for s, phi in enumerate(EXACT[0]):
        phi = np.sort(phi[~np.isnan(phi)])
        fall = [np.concatenate([[0], np.cumsum(part)]) for part in (phi[::-1], phi)]
        area = [np.mean((c[1:] + c[:-1]) / 2) for c in fall]
        assert found[0, s] == approx((area[0] - area[1]) / scale)
    assert abpc.score(analytic.curve(L, X, -EXACT[0])) == approx(-found)


def test_no_random_order_beats_the_exact_one():
    best = abpc.score(analytic.curve(L, X, EXACT[0]))
    for _ in range(50):
        assert (
            abpc.score(analytic.curve(L, X, np.where(np.isnan(X), np.nan, RNG.normal(size=X.shape)))) <= best
        ).all()
    fall = aopc_r.score(analytic.curve(L, X[:1], EXACT[0][:1], n_orders=1000))
    every = analytic.curve(L, X[:1], EXACT[0][:1], n_orders=1000)
    assert (np.nanmean(every.random, -1) >= np.nanmean(every.most, -1)[..., None]).all()
    assert fall[0, 0] > 0


def test_aopc_r_of_a_random_order_is_zero():
    maps = [np.where(np.isnan(X), np.nan, RNG.normal(size=X.shape)) for _ in range(60)]
    found = np.array([aopc_r.score(analytic.curve(L, X, m, seed=k)) for k, m in enumerate(maps)])
    assert found.mean() == pytest.approx(0, abs=4 * found.mean((1, 2)).std() / np.sqrt(60))
    assert aopc_r.score(analytic.curve(L, X, EXACT[0])).mean() > 5 * abs(found.mean())


def test_faithfulness_of_exact_scaled_negated_constant_and_random_maps():
    answers = analytic.probe(L, X)
    score = lambda phi: faithfulness_correlation.score(phi, answers)  # noqa: E731
    assert score(EXACT) == approx(np.ones((1, 20)))
    assert score(7 * EXACT) == approx(np.ones((1, 20)))
    assert score(-EXACT) == approx(-np.ones((1, 20)))
    assert np.isnan(score(0 * EXACT)).all()
    assert np.isnan(score(0.1 + 0 * EXACT)).all()  # the size of a mask alone earns nothing
    many = answers._replace(
        **{k: np.repeat(getattr(answers, k), 500, 0) for k in ("delta", "single", "total")}
    )
    assert faithfulness_correlation.score(RANDOM, many).mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("n", [1, 3, 6, 8])
def test_faithfulness_is_perfect_for_masks_of_every_size(n):
    answers = analytic.probe(L, X[10:])
    masks = RNG.permuted(np.tile(np.arange(12) < n, (10, 30, 1)), axis=-1)
    delta = np.array([[L(x) - L(np.where(m, 0, x)) for m in ms] for x, ms in zip(X[10:], masks)])[None]
    answers = answers._replace(masks=masks, delta=delta)
    assert faithfulness_correlation.score(EXACT[:, 10:], answers) == approx(np.ones((1, 10)))


def test_leave_one_out_tau():
    answers = analytic.probe(L, X)
    assert leave_one_out_tau.score(EXACT, answers) == approx(np.ones((1, 20)))
    assert leave_one_out_tau.score(-EXACT, answers) == approx(-np.ones((1, 20)))
    assert np.isnan(leave_one_out_tau.score(CONSTANT, answers)).all()


def test_randomised_gradients_of_a_linear_model_are_unrelated():
    dimensions = 30
    w = np.broadcast_to(RNG.normal(size=dimensions), (4000, 1, dimensions))
    found = randomisation_similarity.score(w, RNG.normal(size=w.shape))
    assert found.mean() == pytest.approx(0, abs=0.02)
    assert found.std() == pytest.approx(1 / np.sqrt(dimensions - 1), rel=0.05)
    assert randomisation_similarity.score(X[None], X[None]) == approx(
        np.ones((1, 20))
    )  # a map of x alone: flagged


def test_signs_are_not_dropped():
    """|x| shared by two maps must not make them look alike, as it does for their absolute values."""
    x = RNG.normal(size=(2000, 1, 30))
    one, other = (x * RNG.normal(size=(2000, 1, 30)) for _ in range(2))
    assert randomisation_similarity.score(one, other).mean() == pytest.approx(0, abs=0.02)
    assert randomisation_similarity.score(np.abs(one), np.abs(other)).mean() > 0.2


def test_two_opposite_outputs_are_explained_by_opposite_maps():
    assert class_sensitivity.score(EXACT, -EXACT) == approx(-np.ones((1, 20)))
    assert class_sensitivity.score(np.abs(EXACT), np.abs(EXACT)) == approx(np.ones((1, 20)))


@pytest.mark.parametrize("metric", [agreement, repeatability, repeatability_floor])
def test_similarity_of_a_map_with_itself_its_negative_and_noise(metric):
    assert metric.score(EXACT, EXACT) == approx(np.ones((1, 20)))
    assert metric.score(EXACT, -EXACT) == approx(-np.ones((1, 20)))
    assert metric.score(np.repeat(EXACT, 500, 0), RANDOM).mean() == pytest.approx(0, abs=0.02)
    assert np.isnan(metric.score(EXACT, CONSTANT)).all()


def test_permutation_gain_is_the_difference_of_recoveries():
    assert permutation_gain.score(ORACLE, TRUTH, CONSTANT) == approx(np.full((1, 20), 0.5))
    assert permutation_gain.score(ORACLE, TRUTH, ORACLE) == approx(np.zeros((1, 20)))
    assert permutation_gain.score(-ORACLE, TRUTH, ORACLE) == approx(-np.ones((1, 20)))


def test_the_unit_of_falls_is_not_the_gap_between_two_kinds_of_bags():
    """Half of the bags hardly fall: one bag more or less of a kind must not change the unit by much."""
    falls = np.r_[np.full(50, 0.1), np.full(50, 10.0)]
    more, less = typical(falls[None, 1:])[0, 0], typical(falls[None, :-1])[0, 0]
    assert more == pytest.approx(less, rel=0.02)
    assert np.isnan(typical(np.zeros((1, 3)))).all() and np.isnan(typical(np.full((1, 3), np.nan))).all()
    assert typical(np.array([[3.0, np.nan, -3.0]])) == approx(np.array([[3.0]]))
