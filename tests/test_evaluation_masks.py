"""Metrics of masks, curves and shares: random maps, mask sizes, slow definitions, and what is undefined."""

import analytic
import numpy as np
import pytest
from scipy import optimize

from xassay.core.contracts import Probe
from xassay.evaluation import (
    abpc,
    aopc_r,
    deletion,
    entropy,
    faithfulness_correlation,
    gini,
    infidelity,
    infidelity_excess,
    infidelity_scaled,
    insertion,
    leave_one_out_tau,
    n90,
    sensitivity_n,
)

RNG = np.random.default_rng(5)
F, X, MAPS = analytic.cases()["L"]
EXACT = MAPS["exact"][None]
ABSENT = np.isnan(X)
RANDOM = np.where(ABSENT, np.nan, RNG.normal(size=(500, *X.shape)))


def approx(value):
    return pytest.approx(value, abs=1e-9)


def repeated(answers, times):
    return Probe(answers.masks, *(np.repeat(part, times, 0) for part in answers[1:]))


def bent(x):
    """A model that is not additive."""
    return np.nansum(np.maximum(x, 0)) ** 2 + np.nansum(x)


@pytest.mark.parametrize("metric", [faithfulness_correlation, sensitivity_n, leave_one_out_tau])
def test_a_random_map_correlates_with_nothing_on_average(metric):
    answers = repeated(analytic.probe(F, X), 500)
    assert metric.score(RANDOM, answers).mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("metric", [faithfulness_correlation, sensitivity_n])
@pytest.mark.parametrize("n", [1, 3, 6, 8])
def test_faithfulness_is_perfect_for_masks_of_every_size(metric, n):
    masks = RNG.permuted(np.tile(np.arange(12) < n, (30, 1)), axis=-1)
    answers = analytic.probe(F, X[10:], masks=masks)
    assert metric.score(EXACT[:, 10:], answers) == approx(np.ones((1, 10)))


def test_correlations_by_size_match_their_definition():
    answers = analytic.probe(bent, X[10:])
    found = (
        sensitivity_n.score(RANDOM[:1, 10:], answers),
        faithfulness_correlation.score(RANDOM[:1, 10:], answers),
    )
    for s, phi in enumerate(RANDOM[0, 10:]):
        masks, delta = answers.masks[s], answers.delta[0, s]
        size, each, left = masks.sum(1), [], np.zeros((2, len(delta)))
        for n in np.unique(size):
            a, b = (masks @ phi)[size == n], delta[size == n]
            left[:, size == n] = a - a.mean(), b - b.mean()
            if len(a) > 1 and b.std() > 1e-12:
                each.append(np.corrcoef(a, b)[0, 1])
        assert found[0][0, s] == approx(np.mean(each))
        assert found[1][0, s] == approx(np.corrcoef(left)[0, 1])


def test_a_size_at_which_the_model_answers_alike_is_left_out():
    masks = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]]], bool)
    delta = np.array([[[1.0, 2, 3, 7, 7, 7]]])
    answers = Probe(masks, delta, delta[..., :3], delta[..., 0])
    assert sensitivity_n.score(np.array([[[1.0, 2, 3]]]), answers) == approx(1)
    assert faithfulness_correlation.score(np.array([[[1.0, 2, 3]]]), answers)[0, 0] < 1


def test_infidelities_match_their_definition():
    answers, phi = analytic.probe(bent, X), RANDOM[0]
    for s in range(len(X)):
        masks, delta = answers.masks[s].astype(float), answers.delta[0, s]
        whole, masked = np.mean(delta**2), masks @ np.nan_to_num(phi[s])
        error = lambda a: np.mean((a * masked - delta) ** 2) / whole  # noqa: B023, E731
        assert infidelity.score(phi[None], answers)[0, s] == approx(error(1))
        best = optimize.minimize_scalar(
            error, bounds=(0, 100), method="bounded", options={"xatol": 1e-12}
        ).fun
        assert infidelity_scaled.score(phi[None], answers)[0, s] == pytest.approx(min(best, 1), abs=1e-6)
        fit = np.linalg.lstsq(masks, delta, rcond=None)[0]
        least = np.mean((masks @ fit - delta) ** 2) / whole
        assert infidelity_excess.score(phi[None], answers)[0, s] == pytest.approx(error(1) - least, abs=1e-7)


def test_the_best_additive_map_needs_three_masks_an_instance():
    for n_masks, undefined in ((36, False), (35, True)):
        found = infidelity_excess.score(EXACT, analytic.probe(F, X, n_masks=n_masks))[0]
        assert not np.isnan(found[:10]).any()  # 9 instances
        assert np.isnan(found[10:]).all() == undefined  # 12


def test_masks_of_a_fixed_relation_leave_the_fit_solvable():
    """Two instances that are always masked together: the fit is not unique, its error is."""
    masks = np.array([[1, 1, 0], [0, 0, 1], [1, 1, 1]] * 3, bool)
    answers = analytic.probe(analytic.squares, np.array([[1.0, 2, 3]]), masks=masks)
    assert infidelity_excess.score(np.array([[[1.0, 4, 9]]]), answers) == approx(0)
    assert infidelity_excess.score(np.array([[[5.0, 0, 9]]]), answers) == approx(0)
    assert infidelity_excess.score(np.zeros((1, 1, 3)), answers) == approx(1)


@pytest.mark.parametrize("metric", [infidelity, infidelity_scaled, infidelity_excess])
def test_a_model_that_never_answers_has_no_infidelity(metric):
    answers = analytic.probe(lambda x: 3.0, X)
    assert np.isnan(metric.score(EXACT, answers)).all()


@pytest.mark.parametrize(
    "metric", [faithfulness_correlation, sensitivity_n, infidelity, infidelity_scaled, infidelity_excess]
)
def test_a_lost_instance_undoes_its_sample_alone(metric):
    lost, answers = EXACT.copy(), analytic.probe(F, X)
    lost[0, 3, 2] = np.nan
    assert np.flatnonzero(np.isnan(metric.score(lost, answers)[0])).tolist() == [3]


@pytest.mark.parametrize(("metric", "sign"), [(abpc, 1), (insertion, 1), (deletion, -1)])
def test_no_random_order_beats_the_exact_one(metric, sign):
    best = metric.score(analytic.curve(F, X, EXACT[0]))
    for phi in RANDOM[:50]:
        assert (sign * metric.score(analytic.curve(F, X, phi)) <= sign * best + 1e-12).all()


def test_the_reversed_order_gives_the_negative_area():
    best, worst = (abpc.score(analytic.curve(F, X, phi)) for phi in (EXACT[0], -EXACT[0]))
    assert worst == approx(-best)


def test_insertion_walks_from_the_baseline():
    """The states of a real insertion, one instance of x after the other put into b, most relevant first."""
    for f in (F, bent):
        curve = analytic.curve(f, X, EXACT[0])
        found, unit = insertion.score(curve), [np.nanmax(o) - np.nanmin(o) for o in curve.random[0]]
        heights = np.zeros(len(X))
        for s, (x, phi) in enumerate(zip(X, EXACT[0])):
            at = np.where(np.isnan(x), np.nan, 0)
            steps = [f(at)]
            for i in np.argsort(-phi)[: (~np.isnan(x)).sum()]:
                at[i] = x[i]
                steps.append(f(at))
            steps = np.array(steps) - steps[0]
            heights[s] = np.mean((steps[1:] + steps[:-1]) / 2)
        assert found[0] == approx(heights / unit)


def test_aopc_r_of_a_random_order_is_zero():
    found = np.array([aopc_r.score(analytic.curve(F, X, m, seed=k)) for k, m in enumerate(RANDOM[:60])])
    assert found.mean() == pytest.approx(0, abs=4 * found.mean((1, 2)).std() / np.sqrt(60))
    assert aopc_r.score(analytic.curve(F, X, EXACT[0])).mean() > 5 * abs(found.mean())


@pytest.mark.parametrize("d", [1, 2, 10, 30])
def test_complexity_of_one_instance_and_of_all_alike(d):
    one, alike = np.full((2, 1, 1, d + 2), np.nan)
    one[..., :d], alike[..., :d] = np.eye(d)[0] * -3, 0.1  # two absent
    for metric, first, second in (
        (entropy, 0, np.log(d)), (gini, 1 - 1 / d, 0), (n90, 1, np.ceil(0.9 * d)),
    ):  # fmt: skip
        assert metric.score(one) == approx(first)
        assert metric.score(alike) == approx(second)


def test_complexity_matches_its_definition():
    for r, (e, g, n) in enumerate(zip(*(m.score(RANDOM[:3])[:, 0] for m in (entropy, gini, n90)))):
        size = np.abs(RANDOM[r, 0, :9])
        share = np.sort(size / size.sum())[::-1]
        assert e == approx(-np.sum(share * np.log(share)))
        assert g == approx(np.abs(size[:, None] - size).mean() / (2 * size.mean()))
        assert n == next(k for k in range(1, 10) if share[:k].sum() >= 0.9)
