"""Ranks and their statistics against slow definitions, with ties and NaN."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from xassay.core import ranks

SCORES = [[3.0, 1, 2, 5, 4], [1, 1, 2, 2, 2], [0, 0, 0, 0, 0], [-1, 2, 2, -3, 0]]
POSITIVE = [0.0, 1, 1, 0, 0]


def orders(score):
    """Every descending order of the items, tied items in every order among themselves."""
    for order in permutations(range(len(score))):
        if all(score[i] >= score[j] for i, j in zip(order, order[1:])):
            yield order


def slow_precision(score, positive):
    values = []
    for order in orders(score):
        hits = np.array(positive)[list(order)]
        values.append(np.mean([hits[: k + 1].mean() for k in np.flatnonzero(hits)]))
    return np.mean(values)


def slow_ndcg(score, positive):
    m = int(sum(positive))
    discount = 1 / np.log2(np.arange(2, m + 2))
    values = [(np.array(positive)[list(order[:m])] * discount).sum() for order in orders(score)]
    return np.mean(values) / discount.sum()


def slow_auroc(score, positive):
    above = [s for s, p in zip(score, positive) if p]
    below = [s for s, p in zip(score, positive) if not p]
    return np.mean([(a > b) + (a == b) / 2 for a in above for b in below])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("fast", "slow"),
    [(ranks.auroc, slow_auroc), (ranks.average_precision, slow_precision), (ranks.ndcg, slow_ndcg)],
)
def test_search_statistics_match_their_definition(fast, slow, score):
    assert fast(np.array(score), np.array(POSITIVE)) == pytest.approx(slow(score, POSITIVE))


@pytest.mark.parametrize("score", SCORES)
def test_ranks_match_scipy(score):
    np.testing.assert_array_equal(ranks.ranks(np.array(score)), stats.rankdata(score))


def test_correlations_match_scipy_with_nan():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 6, size=(2, 4, 3, 12)).astype(float)
    x[0, 0, 9:], y[1, 1, 2:5] = np.nan, np.nan
    for where in np.ndindex(4, 3):
        both = ~np.isnan(x[where] + y[where])
        a, b = x[where][both], y[where][both]
        assert ranks.spearman(x, y)[where] == pytest.approx(stats.spearmanr(a, b).statistic)
        assert ranks.kendall(x, y)[where] == pytest.approx(stats.kendalltau(a, b).statistic)
        assert ranks.pearson(x, y)[where] == pytest.approx(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize("statistic", [ranks.pearson, ranks.spearman, ranks.kendall])
def test_correlation_with_a_constant_is_undefined(statistic):
    x = np.array([0.1, 0.2, 0.3])
    assert np.isnan(statistic(x, np.full(3, 0.1 + 0.2)))
    assert np.isnan(statistic(x, np.full(3, np.nan)))


@pytest.mark.parametrize("statistic", [ranks.auroc, ranks.average_precision, ranks.ndcg])
def test_absent_items_change_nothing_and_lost_ones_undo_it(statistic):
    score, positive = np.array([3.0, 1, 2, 5]), np.array([0.0, 1, 1, 0])
    padded = statistic(np.append(score, [np.nan] * 3), np.append(positive, [np.nan] * 3))
    assert padded == pytest.approx(statistic(score, positive))
    assert np.isnan(statistic(np.array([3, np.nan, 2, 5]), positive))
    for nothing in (np.zeros(4), np.ones(4), np.full(4, np.nan)):
        assert np.isnan(statistic(score, nothing))


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 6), (3, 6), (5, 6), (6, 6)])
def test_expected_precision_is_the_mean_over_all_orders(m, n):
    positive = [1.0] * m + [0.0] * (n - m)
    assert ranks.expected_precision(m, n) == pytest.approx(slow_precision([0] * n, positive))
