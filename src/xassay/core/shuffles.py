"""Sequences in another order: bases alone kept, or dinucleotides too, uniform over all that there are.

A sequence is a walk through a graph whose vertices are the bases and whose edges are its dinucleotides. Every
order of the same dinucleotides is another walk through all edges, and it is drawn uniformly by drawing (1) a
tree of the edges by which each base is left for the last time, uniform among all that lead to the last base,
and (2) the order of the other edges of every base (kandel1996, jiang2008). Drawing (1) needs a random walk in
general (wilson1996). On four bases there are 16 trees at most, so here they are listed, each weighted by the
number of ways in which its edges can be chosen. To fix the last edges of the given sequence instead, as is
often done, leaves out half of the orders or more.
"""

from itertools import product

import numpy as np

ROWS = 2048  # sequences shuffled at a time: their edges stay in the cache

STEPS = np.array(list(product(range(4), repeat=4)))  # every way to say which base follows which: (256, 4)


def _leads(step, root):
    """Whether every base reaches ``root``, itself its own successor, by ``step``: bool (256,)."""
    at = np.tile(np.arange(4), (len(step), 1))
    for _ in range(3):
        at = np.take_along_axis(step, at, 1)
    return (at == root).all(1) & (step[:, root] == root)


TREES = np.stack([STEPS[_leads(STEPS, root)] for root in range(4)])  # (root, 16, base): the base that follows


def dinucleotide_shuffles(x, n, rng):
    """``n`` sequences for each, uniform among all with its dinucleotide counts, first and last base.

    x: (sequence, 4, position), one-hot. A position that is none of the four bases (N, or a mixture) stays
    where it is and as it is; the runs of bases between such positions are shuffled each by itself. Returns
    (n, sequence, 4, position), x's type. Source: kandel1996, jiang2008."""
    letters, known = _letters(x)
    sequence, start, length = _runs(known)
    if not len(sequence) or not n:
        return np.repeat(x[None], n, 0)
    out = np.repeat(letters[None], n, 0)
    widest = int(length.max())
    inside = np.arange(widest) < length[:, None]
    place = start[:, None] + np.arange(widest)
    runs = np.where(inside, letters[sequence[:, None], np.minimum(place, letters.shape[1] - 1)], 0)
    size = max(1, ROWS // n)
    for first in range(0, len(runs), size):
        part = slice(first, first + size)
        shuffled, here = _orders(runs[part], length[part], n, rng), inside[part]
        rows = np.broadcast_to(sequence[part, None], here.shape)[here]
        out[:, rows, place[part][here]] = shuffled[:, here]
    return _one_hot(out, x, known)


def mononucleotide_shuffles(x, n, rng):
    """``n`` sequences for each, uniform among all with its base counts. As ``dinucleotide_shuffles``, but
    bases change places across a position that is none of the four."""
    letters, known = _letters(x)
    out = np.repeat(letters[None], n, 0)
    keys = np.where(known, rng.random(out.shape), 2)  # those that stay stand last
    order = keys.argsort(-1)
    places = np.broadcast_to((~known).argsort(-1, kind="stable"), out.shape)
    np.put_along_axis(out, places, np.take_along_axis(out, order, -1), -1)
    return _one_hot(out, x, known)


def _letters(x):
    """Number of each position's base, and whether it is one: (sequence, position) uint8, bool."""
    rows = [np.asarray(x)[:, base] for base in range(4)]
    one = [row == 1 for row in rows]
    known = sum(row.astype(np.uint8) for row in one) == 1
    known &= sum((row != 0).astype(np.uint8) for row in rows) == 1
    return sum(row * np.uint8(base) for base, row in enumerate(one)), known


def _one_hot(letters, x, known):
    """(n, sequence, position) numbers as (n, sequence, 4, position) of x's type; x itself where not known."""
    out = (letters[:, :, None] == np.arange(4, dtype=np.uint8)[:, None]).astype(x.dtype)
    if not known.all():
        np.copyto(out, x, where=~known[:, None])
    return out


def _runs(known):
    """Sequence, start and length of every run of three bases or more; a shorter one has one order."""
    edge = np.diff(np.pad(known, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    sequence, start = np.nonzero(edge == 1)
    length = np.nonzero(edge == -1)[1] - start
    long = length > 2
    return sequence[long], start[long], length[long]


def _orders(runs, length, n, rng):
    """Shuffles of runs. runs: (run, position) numbers, 0 beyond their ``length``. Returns (n, run,
    position)."""
    n_runs, widest = runs.shape
    row = np.arange(n_runs)[:, None]
    absent = np.arange(1, widest) >= length[:, None]
    edge = 4 * runs[:, :-1] + runs[:, 1:]  # of 16 kinds; a 17th beyond the end
    edge[absent] = 16
    count = np.bincount((17 * row + edge).ravel(), minlength=17 * n_runs).reshape(n_runs, 17)[:, :16]
    some = np.zeros((n_runs, 17), np.intp)  # an edge of each kind
    some[row, edge] = np.arange(widest - 1)
    last = runs[np.arange(n_runs), length - 1]
    tree = _trees(count.reshape(n_runs, 4, 4), last, n, rng)

    # One sort puts edges in order of the base left, random within it: base, 59 random bits, base reached.
    keys = rng.integers(1 << 64, size=(n, n_runs, widest - 1), dtype=np.uint64)
    keys >>= np.uint64(3)
    keys &= np.uint64((1 << 61) - 4)
    keys |= ((edge.astype(np.uint64) >> np.uint64(2)) << np.uint64(61)) | (edge & 3).astype(np.uint64)
    leaves = count.reshape(n_runs, 4, 4).sum(2)
    for base in range(4):  # the edges of the tree, one of each kind that it needs, stand last
        which, run = np.nonzero((leaves[:, base] > 0) & (last != base) & np.ones((n, 1), bool))
        chosen = some[run, 4 * base + tree[which, run, base]]
        keys[which, run, chosen] |= np.uint64((1 << 61) - 4)
    keys.sort(-1)
    return _walk(keys, leaves, runs[:, 0], widest)


def _trees(count, last, n, rng):
    """Trees of last edges, uniform over the edges' choices. count: (run, from, to) edges; last: (run,).

    Returns (n, run, base): the base to which each is left for the last time; whatever is never left is
    free."""
    count, run = count.astype(np.float64), np.arange(len(last))
    absent, base = np.nonzero(count.sum(2) == 0)
    count[absent, base, last[absent]] = 1  # one way for a base that is never left
    count[run, last] = 1
    trees = TREES[last]
    weight = np.ones(trees.shape[:2])
    for base in range(4):
        weight *= np.take_along_axis(count[:, base], trees[:, :, base], 1)
    weight = weight.cumsum(1)
    drawn = rng.random((n, len(last), 1)) * weight[:, -1:]
    return trees[run, (drawn >= weight).sum(-1)]


def _walk(keys, leaves, first, widest):
    """Follow the edges in their order. keys: (n, run, edge) sorted. Returns (n, run, position)."""
    n, n_runs, edges = keys.shape
    rows = n * n_runs
    reached = np.zeros(rows * edges + widest, np.uint8)  # and room for runs that have ended
    reached[: rows * edges] = (keys & np.uint64(3)).ravel()
    next_edge = np.tile(np.cumsum(leaves, 1) - leaves, (n, 1)) + edges * np.arange(rows)[:, None]
    next_edge, of_row = next_edge.ravel(), 4 * np.arange(rows)
    out = np.empty((widest, rows), np.uint8)
    out[0] = np.tile(first, n)
    for place in range(1, widest):
        at = of_row + out[place - 1]
        edge = next_edge[at]
        next_edge[at] = edge + 1
        out[place] = reached[edge]
    return out.T.reshape(n, n_runs, widest)
