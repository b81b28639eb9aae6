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


def concordance(scores, rng, draws=DRAWS):
    """Kendall's W with its permutation p-value, (count + 1) / (draws + 1): never 0.

    scores: (metric, method), larger is better, NaN where a metric does not rank a method; what is missing is
    left out as ``complete`` does. Chance: every metric orders the methods at random. NaN with fewer than
    three metrics or methods. Source: kendall1939."""
    placed = ranks(complete(np.asarray(scores, float)))
    size = placed.shape
    if min(size) < LEAST:
        return Concordance(*size, np.nan, np.nan)
    w = kendall_w(placed)
    drawn = [kendall_w(rng.permuted(placed, axis=1)) for _ in range(draws)]
    return Concordance(*size, w, (np.sum(np.array(drawn) >= w - 1e-9) + 1) / (draws + 1) if w == w else w)


def kendall_w(placed):
    """Share of the ranks' variation that lies between methods (kendall1939, corrected for ties by itself).

    placed: (metric, method) ranks, ties averaged. NaN where every metric ties all methods."""
    mean = placed.mean()
    whole = ((placed - mean) ** 2).sum()
    return float(len(placed) * ((placed.mean(0) - mean) ** 2).sum() / whole) if whole > 0 else np.nan


def complete(scores):
    """The rows and columns of scores without a gap: the fullest of what each row or column lacks goes first.

    scores: (metric, method). A metric that ranks few methods goes before they do, and the other way round."""
    while (lost := np.isnan(scores)).any():
        row, column = lost.mean(1), lost.mean(0)
        if row.max() >= column.max():
            scores = np.delete(scores, row.argmax(), 0)
        else:
            scores = np.delete(scores, column.argmax(), 1)
    return scores


def pairwise(scores):
    """Kendall's tau-b of every two metrics over the methods that both rank, and the number of those.

    scores: (metric, method), larger is better, NaN where not ranked. Returns (tau, n), each (metric, metric);
    tau is NaN below three methods, or where a metric ties them all."""
    scores = np.asarray(scores, float)
    known = ~np.isnan(scores)
    number = known.astype(int) @ known.T.astype(int)
    tau = kendall(scores[:, None], scores[None])
    return np.where(number < LEAST, np.nan, tau), number
