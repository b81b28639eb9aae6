"""A map as an additive model of the answers to masks: what it says that a masked set is worth.

Masks are many and methods too: sums over masks are matrix products, in blocks of samples that bound memory.
"""

import numpy as np

from xassay.core.ranks import ratio

BLOCK = 32 << 20  # bytes of masks as numbers, at a time
ENOUGH = 3  # masks a unit, of a fit
RIDGE = 1e-10  # of the mean diagonal: makes dependent masks solvable, and moves the fit by its square


def sums(attribution, masks):
    """Summed attribution of each masked set.

    attribution: (replicate, sample, unit); masks: (sample, mask, unit) bool. Returns (replicate, sample,
    mask), NaN throughout where a unit that some mask holds has no attribution."""
    masks = np.asarray(masks)
    maps = np.nan_to_num(attribution).swapaxes(0, 1)
    out = np.empty((*maps.shape[:2], masks.shape[1]))
    for p in parts(masks):
        np.matmul(maps[p], masks[p].astype(float).swapaxes(1, 2), out=out[p])
    lost = (np.isnan(attribution) & masks.any(1)).any(-1)
    out[lost.T] = np.nan
    return out.swapaxes(0, 1)


def parts(masks):
    """Slices of the samples, each with at most BLOCK bytes of masks as numbers."""
    size = max(1, BLOCK // max(8 * masks[:1].size, 1))
    return [slice(start, start + size) for start in range(0, len(masks), size)]


def errors(attribution, probe):
    """Mean over masks of (sum - delta)^2, and of delta^2: (replicate, sample) each."""
    delta = np.asarray(probe.delta, float)
    return ((sums(attribution, probe.masks) - delta) ** 2).mean(-1), (delta**2).mean(-1)


def best_error(probe):
    """Mean over masks of (sum - delta)^2 for the additive map that makes it smallest: (seed, sample).

    Least squares without intercept, all samples' normal equations at once. NaN where there are fewer than
    ENOUGH masks a unit: such a fit would follow whatever the model answers. The fit is to these very masks:
    it undercuts the best map of all masks by about units / masks of what is left."""
    masks, delta = np.asarray(probe.masks), np.asarray(probe.delta, float)
    enough = masks.shape[1] >= ENOUGH * masks.any(1).sum(-1)
    left = np.full(delta.shape[:2], np.nan)
    for p in parts(masks):
        chosen = np.arange(len(masks))[p][enough[p]]
        if not len(chosen):
            continue
        design = masks[chosen].astype(float)
        gram = design.swapaxes(1, 2) @ design
        diagonal = np.einsum("sii->si", gram)  # a view
        diagonal += RIDGE * diagonal.mean(-1, keepdims=True) + (diagonal == 0)
        answers = delta[:, chosen].transpose(1, 2, 0)  # (sample, mask, seed)
        fit = np.linalg.solve(gram, design.swapaxes(1, 2) @ answers)
        left[:, chosen] = ((design @ fit - answers) ** 2).mean(1).T
    return left


def sizes(masks):
    """Which masks of a sample are of one size: (sample, mask, size) in {0, 1}, a size being any one of the
    sample's, in ascending order, with empty ones behind."""
    size = np.asarray(masks).sum(-1)
    ordered = np.sort(size, -1)
    steps = np.diff(ordered, axis=-1, prepend=ordered[:, :1]) > 0
    which = np.take_along_axis(np.cumsum(steps, -1), np.argsort(np.argsort(size, -1), -1), -1)
    return (which[..., None] == np.arange(which.max(initial=0) + 1)).astype(float)


def beyond_size(values, alike):
    """Values less the mean over the sample's masks of the same size, rounding errors as 0.

    values: (replicate, sample, mask); alike: ``sizes``. Returns values' shape."""
    mean = ratio(by_size(values, alike), alike.sum(1), 0)
    left = values - (alike @ mean.transpose(1, 2, 0)).transpose(2, 0, 1)
    return np.where(np.abs(left) > 1e-12 * np.abs(values).max(-1, keepdims=True, initial=0), left, 0)


def by_size(values, alike):
    """Sums over the masks of each size. values: (replicate, sample, mask). (replicate, sample, size)."""
    return (alike.swapaxes(1, 2) @ values.transpose(1, 2, 0)).transpose(2, 0, 1)
