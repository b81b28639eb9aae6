"""Models whose attributions are known in closed form: the unit tests of every metric.

A sample is a set of one-feature instances; an absent one is NaN. L: f = w.x; Q: f = x1 x2; S: f = sum x^2;
T: f = min(x, 1); X: a suppressor, f = x1 - x2 with x = (s + n, n). The baseline is 0 unless given.
"""

import numpy as np

from xassay.core.contracts import Curve, Probe


def linear(w):
    """L, absent instances left out."""
    return lambda x: np.nansum(w * x)


def product(x):
    """Q."""
    return x[0] * x[1]


def squares(x):
    """S."""
    return np.nansum(x**2)


def saturated(x):
    """T."""
    return np.nansum(np.minimum(x, 1))


def replaced(x, b, mask):
    return np.where(mask, b, x)


def probe(f, x, b=0.0, n_masks=40, seed=0):
    """The answers of f on samples x (sample, instance), one call a mask."""
    rng = np.random.default_rng(seed)
    there = ~np.isnan(x)
    masks = (rng.random((len(x), n_masks, x.shape[1])) < 0.5) & there[:, None]
    delta = [[f(row) - f(replaced(row, b, m)) for m in ms] for row, ms in zip(x, masks)]
    ones = np.eye(x.shape[1], dtype=bool)
    single = [
        [f(row) - f(replaced(row, b, one)) if t[one][0] else np.nan for one in ones]
        for row, t in zip(x, there)
    ]
    total = [f(row) - f(replaced(row, b, t)) for row, t in zip(x, there)]
    return Probe(masks, *(np.array(part)[None] for part in (delta, single, total)))


def walk(f, row, order, b=0.0):
    """f while the instances go one after the other, in this order; NaN beyond the last."""
    heights = [f(row)]
    mask = np.zeros(len(row), bool)
    for i in order:
        mask[i] = True
        heights.append(f(replaced(row, b, mask)))
    return np.array(heights + [np.nan] * (len(row) - len(order)))


def curve(f, x, phi, b=0.0, n_orders=10, seed=1):
    """Curves of one replicate: phi and x (sample, instance)."""
    rng = np.random.default_rng(seed)
    present = [np.flatnonzero(~np.isnan(row)) for row in x]
    most = [walk(f, row, p[np.argsort(-m[p], kind="stable")], b) for row, m, p in zip(x, phi, present)]
    least = [walk(f, row, p[np.argsort(m[p], kind="stable")], b) for row, m, p in zip(x, phi, present)]
    random = [[walk(f, row, rng.permutation(p), b) for _ in range(n_orders)] for row, p in zip(x, present)]
    return Curve(*(np.array(part)[None] for part in (most, least, random)))
