"""Windows of maps against a pattern: continuous Jaccard similarity, best over offsets and both strands."""

import numpy as np

CORE = 0.25  # share of a mean's largest column that a column of its own has
NARROW, WIDE = 5, 30  # columns of a mean, least and most
TURNS = 20  # of two means
TINY = 1e-30


def windows(values, sample, start, width):
    """Stretches of maps, 0 beyond the ends of a sequence.

    values: (sample, 4, position); sample, start: (n,), start may lie outside. Returns (n, 4, width)."""
    length = values.shape[-1]
    place = start[:, None] + np.arange(width)
    inside = (place >= 0) & (place < length)
    out = values[sample[:, None], :, np.clip(place, 0, length - 1)]
    return np.where(inside[..., None], out, 0).transpose(0, 2, 1)


def strands(stretches):
    """(2, n, 4, width): as they are, and as the other strand reads them."""
    return np.stack([stretches, stretches[:, ::-1, ::-1]])


def likeness(stretches, pattern, places=None):
    """Best similarity of a pattern within each stretch.

    Both are scaled to a total of 1, and then it is the sum of sign(ab) min(|a|, |b|) over that of
    max(|a|, |b|): continuous Jaccard similarity (shrikumar2020). stretches: (2, n, 4, width) by
    strand; pattern: (4, narrower); places: of its first column that are tried (all where it fits). Returns,
    each (n,): similarity in [-1, 1], that place as the strand reads it, and strand (0 as it is, 1 the
    other)."""
    narrow = pattern.shape[1]
    goal = (pattern / np.abs(pattern).sum()).astype(np.float32)
    sign, high = np.sign(goal), np.abs(goal)
    total = np.abs(stretches).sum(2).cumsum(-1, dtype=np.float64)
    places = range(stretches.shape[-1] - narrow + 1) if places is None else places
    found = []
    for place in places:
        part = stretches[..., place : place + narrow] * sign
        size = total[..., place + narrow - 1] - (total[..., place - 1] if place else 0)
        part /= np.maximum(size, TINY).astype(np.float32)[..., None, None]
        np.clip(part, -high, high, out=part)
        signed = part.sum((2, 3))
        shared = np.abs(part, out=part).sum((2, 3))
        found.append(signed / (2 - shared))
    found = np.stack(found).reshape(-1, stretches.shape[1])
    best = found.argmax(0)
    place, strand = np.divmod(best, 2)
    return found[best, np.arange(len(best))], places.start + place, strand


def sites(best, origin, width, narrow):
    """Where a pattern lies in its sequences. best: of ``likeness``; origin: first position of each stretch of
    ``width``; narrow: the pattern's width. Returns starts (n,)."""
    _, place, strand = best
    return origin + np.where(strand == 1, width - narrow - place, place)


def sited(values, sample, start, strand, width, flank=0):
    """Stretches where a pattern lies, read along it, with ``flank`` positions on both sides.

    Returns (n, 4, width + 2 * flank)."""
    out = windows(values, sample, start - flank, width + 2 * flank)
    return np.where((strand == 1)[:, None, None], out[:, ::-1, ::-1], out)


def alike(one, other):
    """Likeness of two whole means at their best offset and strand. one, other: (4, width) each."""
    one, other = (mean / np.abs(mean).sum() for mean in (one, other))
    narrow, best = other.shape[1], -1.0
    wide = np.pad(one, ((0, 0), (narrow - 1, narrow - 1)))
    for turned in strands(other[None])[:, 0]:
        for place in range(wide.shape[1] - narrow + 1):
            best = max(best, jaccard(wide[:, place : place + narrow], turned, 2.0))
    return best


def jaccard(one, other, total):
    """Continuous Jaccard similarity of arrays of one shape. total: of |one| and |other| together."""
    shared = np.minimum(np.abs(one), np.abs(other))
    return float((np.sign(one * other) * shared).sum() / max(total - shared.sum(), TINY))


def halves(part):
    """Sites in two halves by what varies most, and how alike the means of the halves are.

    part: (site, 4, width). k-means of two, from the first principal component on. Returns bool (site,)
    and a likeness."""
    rows = part.reshape(len(part), -1)
    rest = rows - rows.mean(0)
    half = np.linalg.eigh(rest.T @ rest)[1][:, -1] @ rest.T > 0
    for _ in range(TURNS):
        if half.all() or not half.any():
            return half, 1.0
        one, two = rows[half].mean(0), rows[~half].mean(0)
        nearer = rows @ (one - two) > (one @ one - two @ two) / 2
        if (nearer == half).all():
            break
        half = nearer
    if half.all() or not half.any():
        return half, 1.0
    return half, jaccard(one, two, np.abs(one).sum() + np.abs(two).sum())


def scaled(rows):
    """Rows of length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY)


def told(size):
    """Slice from the first to the last column of at least CORE of the largest, NARROW to WIDE of them."""
    own = np.flatnonzero(size >= CORE * size.max())
    first, last = own[0], own[-1] + 1
    while last - first > WIDE:
        first, last = (first + 1, last) if size[first] < size[last - 1] else (first, last - 1)
    while last - first < min(NARROW, len(size)):
        left = first > 0 and (last == len(size) or size[first - 1] >= size[last])
        first, last = (first - 1, last) if left else (first, last + 1)
    return slice(first, last)
