"""Replacement curves: the explained output while instances are replaced one after the other."""

import numpy as np

NOTHING = 1e-4  # of the most that masks move the output by
ROUNDING = 1e-6  # of the largest answer: what moves by less does not move


def drop(curve):
    """Mean fall of the output along each curve, f(x) less the curve's mean height.

    curve: (..., step), step 0 is f(x), NaN beyond the end. The mean is the area under the curve (trapezoids)
    over the share of instances replaced, so bags of different sizes compare. Shape (...)."""
    panels = (curve[..., 1:] + curve[..., :-1]) / 2
    n = np.maximum((~np.isnan(panels)).sum(-1), 1)
    return curve[..., 0] - np.where(np.isnan(panels[..., 0]), np.nan, np.nansum(panels, -1) / n)


def whole(curve):
    """Fall of the output when everything is replaced, f(x) - f(b). curve: (..., step). Shape (...)."""
    last = (~np.isnan(curve)).sum(-1, keepdims=True) - 1
    return curve[..., 0] - np.take_along_axis(curve, np.maximum(last, 0), -1)[..., 0]


def swing(curve):
    """How far the output moves in each sample: its largest value along the orders that no contestant chose
    less its smallest. The unit in which curves are given.

    curve: core.contracts.Curve. The orders are the random ones and, where it is known, that of the exact
    attribution, both ways. Returns (replicate, sample); NaN where the model never answers but by rounding. It
    is a sample's own, so that a mean of samples does not hang on how many of them are positive. f(x) - f(b)
    may be close to 0 where the model answers, and so may the range of random orders, where an answer takes
    many units that chance never brings together."""
    orders = np.asarray(curve.random)
    if curve.exact is not None:
        orders = np.concatenate([orders, curve.exact], -2)
    known, steps = ~np.isnan(orders), (-1, -2)
    high = orders.max(steps, where=known, initial=-np.inf)
    low = orders.min(steps, where=known, initial=np.inf)
    found = np.subtract(high, low, out=np.zeros(high.shape), where=high >= low)
    size = np.abs(orders).max(steps, where=known, initial=0)
    return np.where(found > ROUNDING * size, found, np.nan)


def typical(probe):
    """Root mean square of f(x) - f(b) over the samples of each replicate: the unit in which gaps are given.

    probe: core.contracts.Probe. Returns (replicate, 1); NaN where it is nothing beside what parts of a sample
    do (a baseline that keeps all that the model counts moves it by rounding alone), or not defined. One unit
    for all samples, since a sample's own f(x) - f(b) may be close to 0 or negative; and not the median,
    which, with as many negative bags (where f hardly falls) as positive ones, lies in the gap between the
    two."""
    known = ~np.isnan(probe.total)
    total = np.where(known, probe.total, 0)
    size = np.sqrt((total**2).sum(-1, keepdims=True) / np.maximum(known.sum(-1, keepdims=True), 1))
    parts = np.abs(np.nan_to_num(probe.delta)).max((-1, -2), initial=0)[..., None]
    return np.where(size > NOTHING * parts, size, np.nan)


def after(curve, shares, *, backwards=False):
    """The output when the first ceil(share n) of a bag's n instances are replaced, or if ``backwards`` when
    all others are and the last ceil(share n) of the order are left.

    curve: (..., step); shares: of the instances. Returns (..., share), NaN where the curve is unknown."""
    n = (~np.isnan(curve)).sum(-1, keepdims=True) - 1
    step = np.clip(np.ceil(np.asarray(shares) * n - 1e-9), np.minimum(n, 1), None).astype(int)
    return np.take_along_axis(curve, np.maximum(n - step if backwards else step, 0), -1)
