"""Every pair of methods at once against pairs one by one: ties, absences that differ, constants."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from xassay.core import similarity
from xassay.core.similarity import matrix, of_overlaps, of_ranks, of_signs, of_top

SHARE, P = 0.3, 0.8
GRAMS = {"ranks": of_ranks, "signs": of_signs, "top": of_top(SHARE), "overlaps": of_overlaps(P)}


def slow_ranks(a, b):
    constant = len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0
    return np.nan if constant else stats.spearmanr(a, b).statistic


def slow_signs(a, b):
    a, b = np.sign(a), np.sign(b)
    return cosine(a @ b, a @ a, b @ b)


def cosine(ab, aa, bb):
    return ab / np.sqrt(aa * bb) if aa > 1e-12 and bb > 1e-12 else np.nan


def orders(score):
    """Every descending order of the items, tied items in every order among themselves."""
    for order in permutations(range(len(score))):
        if all(score[i] >= score[j] for i, j in zip(order, order[1:])):
            yield order


def members(score, k):
    """Chance of each item to be among the first k."""
    return np.mean([np.isin(range(len(score)), order[:k]) for order in orders(score)], 0)


def slow_top(a, b):
    k = max(1, int(np.ceil(SHARE * len(a))))
    a, b = (members(score, k) - k / len(score) for score in (a, b))
    return cosine(a @ b, a @ a, b @ b)


def overlap(a, b):
    """Rank-biased overlap less its chance, over all orders of both."""
    n = len(a)
    weight = [(1 - P) * P ** (d - 1) for d in range(1, n + 1)]
    found = [w / d * (members(a, d) @ members(b, d) - d**2 / n) for d, w in enumerate(weight, 1)]
    return np.sum(found)


def slow_overlaps(a, b):
    return cosine(overlap(a, b), overlap(a, a), overlap(b, b))


SLOW = {"ranks": slow_ranks, "signs": slow_signs, "top": slow_top, "overlaps": slow_overlaps}


def maps():
    """(method, replicate, sample, item): one replicate without ties, one with, absences of all kinds."""
    rng = np.random.default_rng(0)
    out = np.stack([rng.normal(size=(4, 7, 6)), rng.integers(-1, 2, size=(4, 7, 6))], 1).astype(float)
    out[:, :, 1:3, 4:] = np.nan  # a smaller bag
    out[1, :, 3, 0] = np.nan  # lost by one method alone
    out[2, :, 4] = np.nan  # by one method throughout
    out[3, :, 5] = 0.1 + 0.2  # constant
    out[:3, :, 6, 1], out[3, :, 6, 2:] = np.nan, np.nan
    return out


@pytest.mark.parametrize("name", GRAMS)
@pytest.mark.parametrize("block", [1 << 22, 40])
def test_pairs_at_once_match_pairs_one_by_one(name, block, monkeypatch):
    monkeypatch.setattr(similarity, "BLOCK", block)
    given = maps()
    found = matrix(given, GRAMS[name])
    assert found.shape == (4, 4, 2, 7)
    for i, j, r, s in np.ndindex(found.shape):
        both = ~np.isnan(given[i, r, s] + given[j, r, s])
        a, b = given[i, r, s][both], given[j, r, s][both]
        expected = SLOW[name](a, b) if both.any() else np.nan
        assert found[i, j, r, s] == pytest.approx(expected, abs=1e-9, nan_ok=True), (i, j, r, s)


@pytest.mark.parametrize("name", GRAMS)
def test_one_method_or_no_sample(name):
    assert matrix(maps()[:1], GRAMS[name]).shape == (1, 1, 2, 7)
    assert matrix(maps()[:, :, :0], GRAMS[name]).shape == (4, 4, 2, 0)


def test_without_ties_it_is_the_chance_corrected_extrapolated_overlap():
    """(RBO - E[RBO]) / (1 - E[RBO]) with RBO of webber2010, equation 32, at full depth."""
    rng = np.random.default_rng(1)
    n, p = 30, 0.9

    def rbo(a, b):
        a, b = np.argsort(-a), np.argsort(-b)
        common = [len(set(a[:d]) & set(b[:d])) for d in range(1, n + 1)]
        return common[-1] / n * p**n + (1 - p) / p * sum(x / d * p**d for d, x in enumerate(common, 1))

    chance = p**n + (1 - p) / p * sum(d / n * p**d for d in range(1, n + 1))
    a, b = rng.normal(size=(2, 10, n))
    found = matrix(np.stack([a, b])[:, None], of_overlaps(p))[0, 1, 0]
    expected = [(rbo(x, y) - chance) / (1 - chance) for x, y in zip(a, b)]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert rbo(a[0], a[0]) == pytest.approx(1)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5])
def test_membership_of_the_top_counts_its_places(share):
    given = maps()[0]
    found = similarity.top(given, share)
    n = (~np.isnan(given)).sum(-1)
    np.testing.assert_allclose(np.nansum(found, -1), np.maximum(np.ceil(share * n), 1))
    assert np.isnan(similarity.top(np.full(3, np.nan), share)).all()
