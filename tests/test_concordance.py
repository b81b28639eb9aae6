"""Do metrics rank alike: W and tau against their slow definitions and a known example."""

from itertools import permutations, product

import numpy as np
import pytest
from scipy.stats import kendalltau

from xassay.core.ranks import ranks
from xassay.stats.concordance import complete, concordance, kendall_w, pairwise

NAN = np.nan


def tied_w(scores):
    """W by its formula: 12 S / (m^2 (n^3 - n) - m sum of (t^3 - t)), S of the rank sums."""
    m, n = scores.shape
    placed = ranks(scores)
    s = sum((total - placed.sum() / n) ** 2 for total in placed.sum(0))
    ties = sum(t**3 - t for row in scores for t in np.unique(row, return_counts=True)[1])
    return 12 * s / (m**2 * (n**3 - n) - m * ties)


def test_three_executives_and_six_applicants():
    """Siegel (1956), table 9.2: W = 0.16."""
    placed = np.array([[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1.0]])
    assert kendall_w(placed) == pytest.approx(0.1619, abs=1e-4)


def test_w_of_ties_is_the_formula():
    rng = np.random.default_rng(0)
    for _ in range(50):
        scores = rng.integers(0, 4, size=(rng.integers(2, 7), rng.integers(3, 9))).astype(float)
        assert kendall_w(ranks(scores)) == pytest.approx(tied_w(scores))


def test_the_same_order_is_1_and_opposite_orders_are_0():
    order = np.arange(5.0)
    assert kendall_w(ranks(np.stack([order, order**3, order - 9]))) == pytest.approx(1)
    assert kendall_w(ranks(np.stack([order, -order]))) == pytest.approx(0)
    assert np.isnan(kendall_w(ranks(np.zeros((3, 4)))))


def test_p_is_that_of_every_order():
    """All orders of 3 methods by 3 metrics, enumerated: the drawn p-value is near, and never 0."""
    scores = np.array([[3, 2, 1], [3, 2, 1], [3, 1, 2.0]])
    w = kendall_w(ranks(scores))
    orders = [np.array(p, float) for p in permutations((1, 2, 3))]
    share = np.mean([kendall_w(np.stack(p)) >= w - 1e-9 for p in product(orders, repeat=3)])
    found = concordance(scores, np.random.default_rng(0))
    assert found.w == pytest.approx(w) and found.p == pytest.approx(share, abs=0.04)
    sure = concordance(np.tile(np.arange(7.0), (9, 1)), np.random.default_rng(0), draws=99)
    assert (sure.w, sure.p, sure.n_metrics, sure.n_methods) == (pytest.approx(1), 1 / 100, 9, 7)


def test_chance_gives_small_p_values_as_seldom_as_it_says():
    rng = np.random.default_rng(1)
    p = [concordance(rng.normal(size=(5, 6)), rng, draws=99).p for _ in range(200)]
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.09


def test_metrics_of_one_family_agree_by_themselves():
    """Two unrelated families of near copies: as independent metrics they would seem to agree."""
    rng, p, naive = np.random.default_rng(4), [], []
    for _ in range(60):
        two = rng.normal(size=(2, 7))
        scores = np.repeat(two, 5, 0) + 0.05 * rng.normal(size=(10, 7))
        p.append(concordance(scores, rng, draws=99, families=np.repeat([0, 1], 5)).p)
        naive.append(concordance(scores, rng, draws=99).p)
    assert np.mean(np.array(p) <= 0.05) <= 0.15 and np.mean(np.array(naive) <= 0.05) > 0.5
    assert np.isnan(concordance(scores, rng, draws=9, families=np.zeros(10)).p)


@pytest.mark.parametrize("shape", [(2, 5), (5, 2), (0, 4), (0, 0)])
def test_too_few_have_no_w(shape):
    found = concordance(np.random.default_rng(0).normal(size=shape), np.random.default_rng(0))
    assert found[:2] == shape and np.isnan(found.w) and np.isnan(found.p)


def test_a_metric_of_few_methods_goes_before_they_do():
    scores = np.arange(20.0).reshape(4, 5)
    scores[1, :3] = NAN  # a metric that ranks two of five
    assert [part.tolist() for part in complete(scores)] == [[0, 2, 3], [0, 1, 2, 3, 4]]
    scores[[0, 2, 3], 4] = NAN  # and a method that none of the others ranks
    assert [part.tolist() for part in complete(scores)] == [[0, 2, 3], [0, 1, 2, 3]]
    assert 0 in (len(part) for part in complete(np.full((2, 3), NAN)))


def test_tau_is_that_of_scipy_over_shared_methods():
    rng = np.random.default_rng(2)
    scores = rng.integers(0, 6, size=(5, 8)).astype(float)
    scores[0, :6], scores[1, 0] = NAN, NAN
    tau, number = pairwise(scores)
    for i, j in product(range(5), repeat=2):
        both = ~np.isnan(scores[i] + scores[j])
        assert number[i, j] == both.sum()
        if both.sum() < 3:
            assert np.isnan(tau[i, j])
        else:
            assert tau[i, j] == pytest.approx(kendalltau(scores[i, both], scores[j, both]).statistic)
