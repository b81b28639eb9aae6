"""Ranks and what is computed from them, over the last axis of stacked arrays, with ties and NaN.

Ties are averaged everywhere: a rank is the mean of the tied places, a precision or a gain the mean over
all orders of the tied items, so a constant map scores exactly what chance does. A pair of values counts
where neither is NaN. What is undefined (a constant, nothing to find) is NaN, never 0.
"""

import numpy as np

BLOCK = 1 << 20  # items that ``kendall`` sorts at a time


def ranks(x):
    """Ranks from 1, ties averaged. x: (..., item), NaN where absent and in the result."""
    rows = x.reshape(int(np.prod(x.shape[:-1])), x.shape[-1])
    order = np.argsort(rows, axis=-1)  # not stable, but items that may change places are equal
    order += x.shape[-1] * np.arange(len(rows))[:, None]
    ordered, out = rows.ravel()[order], np.empty(x.size)
    out[order] = np.arange(1.0, x.shape[-1] + 1)
    some = (ordered[:, 1:] == ordered[:, :-1]).any(1)  # rows with ties, which few have
    first, last = _ties(ordered[some])
    out[order[some]] = (first + last) / 2 + 1
    out = out.reshape(x.shape)
    out[np.isnan(x)] = np.nan
    return out


def centred_ranks(x):
    """Ranks less their mean, which ties do not move: 0 where absent, and for a constant. As ``ranks``."""
    out = ranks(x)
    absent = np.isnan(x)
    out -= ((~absent).sum(-1, keepdims=True) + 1) / 2
    out[absent] = 0
    return out


def tied(x):
    """First and last place, from 0, that each item may take in ascending order: its group of equal values.

    x: (..., item), absent items (NaN) behind all others."""
    order = np.argsort(x, axis=-1)
    out = np.empty((2, *x.shape), np.int64)
    for places, found in zip(out, _ties(np.take_along_axis(x, order, -1))):
        np.put_along_axis(places, order, found, -1)
    return out


def pearson(x, y):
    """Correlation of x and y, (..., item) each. Shape (...)."""
    absent = np.isnan(x) | np.isnan(y)
    return _cosine(*(centred(np.where(absent, np.nan, a)) for a in (x, y)))


def spearman(x, y):
    """Rank correlation of x and y, (..., item) each. Shape (...)."""
    absent = np.isnan(x) | np.isnan(y)
    if absent.any():  # else each is ranked as it is, before one is broadcast
        x, y = (np.where(absent, np.nan, a) for a in (x, y))
    return _cosine(centred_ranks(x), centred_ranks(y))


def _cosine(x, y):
    """x.y over the product of their norms. x, y: (..., item) without NaN."""
    scale = np.sqrt(np.einsum("...i,...i->...", x, x) * np.einsum("...i,...i->...", y, y))
    return np.clip(ratio(np.einsum("...i,...i->...", x, y), scale), -1, 1)


def kendall(x, y):
    """Kendall's tau-b of x and y, (..., item) each. Shape (...).

    Pairs in the wrong order are counted digit by digit, in n log n steps (after knight1966)."""
    x, y = np.broadcast_arrays(x, y)
    absent = np.isnan(x) | np.isnan(y)
    x, y = (np.where(absent, np.nan, a).reshape(-1, x.shape[-1]) for a in (x, y))
    size = max(1, BLOCK // max(x.shape[1], 1))
    parts = [slice(start, start + size) for start in range(0, len(x), size)]
    return np.concatenate([_tau(x[p], y[p]) for p in parts] or [[]]).reshape(absent.shape[:-1])


def _tau(x, y):
    """Tau-b of x and y, (entry, item), NaN at the same places. Shape (entry,)."""
    there = ~np.isnan(x)
    first, last = np.stack([tied(x), tied(y)], 1)
    joint = np.where(there, first[0] * x.shape[-1] + first[1], np.nan)
    both = np.subtract(*tied(joint)[::-1])
    pairs = there.sum(-1) * (there.sum(-1) - 1) / 2
    # A group of g is g (g - 1) / 2 pairs that tell nothing: half of what each member sees beside itself.
    equal = [np.where(there, others, 0).sum(-1) / 2 for others in (*(last - first), both)]
    places = np.where(there, first[1], x.shape[-1])
    in_order = np.take_along_axis(places, np.argsort(joint, axis=-1), -1)
    agree = pairs - equal[0] - equal[1] + equal[2] - 2 * inversions(in_order)
    return ratio(agree, np.sqrt((pairs - equal[0]) * (pairs - equal[1])))


def inversions(places):
    """Number of pairs in which the earlier item is the larger. places: (..., item) integers from 0.

    Two numbers are first told apart by one binary digit: among the items that are alike in all digits
    before, in their given order, each with a 0 there is passed by those with a 1 that come before it."""
    found = np.zeros(places.shape[:-1], np.int64)
    places = places.astype(np.uint16 if places.max(initial=0) < 1 << 16 else np.int64)  # 16 bits sort fastest
    for digit in reversed(range(int(places.max(initial=0)).bit_length())):
        ones = places >> digit & 1
        before = np.cumsum(ones, -1, dtype=np.int64) - ones
        start, _ = _ties(places >> (digit + 1))
        found += np.where(ones, 0, before - np.take_along_axis(before, start, -1)).sum(-1)
        places = np.take_along_axis(places, np.argsort(places >> digit, -1, "stable"), -1)
    return found


def auroc(score, positive):
    """Probability that a positive item scores above a negative one, ties half.

    score: (..., item), NaN where absent; positive: 1, 0, or NaN where unknown. Shape (...)."""
    score, hit, m, n = _search(score, positive)
    above = (ranks(score) * hit).sum(-1, where=~np.isnan(score)) - m * (m + 1) / 2
    return ratio(above, m * (n - m))


def average_precision(score, positive):
    """Mean precision at the positive items, over all orders of tied items. As ``auroc``."""
    score, hit, m, n = _search(score, positive)
    share, before, found, size, place = _descending(score, hit)
    inside = place - before  # place within its group of tied items, from 1
    others = (inside - 1) * ratio(share * size - 1, size - 1, 0)
    precision = share * (found + 1 + others) / place
    return ratio(precision.sum(-1), m * (m < n))


def expected_precision(m, n):
    """Mean of ``average_precision`` over random orders of n items, m of them positive: its chance level.

    [H_n + (m - 1) / (n - 1) (n - H_n)] / n, H_n the harmonic number."""
    n = np.asarray(n, int)
    harmonic = np.concatenate([[0], np.cumsum(1 / np.arange(1, max(n.max(initial=0), 1) + 1))])[n]
    return ratio(harmonic + ratio(m - 1, n - 1, 0) * (n - harmonic), n)


def ndcg(score, positive):
    """Discounted gain of the first m places, m the number of positive items, over the largest possible."""
    score, hit, m, n = _search(score, positive)
    share, *_, place = _descending(score, hit)
    gain = np.where(place <= m[..., None], 1 / np.log2(1 + place), 0)
    return ratio((share * gain).sum(-1), gain.sum(-1) * (m < n))


def top_share(score, positive):
    """Share of the positive items that stand in the first m places, m their number, ties averaged."""
    score, hit, m, n = _search(score, positive)
    share, *_, place = _descending(score, hit)
    return ratio(np.where(place <= m[..., None], share, 0).sum(-1), m * (m < n))


def count(score, positive):
    """Numbers (m, n) of positive and of all items that ``auroc`` and its like rank."""
    return _search(score, positive)[2:]


def _search(score, positive):
    """Score, positives as 0 or 1, and their numbers; a known item without a score makes m and n 0."""
    score, positive = np.broadcast_arrays(score, positive)
    known = ~np.isnan(positive)
    lost = (known & np.isnan(score)).any(-1, keepdims=True)
    known = known & ~lost
    hit = np.where(known, positive, 0)
    return np.where(known, score, np.nan), hit, hit.sum(-1), known.sum(-1)


def _descending(score, hit):
    """Items in descending order of score, one entry a place.

    Returns the share of positives in the place's group of ties, items before the group, positives before
    it, its size, and the place from 1; places of absent items have share 0."""
    order = np.argsort(-score, axis=-1)
    first, last = _ties(np.take_along_axis(score, order, -1))
    found = np.cumsum(np.take_along_axis(hit, order, -1), -1)
    padded = np.concatenate([np.zeros((*found.shape[:-1], 1)), found], -1)
    before = np.take_along_axis(padded, first, -1)
    size = last - first + 1
    share = (np.take_along_axis(padded, last + 1, -1) - before) / size
    return share, first, before, size, np.arange(1, score.shape[-1] + 1)


def _ties(ordered):
    """First and last place of each place's group of equal values. ordered: (..., item)."""
    place = np.arange(ordered.shape[-1])
    change = ordered[..., 1:] != ordered[..., :-1]  # NaN differs from NaN
    edge = np.ones((*ordered.shape[:-1], 1), bool)
    first = np.maximum.accumulate(np.where(np.concatenate([edge, change], -1), place, 0), -1)
    end = np.where(np.concatenate([change, edge], -1), place, len(place))
    return first, np.minimum.accumulate(end[..., ::-1], -1)[..., ::-1]


def centred(x):
    """x less its mean, 0 where it is NaN; exactly 0 where it varies by rounding only. x: (..., item)."""
    there = ~np.isnan(x)
    x = np.where(there, x, 0)
    size = np.abs(x).max(-1, keepdims=True, initial=0)
    x = np.where(there, x - x.sum(-1, keepdims=True) / np.maximum(there.sum(-1, keepdims=True), 1), 0)
    return np.where(np.abs(x).max(-1, keepdims=True, initial=0) > 1e-10 * size, x, 0)


def ratio(top, bottom, undefined=np.nan):
    """top / bottom, ``undefined`` where bottom is 0."""
    top, bottom = np.broadcast_arrays(top, bottom)
    return np.divide(top, bottom, out=np.full(top.shape, undefined, float), where=bottom != 0)
