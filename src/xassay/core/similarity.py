"""How alike maps are, every pair of methods at once.

A measure of likeness here is a cosine: it is given by the Gram matrix of what it takes from each map, so that
each map is ranked once and pairs cost a matrix product. With ties, what is taken is the mean over all orders
of the tied items: a map is like itself by 1, a constant map is like nothing (NaN).
"""

import numpy as np

from xassay.core.ranks import centred, centred_ranks, ratio, tied

BLOCK = 1 << 22  # numbers held at a time by ``depths``
ROUNDING = 1e-12  # what is no more than this of a sum that was taken off it, is nothing


def matrix(maps, gram):
    """Likeness of every map to every other.

    maps: (method, ..., item), NaN where absent; gram: one of the functions below. Two maps are compared over
    the items that both have. Returns (method, method, ...), NaN where either map is constant or absent."""
    flat = maps.reshape(len(maps), -1, maps.shape[-1])
    absent = np.isnan(flat)
    silent = absent.all(-1)  # a map of nothing is like nothing, and does not count as a pattern of its own
    everywhere = (absent | silent[..., None]).all(0)
    alike = (silent[..., None] | (absent == everywhere)).all((0, 2))
    out = np.empty((len(maps), len(maps), flat.shape[1]))
    out[..., alike] = cosines(gram(flat[:, alike]))
    rest = flat[:, ~alike]
    for i in range(len(maps) if rest.size else 0):
        for j in range(i, len(maps)):
            pair = np.where(np.isnan(rest[i] + rest[j]), np.nan, rest[[i, j]])
            found = cosines(gram(pair))[0, 1]
            out[i, j, ~alike] = out[j, i, ~alike] = found
    return out.reshape(len(maps), *maps.shape[:-1])


def cosines(products):
    """A Gram matrix, (method, method, entry), over the roots of its diagonal; exactly symmetric."""
    size = np.sqrt(np.maximum(np.einsum("iie->ie", products), 0))
    return np.clip(ratio(products, size[:, None] * size[None]), -1, 1)


def of_ranks(maps):
    """Spearman's correlation: products of centred ranks. maps: (method, entry, item)."""
    return products(centred_ranks(maps))


def of_signs(maps):
    """Agreement of signs less disagreement; an item of value 0 says nothing. maps: (method, entry, item)."""
    return products(np.nan_to_num(np.sign(maps)))


def of_top(share):
    """Chance-corrected overlap of the first ``share`` of the items, as a Gram function.

    Without ties, the correlation of two memberships is (overlap - k / n) / (1 - k / n) for k of n."""
    return lambda maps: products(centred(top(maps, share)))


def of_overlaps(persistence):
    """Chance-corrected rank-biased overlap, extrapolated to all n items (webber2010, equation 32).

    Its chance, of d / n at depth d, is taken off; what is extrapolated is the same for any two full rankings
    and goes with it. Returns a Gram function."""
    return lambda maps: overlaps(maps, persistence)


def top(maps, share):
    """Membership of each item in the first ceil(share n) of n: 1, 0, or for items tied across the border the
    chance of being in. maps: (..., item), NaN where absent and in the result."""
    first, last = tied(-maps)
    n = (~np.isnan(maps)).sum(-1, keepdims=True)
    k = np.maximum(np.ceil(share * n - 1e-9), 1)
    return np.where(np.isnan(maps), np.nan, np.clip((k - first) / (last - first + 1), 0, 1))


def products(values):
    """Gram matrices, one matrix product an entry. values: (method, entry, item) without NaN."""
    values = np.ascontiguousarray(values.swapaxes(0, 1))
    return np.matmul(values, values.swapaxes(1, 2)).transpose(1, 2, 0)


def overlaps(maps, persistence):
    """Sum over depths d of weight(d) (overlap at d - d^2 / n), weight(d) = (1 - p) p^(d - 1) / d.

    maps: (method, entry, item). Two maps' first d places overlap in an item where both of its ranks are at
    most d, so without ties an item adds the summed weight from the larger of its two ranks on; with ties its
    chance of being within d is a number between 0 and 1, and every depth is looked at."""
    there = ~np.isnan(maps)
    n = there.sum(-1).max(0, initial=0)[:, None]  # the same for all maps of an entry that are not empty
    depth = np.arange(1, maps.shape[-1] + 1)
    decay = persistence ** (depth - 1.0)
    weight = np.where((depth <= n) & (decay > 1e-16), (1 - persistence) * decay / depth, 0)  # (entry, depth)
    chance = (weight * depth**2).sum(-1) / np.maximum(n[:, 0], 1)
    first, last = tied(-maps)
    tail = np.cumsum(weight[:, ::-1], -1)[:, ::-1]  # the summed weight from a depth on
    ahead = np.take_along_axis(np.broadcast_to(tail, maps.shape), first, -1) * there
    out = np.empty((len(maps), *maps.shape[:2]))
    for i, one in enumerate(ahead):
        out[i, i:] = out[i:, i] = np.minimum(one, ahead[i:]).sum(-1)
    for entry in np.flatnonzero(((first != last) & there).any((0, 2))):
        out[..., entry] = tied_overlaps(first[:, entry], last[:, entry], there[:, entry], weight[entry])
    left = out - chance
    return np.where(np.abs(left) > ROUNDING * chance, left, 0)


def tied_overlaps(first, last, there, weight):
    """Weighted overlaps of one entry, depth by depth: (method, method).

    first, last, there: (method, item), as ``tied`` gives them; weight: (depth,)."""
    depth = np.flatnonzero(weight) + 1
    out, size = np.zeros((len(first),) * 2), max(1, BLOCK // max(first.size, 1))
    for start in range(0, len(depth), size):
        d = depth[start : start + size]
        inside = np.clip((d - first[..., None]) / (last - first + 1)[..., None], 0, 1) * there[..., None]
        inside = (inside * np.sqrt(weight[d - 1])).reshape(len(first), -1)
        out += inside @ inside.T
    return out
