"""Models whose attributions are known in closed form: the unit tests of every metric.

A sample is a set of one-feature instances; an absent one is NaN. L: f = w.x; Q: f = x1 x2; S: f = sum x^2;
T: f = min(x, 1); X: a suppressor, f = x1 - x2 with x = (s + n, n). The baseline is 0 unless given. Units are
the instances, or groups of them: ``groups`` numbers each instance's.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from xassay.core.contracts import Curve, Gap, Imputed, Probe


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


class Case(NamedTuple):
    """A model, its samples (sample, instance) and what methods say of them: {name: (sample, instance)}."""

    f: object
    x: np.ndarray
    maps: dict


def cases():
    """One Case a model, "exact" being the Shapley values."""
    rng = np.random.default_rng(3)
    w, x = rng.normal(size=12), rng.normal(size=(20, 12))
    x[:10, 9:] = np.nan  # half of the bags are smaller
    pair = np.array([[1.0, 2.0], [3.0, -0.5], [2.0, 2.0]])
    both = np.repeat(pair.prod(1, keepdims=True), 2, 1)
    three, flat = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]]), np.array([[2.0, 0.5], [3.0, -1.0]])
    s, n = rng.uniform(0.5, 2, size=(2, 6))
    suppressed = np.stack([s + n, n], -1)
    found = {
        "L": Case(linear(w), x, {"exact": w * x, "gradient": np.where(np.isnan(x), np.nan, w)}),
        "Q": Case(product, pair, {"exact": both / 2, "leave_one_out": both}),
        "S": Case(squares, three, {"exact": three**2, "input_x_gradient": 2 * three**2}),
        "T": Case(saturated, flat, {"exact": np.minimum(flat, 1), "input_x_gradient": flat * (flat < 1)}),
        "X": Case(linear(np.array([1.0, -1.0])), suppressed, {"exact": suppressed * [1, -1]}),
    }
    for case in found.values():
        exact = case.maps["exact"]
        case.maps.update(negated=-exact, doubled=2 * exact, zero=0 * exact, constant=0 * exact + 1)
    return found


def subsets(n, times=2):
    """All non-empty subsets of n units, so many times: (mask, unit) bool."""
    rows = [np.isin(range(n), chosen) for k in range(1, n + 1) for chosen in combinations(range(n), k)]
    return np.array(rows * times)


def there(x, groups=None):
    """Whether units are there: (sample, unit) bool."""
    known = ~np.isnan(x)
    if groups is None:
        return known
    return np.stack([known[:, groups == g].any(1) for g in range(max(groups) + 1)], 1)


def spread(mask, groups):
    """A mask of units as one of instances."""
    return mask if groups is None else mask[groups]


def probe(f, x, b=0.0, n_masks=40, seed=0, masks=None, groups=None):
    """The answers of f on samples x (sample, instance), one call a mask.

    masks: (mask, unit) bool for all samples; by default each takes half of a sample's units."""
    rng = np.random.default_rng(seed)
    known = there(x, groups)
    shape = (len(x), n_masks, known.shape[1])
    masks = (rng.random(shape) < 0.5 if masks is None else np.array([masks] * len(x))) & known[:, None]
    lost = lambda row, mask: f(row) - f(replaced(row, b, spread(mask, groups) & ~np.isnan(row)))  # noqa: E731
    delta = [[lost(row, m) for m in ms] for row, ms in zip(x, masks)]
    ones = np.eye(known.shape[1], dtype=bool)
    single = [[lost(row, o) if k[o][0] else np.nan for o in ones] for row, k in zip(x, known)]
    total = [lost(row, k) for row, k in zip(x, known)]
    return Probe(masks, *(np.array(part)[None] for part in (delta, single, total)))


def walk(f, row, order, b=0.0, groups=None, width=None):
    """f while the units go one after the other, in this order; NaN beyond the last."""
    heights = [f(row)]
    width = len(row) if width is None else width
    mask = np.zeros(width, bool)
    for i in order:
        mask[i] = True
        heights.append(f(replaced(row, b, spread(mask, groups) & ~np.isnan(row))))
    return np.array(heights + [np.nan] * (width - len(order)))


def curve(f, x, phi, b=0.0, n_orders=10, seed=1, groups=None):
    """Curves of one replicate: x (sample, instance), phi (sample, unit)."""
    rng = np.random.default_rng(seed)
    present = [np.flatnonzero(row) for row in there(x, groups)]
    given = dict(b=b, groups=groups, width=phi.shape[1])
    most, least = (
        [walk(f, row, p[np.argsort(-sign * m[p], kind="stable")], **given) for row, m, p in zip(x, phi, present)]
        for sign in (1, -1)
    )  # fmt: skip
    random = [
        [walk(f, row, rng.permutation(p), **given) for _ in range(n_orders)] for row, p in zip(x, present)
    ]
    return Curve(*(np.array(part)[None] for part in (most, least, random)))


def gap(f, x, phi, sd=0.5, shares=(0.1, 0.25, 0.5)):
    """The gap of L in closed form, E|w_m.e| = sd ||w_m|| sqrt(2 / pi): f is asked for its slopes alone."""
    important, rest = np.full((2, *x.shape[:1], len(shares)), np.nan)
    for s, (row, m) in enumerate(zip(x, phi)):
        order = np.flatnonzero(~np.isnan(row))[np.argsort(-np.abs(m[~np.isnan(row)]), kind="stable")]
        slopes = np.array([f(row + one) - f(row) for one in np.eye(len(row))[order]])
        for k, share in enumerate(shares):
            n = int(np.ceil(share * len(order)))
            important[s, k] = sd * np.linalg.norm(slopes[:n]) * np.sqrt(2 / np.pi)
            if n < len(order):
                rest[s, k] = sd * np.linalg.norm(slopes[n:]) * np.sqrt(2 / np.pi)
    return Gap(important[None], rest[None])


def imputed(f, x, phi, shares=(0.1, 0.3, 0.5, 0.7, 0.9)):
    """f with a share of the instances at the mean of the others, of one replicate, without noise."""
    most, least = np.full((2, len(x), len(shares)), np.nan)
    for s, (row, m) in enumerate(zip(x, phi)):
        known = np.flatnonzero(~np.isnan(row))
        for out, sign in ((most, -1), (least, 1)):
            order = known[np.argsort(sign * m[known], kind="stable")]
            for k, share in enumerate(shares if len(order) > 1 else ()):
                n = min(int(np.ceil(share * len(order) - 1e-9)), len(order) - 1)
                mask = np.isin(range(len(row)), order[:n])
                out[s, k] = f(replaced(row, row[order[n:]].mean(), mask))
    return Imputed(most[None], least[None])
