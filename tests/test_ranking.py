"""Ranks with their uncertainty, and tests across data sets."""

import numpy as np
import pytest

from xassay.stats.ranking import bootstrap_ranks


def test_clear_differences_give_certain_ranks():
    rng = np.random.default_rng(0)
    tables = np.array([2.0, 1, 3])[:, None, None] + 0.05 * rng.normal(size=(3, 5, 40))
    mean, lower, upper = bootstrap_ranks(tables, 1, rng)
    assert list(mean) == [2, 3, 1] and list(lower) == list(upper) == [2, 3, 1]
    assert list(bootstrap_ranks(tables, -1, rng)[0]) == [2, 1, 3]


def test_equal_methods_share_ranks_and_undefined_ones_have_none():
    rng = np.random.default_rng(0)
    tables = rng.normal(size=(4, 5, 40))
    tables[1] = tables[0]
    tables[3] = np.nan
    mean, lower, upper = bootstrap_ranks(tables, 1, rng)
    assert mean[0] == mean[1] and np.isnan([mean[3], lower[3], upper[3]]).all()
    assert mean[:3].sum() == pytest.approx(6)
    assert lower[0] < upper[0]
