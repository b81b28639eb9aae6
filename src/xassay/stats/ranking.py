"""Ranks of the methods on one metric, and tests across data sets where there are enough of them."""

import numpy as np

from xassay.core.ranks import ranks
from xassay.stats.intervals import bootstrap_means, limits

BLOCKS = 6  # data sets below which no p-value is given


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


def friedman(means, names):
    """Do methods differ across data sets? Friedman's test, then Wilcoxon's on pairs with Holm's correction.

    means: (block, method), larger is better, no NaN; names: of the methods. Returns {"blocks", "mean_rank"
    {name}, "p" or None, "pairs": {(name, name): p}}; below 6 blocks only the ranks (friedman1937,
    holm1979)."""
    means = np.asarray(means, float)
    placed = ranks(-means)
    mean_rank = dict(zip(names, placed.mean(0), strict=True))
    out = {"blocks": len(means), "mean_rank": mean_rank, "p": None, "pairs": {}}
    if len(means) < BLOCKS or len(names) < 3:
        return out
    from scipy.stats import friedmanchisquare, wilcoxon

    out["p"] = float(friedmanchisquare(*means.T).pvalue)
    pairs = [(i, j) for i in range(len(names)) for j in range(i)]
    raw = [wilcoxon(means[:, i], means[:, j], zero_method="zsplit").pvalue for i, j in pairs]
    out["pairs"] = {(names[i], names[j]): p for (i, j), p in zip(pairs, holm(raw), strict=True)}
    return out


def holm(p):
    """Holm's step-down correction of p-values."""
    p = np.asarray(p, float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1)
    return out
