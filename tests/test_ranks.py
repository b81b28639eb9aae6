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


def slow_top_share(score, positive):
    m = int(sum(positive))
    return np.mean([np.array(positive)[list(order[:m])].mean() for order in orders(score)])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("fast", "slow"),
    [
        (ranks.auroc, slow_auroc),
        (ranks.average_precision, slow_precision),
        (ranks.ndcg, slow_ndcg),
        (ranks.top_share, slow_top_share),
    ],
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


def slow_kendall(x, y):
    """Tau-b by all pairs."""
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = (np.sign(a[both][:, None] - a[both]) for a in (x, y))
    size = np.sqrt((x**2).sum() * (y**2).sum())
    return (x * y).sum() / size if size else np.nan


@pytest.mark.parametrize("n", [1, 2, 3, 8, 33, 200])
@pytest.mark.parametrize("block", [1 << 20, 100])
def test_kendall_matches_all_pairs_with_ties_nan_and_blocks(n, block, monkeypatch):
    monkeypatch.setattr(ranks, "BLOCK", block)
    rng = np.random.default_rng(n)
    x, y = rng.integers(0, max(n // 2, 2), size=(2, 5, 4, n)).astype(float)
    x[rng.random(x.shape) < 0.1] = np.nan
    y[0, 0], x[1, 1], y[2, 2] = np.nan, 3.0, rng.normal(size=n)
    expected = [[slow_kendall(a, b) for a, b in zip(*rows)] for rows in zip(x, y)]
    np.testing.assert_allclose(ranks.kendall(x, y), expected, atol=1e-12)
    assert ranks.kendall(x[:0], y[:0]).shape == (0, 4)


def test_inversions_match_all_pairs():
    rng = np.random.default_rng(1)
    for places in (rng.integers(0, 50, size=(6, 40)), rng.integers(0, 1 << 20, size=(3, 30))):
        earlier = np.triu(np.ones((places.shape[1],) * 2, bool), 1)
        expected = [(earlier & (row[:, None] > row)).sum() for row in places]
        assert ranks.inversions(places).tolist() == expected


@pytest.mark.parametrize("score", SCORES)
def test_places_that_tied_items_may_take(score):
    first, last = ranks.tied(np.array(score))
    assert first.tolist() == [sum(np.array(score) < s) for s in score]
    assert last.tolist() == [sum(np.array(score) <= s) - 1 for s in score]


@pytest.mark.parametrize("statistic", [ranks.pearson, ranks.spearman, ranks.kendall])
def test_correlation_with_a_constant_is_undefined(statistic):
    x = np.array([0.1, 0.2, 0.3])
    assert np.isnan(statistic(x, np.full(3, 0.1 + 0.2)))
    assert np.isnan(statistic(x, np.full(3, np.nan)))


@pytest.mark.parametrize("statistic", [ranks.auroc, ranks.average_precision, ranks.ndcg, ranks.top_share])
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
