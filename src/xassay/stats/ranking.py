"""Ranks of the methods on one metric."""

import numpy as np

from xassay.core.ranks import ranks
from xassay.stats.intervals import bootstrap_means, limits


def bootstrap_ranks(tables, direction, rng, draws=1000):
    """Mean rank (1 is best) of each method with its limits, over seeds and samples resampled together.

    tables: (method, seed, sample), NaN where undefined; direction: +1 if larger is better, -1 if smaller.
    Returns (mean, lower, upper), each (method,)."""
    means = bootstrap_means(tables, rng, draws).round(
        10
    )  # equal methods tie, whatever the order of summation
    placed = ranks(-direction * means)
    known = ~np.isnan(placed)
    mean = np.where(known, placed, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)
    return mean, *limits(placed)
