"""Intervals of seed x sample tables cover what they say."""

import numpy as np
import pytest

from xassay.stats import intervals
from xassay.stats.intervals import (
    bootstrap_means,
    limits,
    mean_interval,
    median_interval,
    pseudo_values,
    resampled,
)

SEEDS, TABLES = 5, 1000
MIXES = {  # standard deviations of seed, sample, rest; samples
    "all alike": (1, 1, 1, 50),
    "samples differ most": (0.3, 1, 0.5, 100),
    "seeds differ most": (1, 0.3, 0.5, 100),
    "seeds do not differ": (0, 1, 1, 50),
    "samples do not differ": (1, 0, 1, 50),
    "mostly noise": (0.2, 0.2, 1, 100),
    "few samples": (0.5, 1, 1, 10),
    "hardly any noise": (1, 1, 0.1, 16),
}


def tables(seed, sample, rest, n, rng, count=TABLES):
    shape = (count, SEEDS, n)
    parts = rng.normal(size=(count, SEEDS, 1)), rng.normal(size=(count, 1, n)), rng.normal(size=shape)
    return seed * parts[0] + sample * parts[1] + rest * parts[2]


def coverage(found):
    return np.mean([i.lower <= 0 <= i.upper for i in found])


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_coverage_is_95_per_cent(mix):
    rng = np.random.default_rng(7)
    assert 0.93 <= coverage(map(mean_interval, tables(*MIXES[mix], rng))) <= 0.97


def test_coverage_where_there_is_noise_alone():
    found = coverage(map(mean_interval, tables(0, 0, 1, 50, np.random.default_rng(1))))
    assert 0.95 <= found <= 0.99  # components below 0 count as 0: on the safe side


def test_coverage_with_missing_cells():
    rng = np.random.default_rng(2)
    holes = tables(0.5, 1, 1, 40, rng)
    holes[rng.random(holes.shape) < 0.1] = np.nan
    assert 0.93 <= coverage(map(mean_interval, holes)) <= 0.97


def test_bootstrap_nested_in_seeds_would_cover_too_little():
    """Why samples are crossed with seeds: resampling them anew for each seed forgets that they are shared."""
    rng = np.random.default_rng(3)
    covered = []
    for table in tables(0, 1, 0.5, 50, rng, 200):
        k = rng.integers(SEEDS, size=(200, SEEDS, 1))
        s = rng.integers(50, size=(200, SEEDS, 50))
        lower, upper = limits(table[k, s].mean((1, 2)))
        covered.append(lower <= 0 <= upper)
    assert np.mean(covered) < 0.85


def test_components_are_those_of_the_table():
    found = mean_interval(tables(2, 3, 1, 4000, np.random.default_rng(0), 1)[0])
    assert found.sd_sample == pytest.approx(3, rel=0.05)
    assert 0.5 < found.sd_seed < 5
    assert (found.n_seeds, found.n_samples, found.n_nan) == (5, 4000, 0)


def test_constant_table_has_no_width():
    found = mean_interval(np.full((5, 30), 0.1))
    assert (found.lower, found.upper) == (found.mean, found.mean)
    assert found.mean == pytest.approx(0.1)


def test_one_seed_leaves_the_samples():
    y = np.random.default_rng(0).normal(size=30)
    found = mean_interval(y[None])
    half = 2.0452296 * y.std(ddof=1) / np.sqrt(30)  # t with 29 degrees of freedom
    assert found.upper - found.mean == pytest.approx(half)
    across = mean_interval(y[:, None])
    assert across.upper - across.mean == pytest.approx(half)


def test_one_value_has_no_interval():
    found = mean_interval([[2.0]])
    assert found.mean == 2 and np.isnan(found.lower) and np.isnan(found.upper)


def test_samples_without_any_value_do_not_apply_and_others_are_counted():
    table = np.arange(20.0).reshape(4, 5)
    table[:, 2] = np.nan
    table[0, 0] = np.nan
    found = mean_interval(table)
    assert (found.n_seeds, found.n_samples, found.n_nan) == (4, 4, 1)
    whole = np.delete(np.arange(20.0).reshape(4, 5), 2, 1)  # additive, so the missing cell is known exactly
    assert found.mean == pytest.approx(whole.mean())
    assert mean_interval(np.full((3, 4), np.nan)) == pytest.approx(intervals.NOTHING, nan_ok=True)
    assert mean_interval(np.empty((0, 0))).n_samples == 0


def test_pseudo_values_of_pairs():
    rng = np.random.default_rng(0)
    pairs = np.full((4, 4, 3), np.nan)
    upper = np.triu_indices(4, 1)
    pairs[upper] = rng.normal(size=(6, 3))
    found = pseudo_values(pairs)
    mean = np.nanmean(pairs[upper], 0)
    for k in range(4):
        without = [pairs[i, j] for i, j in zip(*upper) if k not in (i, j)]
        np.testing.assert_allclose(found[k], 4 * mean - 3 * np.mean(without, 0))
    np.testing.assert_allclose(found.mean(0), mean)
    assert pseudo_values(pairs[:2, :2]).shape == (1, 3)


def test_coverage_of_a_mean_over_pairs_of_seeds():
    """Similarity of two seeds on a sample: the product of noisy copies of a common signal, 1 on average."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(TABLES):
        copies = 1 + 0.3 * rng.normal(size=(SEEDS, 1)) + 0.3 * rng.normal(size=(SEEDS, 40))
        sample = 0.2 * rng.normal(size=40)
        pairs = copies[:, None] * copies[None] + sample - 1
        found.append(
            mean_interval(pseudo_values(np.where(np.tri(SEEDS, dtype=bool)[..., None], np.nan, pairs)))
        )
    assert 0.92 <= coverage(found) <= 0.98


def test_bootstrap_means_are_those_of_resampled_tables():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(2, 4, 6))
    table[0, 1, 2] = np.nan
    found = bootstrap_means(table, np.random.default_rng(1), 50)
    again = np.random.default_rng(1)
    seeds, samples = resampled(again, 4, 50), resampled(again, 6, 50)
    for d in range(50):
        k, s = np.repeat(np.arange(4), seeds[d].astype(int)), np.repeat(np.arange(6), samples[d].astype(int))
        for t in range(2):
            assert found[d, t] == pytest.approx(np.nanmean(table[t][np.ix_(k, s)]))


def test_limits_and_median():
    draws = np.stack([np.linspace(0, 1, 1001), np.full(1001, np.nan)], 1)
    lower, upper = limits(draws)
    assert lower[0] == pytest.approx(0.025) and upper[0] == pytest.approx(0.975)
    assert np.isnan([lower[1], upper[1]]).all()
    table = np.append(np.random.default_rng(0).normal(size=(5, 60)), np.full((5, 1), 1e6), 1)
    found = median_interval(table, np.random.default_rng(0))
    assert -0.5 < found.lower < found.mean < found.upper < 0.5
    assert np.isnan(median_interval(np.full((2, 2), np.nan), None).mean)
