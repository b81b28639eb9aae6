"""Seqlets: short stretches whose contributions add up to more than chance, of either sign."""

from typing import NamedTuple

import numpy as np

NULLS = ("normal", "laplace", "mirror")
LEAST = 1e-3  # share of the largest sum below which the null's scale is not believed: a map of exact zeros


class Seqlets(NamedTuple):
    """Stretches, each (seqlet,), the largest |score| first; none overlaps another of its sequence."""

    sample: np.ndarray  # row of the maps
    start: np.ndarray
    stop: np.ndarray
    score: np.ndarray  # sum of the contributions, less the null's centre
    q: np.ndarray  # false discovery rate at which it is called

    def of(self, chosen):
        """Some of them. chosen: bool or places."""
        return Seqlets(*(part[chosen] for part in self))


def seqlets(observed, *, width=11, fdr=0.1, null="normal"):
    """Stretches of ``width`` positions that stand out from the null at a false discovery rate of ``fdr``.

    observed: (sample, position) contributions of what is there. null: the law of a stretch's sum where there
    is nothing,
      normal: its scale the median distance to the median, on the side where that is smaller: motifs are few;
      laplace: the same with heavier tails, as those of maps often are (shrikumar2020), and less power;
      mirror: what the other sign does: no law is assumed, but only one sign may have motifs.
    Stretches of one sign that do not overlap are counted at every height; the null expects no more there than
    its tail times the number of all stretches, overlapping or not, and the ratio is the rate: a bound.
    Returns Seqlets."""
    observed = np.asarray(observed, np.float64)
    if observed.shape[1] < width or not len(observed):
        return Seqlets(*np.zeros((3, 0), int), *np.zeros((2, 0)))
    sums = moved(observed, width)
    score = sums - np.median(sums)
    sample, start = _apart(np.abs(score), width)
    peak = score[sample, start]
    q = np.ones(len(peak))
    for sign in (1, -1):
        side = np.flatnonzero(sign * peak > 0)
        order = side[np.argsort(-np.abs(peak[side]), kind="stable")]
        rate = _tail(null, sign * score, np.abs(peak[order])) * score.size / np.arange(1, len(order) + 1)
        q[order] = np.minimum(np.minimum.accumulate(rate[::-1])[::-1], 1)
    order = np.lexsort((start, sample, -np.abs(peak)))
    order = order[q[order] <= fdr]
    return Seqlets(sample[order], start[order], start[order] + width, peak[order], q[order])


def moved(values, width):
    """Sums of ``width`` neighbours: (..., position) -> (..., position - width + 1)."""
    total = np.cumsum(values, -1)
    out = total[..., width - 1 :].copy()
    out[..., 1:] -= total[..., :-width]
    return out


def _tail(null, score, size):
    """P(sum >= size) under the null, never 0. score: all sums from their median on, those of interest
    positive."""
    from scipy.special import ndtr

    if null == "mirror":
        ordered = np.sort(-score, axis=None)
        return (len(ordered) - np.searchsorted(ordered, size, "left") + 1) / (len(ordered) + 1)
    far = np.abs(score)
    sides = [np.median(far[side]) for side in (score > 0, score < 0) if side.any()]
    scale = max(min(sides + [np.median(far)]), LEAST * far.max(), np.finfo(float).tiny)
    # The distance that half of the null's values keep within: 0.6745 of a normal, log 2 of a Laplace scale.
    return ndtr(-0.674489750196 * size / scale) if null == "normal" else np.exp2(-size / scale) / 2


def _apart(size, width):
    """The largest stretch of each sequence, then the largest that does not overlap it, and so on.

    size: (sample, start). Returns rows and starts."""
    left, rows, starts = size.copy(), [], []
    alive, place = np.flatnonzero(left.max(1) > 0), np.arange(left.shape[1])
    while len(alive):
        best = left[alive].argmax(1)
        rows.append(alive)
        starts.append(best)
        left[alive] = np.where(np.abs(place - best[:, None]) < width, 0, left[alive])
        alive = alive[left[alive].max(1) > 0]
    return tuple(np.concatenate(part) if part else np.zeros(0, int) for part in (rows, starts))
