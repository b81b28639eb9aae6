"""Whether two motifs are alike: p-values of their best alignment. Gupta et al. (2007), Tanaka et al. (2011).

The score of an alignment is the sum over the query's columns of minus the Euclidean distance to the target's
column, less that column's median over the columns of all targets; a column without partner counts 0 (the
complete score, tanaka2011). Under the null hypothesis a target's columns are drawn from all targets' columns,
so the law of a sum is a convolution, and that of the best alignment a product over alignments. P-values
depend on which targets there are, much where they are few; columns that tell little are alike in all motifs.
"""

from typing import NamedTuple

import numpy as np

from xassay.core.significance import benjamini_hochberg

BINS = 100  # steps into which the widest column's scores are divided


class Matches(NamedTuple):
    """Every query against every target, each (query, target)."""

    p: np.ndarray  # of the better strand, corrected for two
    score: np.ndarray  # of the best alignment, in steps
    offset: np.ndarray  # place of the target's first column (as it lies) among the query's
    overlap: np.ndarray  # columns that face another
    reverse: np.ndarray  # bool: the target lies as its reverse complement


def tomtom(queries, targets, *, strands=2, bins=BINS):
    """P-values of the likeness of motifs.

    queries, targets: lists of matrices (letter, width) of probabilities; strands: 1, or 2 for the targets'
    reverse complements as well. Returns Matches. Source: gupta2007, tanaka2011."""
    lying = [np.asarray(t, np.float64) for t in targets]
    lying += [t[::-1, ::-1] for t in lying] if strands == 2 else []
    widths = np.array([t.shape[1] for t in lying])
    columns = np.concatenate(lying, axis=1)
    found = [_one(np.asarray(query, np.float64), columns, widths, bins) for query in queries]
    p, score, offset, overlap = (np.stack(part).reshape(-1, strands, len(targets)) for part in zip(*found))
    better = np.lexsort((np.arange(strands)[:, None] + 0 * p, -score, p), axis=1)[:, :1]
    p, score, offset, overlap = (np.take_along_axis(a, better, 1)[:, 0] for a in (p, score, offset, overlap))
    p = p * (2 - p) if strands == 2 else p  # 1 - (1 - p)^2, which does not round to 0
    return Matches(p, score, offset, overlap, better[:, 0] == 1)


def nearest(queries, known, **options):
    """The likest of known motifs for each query: a list of dict(match, p, e, q, offset, strand, overlap).

    queries: matrices; known: core.motifs.Motif. p: of the pair; e: the number of known motifs that chance
    would bring as near; q: benjamini1995 over the known motifs. offset, strand: how the known motif lies on
    the query."""
    if not len(queries) or not known:
        return [dict.fromkeys(("match", "p", "e", "q", "offset", "strand", "overlap")) for _ in queries]
    matches, rows = tomtom(queries, [motif.probabilities for motif in known], **options), []
    for p, score, offset, overlap, reverse in zip(*matches):
        best = int(np.lexsort((-score, p))[0])
        row = dict(match=known[best].name, p=float(p[best]), e=float(p[best] * len(known)))
        row |= dict(q=float(benjamini_hochberg(p)[best]), offset=int(offset[best]))
        rows.append(row | dict(strand="-" if reverse[best] else "+", overlap=int(overlap[best])))
    return rows


def _one(query, columns, widths, bins):
    """One query: p, score, offset and overlap of its best alignment with every target, each (target,)."""
    w = query.shape[1]
    squares = (query**2).sum(0)[:, None] + (columns**2).sum(0) - 2 * query.T @ columns
    likeness = -np.sqrt(np.maximum(squares, 0))
    likeness -= np.median(likeness, axis=1, keepdims=True)
    spread = np.ptp(likeness, axis=1).max()
    steps = np.rint(likeness * (bins / spread if spread > 0 else 1)).astype(np.int64)
    laws = _laws(steps)
    p, score, offset, overlap = np.empty((4, len(widths)))
    start = np.cumsum(widths) - widths
    for width in np.unique(widths):
        chosen = np.flatnonzero(widths == width)
        places = np.arange(1 - width, w)  # of the target's first column
        reach = np.minimum(places + width, w) - np.maximum(places, 0)
        sums = np.zeros((len(chosen), len(places)), np.int64)
        for k in range(width):  # the target's column k meets the query's column place + k
            inside = (places + k >= 0) & (places + k < w)
            sums[:, inside] += steps[:, start[chosen] + k].T
        best = (sums * (w + 1) + reach).argmax(1)  # the larger overlap where scores are the same
        score[chosen] = sums[np.arange(len(chosen)), best]
        p[chosen] = _tail(laws, width, steps)[score[chosen].astype(int) - w * steps.min()]
        offset[chosen], overlap[chosen] = places[best], reach[best]
    return p, score, offset.astype(int), overlap.astype(int)


def _laws(steps):
    """log P(sum < s) of the query's columns from a to b: (a, b, s), s from the least sum of all columns on.

    steps: (column, target column) whole numbers."""
    w, low, high = len(steps), steps.min(), steps.max()
    size = w * (high - low) + 1
    law = [np.bincount(row - low, minlength=high - low + 1) / steps.shape[1] for row in steps]
    out = np.zeros((w, w, size))
    for a in range(w):
        total = np.ones(1)
        for b in range(a, w):
            total = np.convolve(total, law[b])
            first = (w - (b - a + 1)) * -low  # where this span's least sum lies among all
            tail = np.minimum(total[::-1].cumsum()[::-1], 1)
            with np.errstate(divide="ignore"):
                out[a, b, first : first + len(tail)] = np.log1p(-tail)
            out[a, b, :first] = -np.inf
    return out


def _tail(laws, width, steps):
    """P(best of all alignments with a target of ``width`` columns >= s): (s,)."""
    w = len(steps)
    spans = [(max(place, 0), min(place + width, w) - 1) for place in range(1 - width, w)]
    return -np.expm1(sum(laws[a, b] for a, b in spans))
