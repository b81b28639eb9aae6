"""Do the metrics rank the methods alike? Kendall's W of all metrics, Kendall's tau of every two."""

from typing import NamedTuple

import numpy as np

from xassay.core.ranks import kendall, ranks

LEAST = 3  # methods, and metrics, below which an order says nothing
DRAWS = 1999


class Concordance(NamedTuple):
    """W of the metrics that rank the same methods, and how often chance gives as much."""

    n_metrics: int
    n_methods: int
    w: float  # 1: every metric gives the same order; 1 / n_metrics: what chance gives on average
    p: float


def concordance(scores, rng, draws=DRAWS, families=None):
    """Kendall's W with its permutation p-value, (count + 1) / (draws + 1): never 0.

    scores: (metric, method), larger is better, NaN where a metric does not rank a method; what is missing is
    left out as ``complete`` does. families: (metric,) the question that each answers, by default one each.
    Chance: families order the methods at random, and metrics of one family stay as alike as they are, since
    several measures of one thing agree by themselves. NaN with fewer than three metrics or methods, p with a
    single family. Source: kendall1939."""
    scores = np.asarray(scores, float)
    families = np.arange(len(scores)) if families is None else np.asarray(families)
    kept, columns = complete(scores)
    placed, families = ranks(scores[np.ix_(kept, columns)]), families[kept]
    size = placed.shape
    if min(size) < LEAST:
        return Concordance(*size, np.nan, np.nan)
    w, groups = kendall_w(placed), [families == family for family in dict.fromkeys(families)]
    if np.isnan(w) or len(groups) < 2:
        return Concordance(*size, w, np.nan)
    count = 1
    for _ in range(draws):
        drawn = placed.copy()
        for rows in groups:
            drawn[rows] = drawn[rows][:, rng.permutation(size[1])]
        count += kendall_w(drawn) >= w - 1e-9
    return Concordance(*size, w, count / (draws + 1))


def kendall_w(placed):
    """Share of the ranks' variation that lies between methods (kendall1939, corrected for ties by itself).

    placed: (metric, method) ranks, ties averaged. NaN where every metric ties all methods."""
    mean = placed.mean()
    whole = ((placed - mean) ** 2).sum()
    return float(len(placed) * ((placed.mean(0) - mean) ** 2).sum() / whole) if whole > 0 else np.nan


def complete(scores):
    """Rows and columns of scores that have no gap: the fullest of what each row or column lacks goes first.

    scores: (metric, method). A metric that ranks few methods goes before they do, and the other way round.
    Returns their numbers, (row,) and (column,)."""
    lost = np.isnan(scores)
    rows, columns = (np.arange(n) for n in lost.shape)
    while (here := lost[np.ix_(rows, columns)]).any():
        row, column = here.mean(1), here.mean(0)
        if row.max() >= column.max():
            rows = np.delete(rows, row.argmax())
        else:
            columns = np.delete(columns, column.argmax())
    return rows, columns


def pairwise(scores):
    """Kendall's tau-b of every two metrics over the methods that both rank, and the number of those.

    scores: (metric, method), larger is better, NaN where not ranked. Returns (tau, n), each (metric, metric);
    tau is NaN below three methods, or where a metric ties them all."""
    scores = np.asarray(scores, float)
    known = ~np.isnan(scores)
    number = known.astype(int) @ known.T.astype(int)
    tau = kendall(scores[:, None], scores[None])
    return np.where(number < LEAST, np.nan, tau), number
