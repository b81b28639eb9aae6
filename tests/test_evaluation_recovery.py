"""Recovery of the planted truth: oracle, constant, random, ties, signs, and what is undefined."""

import numpy as np
import pytest

from xassay.evaluation import (
    decoy_auroc,
    decoy_weight,
    null_leakage,
    permutation_gain,
    recovery_ap,
    recovery_auroc,
    recovery_auroc_absolute,
    recovery_cosine,
    recovery_ndcg,
    recovery_sign,
    relevance_mass,
    relevance_rank,
)

RNG = np.random.default_rng(3)
SHAPE = (20, 12)
ABSENT = np.zeros(SHAPE, bool)
ABSENT[:10, 9:] = True  # half of the bags are smaller
TRUTH = np.where(ABSENT, np.nan, np.arange(12) % 4 == 0).astype(float)
ORACLE = TRUTH[None] * 2.0
CONSTANT = np.where(ABSENT, np.nan, 1.0)[None]
RANDOM = np.where(ABSENT, np.nan, RNG.normal(size=(500, *SHAPE)))
PREVALENCE = np.nanmean(TRUTH, 1)


def approx(value):
    return pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "chance"),
    [(recovery_auroc, 0.5), (recovery_ap, 0), (relevance_mass, PREVALENCE), (relevance_rank, PREVALENCE)],
)
def test_recovery_of_truth_constant_and_random(metric, chance):
    chance = np.full(20, chance)
    assert metric.score(ORACLE, TRUTH)[0] == approx(np.ones(20))
    assert metric.score(CONSTANT, TRUTH)[0] == approx(chance)
    found = np.nanmean(metric.score(RANDOM, TRUTH))  # a map without anything positive has no mass
    assert found == pytest.approx(chance.mean(), abs=0.01)


def test_chance_correction_by_prevalence_would_be_biased():
    truth = np.eye(20)[:1]
    random = RNG.normal(size=(20000, 1, 20))
    assert recovery_ap.score(random, truth).mean() == pytest.approx(0, abs=0.01)
    plain = 1 / (1 + (random > random[..., :1]).sum(-1))  # the precision at the one positive
    assert ((plain.mean() - 0.05) / 0.95) == pytest.approx(0.14, abs=0.01)


def test_ndcg_of_truth_and_random():
    assert recovery_ndcg.score(ORACLE, TRUTH) == approx(np.ones((1, 20)))
    assert recovery_ndcg.score(RANDOM, TRUTH).mean() == pytest.approx(PREVALENCE.mean(), abs=0.01)


def test_signed_and_absolute_recovery_part_on_negative_effects():
    truth = np.array([[1.0, -1, 0, 0]])
    phi = np.array([[[3.0, -3, 1, -1]]])
    assert recovery_auroc.score(phi, truth) == approx(1)
    assert recovery_auroc_absolute.score(phi, truth) == approx(1)
    assert recovery_auroc.score(np.abs(phi), truth)[0, 0] < 1
    assert recovery_auroc.score(-phi, truth) == approx(0)
    assert recovery_auroc_absolute.score(-phi, truth) == approx(1)


def test_relevance_counts_what_is_positive_and_what_is_on_top():
    truth = np.array([[1.0, 1, 0, 0, np.nan]])
    phi = np.array([[[3.0, -2, 1, -5, np.nan]]])
    assert relevance_mass.score(phi, truth) == approx(3 / (3 + 1))
    assert relevance_rank.score(phi, truth) == approx(1 / 2)
    tied = np.array([[[3.0, 0, 0, 0, np.nan]]])
    assert relevance_rank.score(tied, truth) == approx((1 + 1 / 3) / 2)  # one of three for the second place
    assert np.isnan(relevance_mass.score(-np.abs(phi), truth)).all()  # nothing is positive


def test_leakage_is_the_largest_null_value_over_the_largest_of_all():
    truth = np.array([[1.0, -1, 0, 0, np.nan]])
    phi = np.array([[[2.0, -4, 1, -3, np.nan]]])
    assert null_leakage.score(phi, truth) == approx(3 / 4)
    assert null_leakage.score(phi[..., [2, 0, 1, 3, 4]], truth) == approx(1)
    assert null_leakage.score(np.where(truth == 0, 0, phi), truth) == approx(0)
    assert null_leakage.score(CONSTANT, TRUTH) == approx(np.ones((1, 20)))
    assert np.isnan(null_leakage.score(0 * CONSTANT, TRUTH)).all()


def test_cosine_and_sign_with_the_exact_attribution():
    effect = np.where(ABSENT, np.nan, RNG.normal(size=SHAPE))
    effect[:, 0] = 0
    assert recovery_cosine.score(7 * effect[None], effect) == approx(np.ones((1, 20)))
    assert recovery_cosine.score(-effect[None], effect) == approx(-np.ones((1, 20)))
    assert recovery_cosine.score(RANDOM, effect).mean() == pytest.approx(0, abs=0.01)
    there = ~ABSENT[0]
    expected = [r[there] @ effect[0, there] / np.linalg.norm(r[there]) for r in RANDOM[:5, 0]]
    assert recovery_cosine.score(RANDOM[:5], effect)[:, 0] == approx(
        expected / np.linalg.norm(effect[0, there])
    )
    assert recovery_sign.score(effect[None], effect) == approx(np.ones((1, 20)))
    assert recovery_sign.score(-effect[None], effect) == approx(np.zeros((1, 20)))
    assert recovery_sign.score(RANDOM, effect).mean() == pytest.approx(0.5, abs=0.01)
    same = [np.mean(np.sign(r[1:9]) == np.sign(effect[0, 1:9])) for r in RANDOM[:5, 0]]
    assert recovery_sign.score(RANDOM[:5], effect)[:, 0] == approx(same)  # the null instance does not count


@pytest.mark.parametrize("metric", [recovery_cosine, recovery_sign])
def test_the_exact_attribution_may_be_unknown_or_an_instance_lost(metric):
    unknown, effect = np.full(SHAPE, np.nan), np.where(ABSENT, np.nan, 1.0)
    assert np.isnan(metric.score(CONSTANT, unknown)).all()
    lost = CONSTANT.copy()
    lost[0, 3, 2] = np.nan
    assert np.flatnonzero(np.isnan(metric.score(lost, effect)[0])).tolist() == [3]


@pytest.mark.parametrize(
    "metric", [recovery_auroc, recovery_ap, recovery_ndcg, relevance_mass, relevance_rank, null_leakage]
)
def test_recovery_is_undefined_without_witnesses_without_others_and_where_one_is_lost(metric):
    for truth in (0.0, 1.0):
        assert np.isnan(metric.score(CONSTANT, np.where(ABSENT, np.nan, truth))).all()
    lost = ORACLE.copy()
    lost[0, 3, 2] = np.nan
    assert np.flatnonzero(np.isnan(metric.score(lost, TRUTH)[0])).tolist() == [3]


def test_suppressor_is_part_of_what_the_model_uses_but_not_of_what_the_data_hold():
    s, n = RNG.normal(size=(2, 50))
    phi = np.stack([s + n, -n], -1)[None]  # phi* of f = x1 - x2
    model, data = np.ones((50, 2)), np.tile([1.0, 0.0], (50, 1))
    third = np.concatenate([phi, np.zeros((1, 50, 1))], -1)
    with_third = np.concatenate([model, np.zeros((50, 1))], -1)
    assert recovery_auroc_absolute.score(third, with_third) == approx(np.ones((1, 50)))
    assert null_leakage.score(third, with_third) == approx(np.zeros((1, 50)))
    assert recovery_auroc_absolute.score(phi, data).mean() < 1
    positive = np.maximum(phi[0], 0)
    expected = np.where(positive.sum(1) > 0, positive[:, 0] / np.maximum(positive.sum(1), 1e-12), np.nan)
    np.testing.assert_allclose(relevance_mass.score(phi, data)[0], expected, atol=1e-9)
    expected = np.abs(n) / np.maximum(np.abs(n), np.abs(s + n))
    np.testing.assert_allclose(null_leakage.score(phi, data)[0], expected, atol=1e-9)


def test_permutation_gain_is_the_difference_of_recoveries():
    assert permutation_gain.score(ORACLE, TRUTH, CONSTANT) == approx(np.full((1, 20), 0.5))
    assert permutation_gain.score(ORACLE, TRUTH, ORACLE) == approx(np.zeros((1, 20)))
    assert permutation_gain.score(-ORACLE, TRUTH, ORACLE) == approx(-np.ones((1, 20)))


def test_a_decoy_weighs_what_it_gets_beside_causal_positions():
    truth = np.array([[1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, np.nan, 0, 0, 0, 0]], float)
    decoy = np.array([[np.nan, np.nan, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [np.nan] * 6], float)
    maps = np.array([[[4, -2, 0.5, 0, 0.3, 0], [0, -3, 0, 0, 0, 0.4], [3, 9, 1, 1, 1, 1]]], float)
    unit = (4 + 2 + 3) / 3  # over all samples; the position of unknown truth is none
    found = decoy_weight.score(maps, truth, decoy)
    np.testing.assert_allclose(found, [[(0.5 - 0.1) / unit, (1.5 - 0.1) / unit, np.nan]])
    np.testing.assert_allclose(decoy_weight.score(-7 * maps, truth, decoy), found)


def test_a_function_that_ignores_the_decoy_gives_it_no_weight_where_its_rank_is_first():
    """What an exact map differs by, next to nothing but always one way, is first in order and weighs 0."""
    truth, decoy = np.zeros((5, 20)), np.zeros((5, 20))
    truth[:, :4], decoy[:, :4], decoy[:, 10:14] = 1, np.nan, 1
    maps = np.where(truth == 1, 1.0, np.where(decoy == 1, 1e-6, 1e-7))[None]
    np.testing.assert_allclose(decoy_auroc.score(maps, decoy), 1)
    np.testing.assert_allclose(decoy_weight.score(maps, truth, decoy), 0, atol=1e-5)
    assert decoy_weight.score(np.ones((1, 5, 20)), truth, decoy).max() == 0
    assert np.isnan(decoy_weight.score(maps, np.zeros((5, 20)), decoy)).all()
    assert np.isnan(decoy_weight.score(0 * maps, truth, decoy)).all()
    random = np.random.default_rng(0).normal(size=(400, 5, 20))
    assert abs(decoy_weight.score(random, truth, decoy).mean()) < 0.02
