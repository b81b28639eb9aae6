"""Sets of units, drawn for all samples of a size at once, and what a model answers where they are kept.

A unit is what a mask replaces as one (``core.units``); ``groups`` tells each element of x its unit, None
makes the units x's axis 1.
"""

import itertools
import math

import numpy as np
import torch

from xassay.core.masking import answers, curves
from xassay.core.units import numbered, there


def present_units(x, groups):
    """Which units each sample has: (sample, unit) bool. x: (sample, ...); groups: see above."""
    return there(x, numbered(x, groups))


def by_size(known):
    """Samples that have as many units, together: yields (row, place).

    known: (sample, unit) bool, which units they have. row: (row,) sample numbers; place: (row, size) their
    units, in order."""
    size = known.sum(1)
    for n in size.unique().tolist():
        row = (size == n).nonzero()[:, 0]
        yield row, known[row].nonzero()[:, 1].view(len(row), n)


def coalitions(n_units, n, share, rng):
    """Sets of units to keep, in pairs of a set and its complement; only the sets are returned.

    Sizes are taken from the ends inwards. Where the expected number of draws reaches the number of sets, all
    of them are taken with their exact weight, at the ends in any case; beyond, draws stand for the rest, as
    many of each size as its share asks for (systematic sampling).
    n: sets and complements in all, at the least; share: (n_units + 1,) what is wanted of each size,
    symmetric; rng: numpy's. Returns (kept, weight): (set, unit) bool and (set,) float64, weights sum to 1."""
    sizes = [size for size in range(n_units // 2 + 1) if share[size] > 0]
    number = {s: math.comb(n_units, s) // (1 + (2 * s == n_units)) for s in sizes}
    mass = {s: share[s] * (2 - (2 * s == n_units)) for s in sizes}
    kept, weight, budget, rest = [np.zeros((0, n_units), bool)], [np.zeros(0)], n // 2, sum(mass.values())
    while sizes and (len(kept) == 1 or budget * mass[sizes[0]] >= number[sizes[0]] * rest * (1 - 1e-9)):
        size = sizes.pop(0)
        kept.append(every(n_units, size))
        weight.append(np.full(number[size], mass[size] / number[size]))
        budget, rest = budget - number[size], rest - mass[size]
    if sizes and budget > 0:
        ends = np.cumsum([mass[size] for size in sizes])
        at = (np.arange(budget) + rng.random()) / budget * ends[-1]
        drawn = np.array(sizes)[np.minimum(np.searchsorted(ends, at), len(sizes) - 1)]
        rank = rng.random((budget, n_units)).argsort(1).argsort(1)
        kept.append(rank < drawn[:, None])
        weight.append(np.full(budget, ends[-1] / budget))
    weight = np.concatenate(weight)
    return np.concatenate(kept), weight / max(weight.sum(), np.finfo(float).tiny)


def every(n_units, size):
    """All sets of ``size`` units, (set, unit) bool; of half of them, one of each set and its complement."""
    first = (0,) if 2 * size == n_units else ()
    chosen = itertools.combinations(range(len(first), n_units), size - len(first))
    index = np.array([first + others for others in chosen], int)
    kept = np.zeros((len(index), n_units), bool)
    np.put_along_axis(kept, index, True, 1)
    return kept


def kept_logits(model, x, baseline, target, groups, row, place, n_units, kept):
    """The explained logit of samples with only some units kept, all others replaced by the baseline's.

    x, baseline, target: of all samples; groups: see above; row, place: as yielded by ``by_size``; n_units: in
    all; kept: (set, size) bool. Returns (row, set) float64, averaged over references."""
    masks = ~kept[None]
    if kept.shape[1] < n_units:
        masks = masks.new_zeros(len(row), len(kept), n_units).scatter(
            2, place[:, None].expand(-1, len(kept), -1), masks.expand(len(row), -1, -1)
        )
    return answers(model, x[row], baseline[:, row], masks, target[row], units=groups)


def marginal_means(model, x, target, baseline, groups, rng, permutations):
    """Shapley values, sampled: mean change of the explained logit as a unit is replaced, over random orders.

    permutations: orders (Castro, Gomez and Tejada 2009), each of them also taken backwards (Mitchell et al.
    2022). Other arguments as above. Returns (sample, unit) float64, NaN where absent; the sum over units is
    f(x) - f(b), since it is in every order."""
    known = present_units(x, groups)
    order = random_orders(known, permutations, rng)
    logits = curves(model, x, baseline, order, target, units=groups).nan_to_num()
    change = logits[..., :-1] - logits[..., 1:]  # of the step at which each place of an order goes
    effect = change.gather(-1, order.argsort(-1)).mean(1)
    return torch.where(known, effect, torch.nan)


def random_orders(known, permutations, rng):
    """Permutations of the present units and their reverses, absent ones last.

    known: (sample, unit) bool. Returns (sample, 2 * permutations, unit) of unit numbers."""
    draws = torch.from_numpy(rng.random((len(known), permutations, known.shape[1]))).to(known.device)
    keys = torch.cat([draws, 1 - draws], 1)
    return torch.where(known[:, None], keys, 2.0).argsort(dim=-1, stable=True)
