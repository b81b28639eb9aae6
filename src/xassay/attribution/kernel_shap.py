"""KernelSHAP: Lundberg and Lee (2017), theorem 2, with paired coalitions after Covert and Lee (2021).

Efficiency is a constraint of the least squares, not a heavy weight, so that it holds to rounding. A pair of a
coalition and its complement then enters by the half of its difference alone, and the normal matrix knows
nothing of the model: it is factorised once for all samples that have as many units.
"""

import numpy as np
import torch

from xassay.core.coalitions import by_size, coalitions, kept_logits, present_units
from xassay.core.units import joined

LEAST = 8  # coalitions a unit: with those of one unit alone the answer would know no interaction

CARD = dict(
    label="KernelSHAP", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=("completeness",), reference=("lundberg2017", "covert2021"),
    limits=dict(span=(1, None), n_coalitions=(2, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, rng, *, n_coalitions=512, span=1):
    """Shapley values of the units, by weighted least squares over coalitions.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1; span: neighbouring units that go together, such as windows of a
    sequence, and share evenly what they are worth. n_coalitions: per sample, 8 a unit at the least; the
    default takes every coalition of up to 9 units and seventeen a unit in a bag of 30. Coalitions of one unit
    and of all but one are always among them, without which the system would be singular.
    Returns (sample, unit) float64 logits: the exact Shapley values where all 2^units - 2 coalitions fit."""
    groups, spread = joined(groups, span)
    known = present_units(x, groups)
    out = torch.full(known.shape, torch.nan, dtype=torch.float64, device=x.device)
    seed = int(rng.integers(2**63))
    for row, place in by_size(known):
        size = place.shape[1]
        # The size seeds its own stream: coalitions do not depend on how many units other samples have.
        number = max(n_coalitions, LEAST * size)
        drawn = coalitions(size, number, shares(size), np.random.default_rng([seed, size]))
        kept, weight = (torch.from_numpy(part).to(x.device) for part in drawn)
        ends = torch.tensor([True, False], device=x.device)[:, None].expand(-1, size)
        asked = torch.cat([ends, kept, ~kept])
        logits = kept_logits(model, x, baseline, target, groups, row, place, known.shape[1], asked)
        total = logits[:, 0] - logits[:, 1]
        one, other = logits[:, 2:].unflatten(1, (2, len(kept))).unbind(1)
        out[row[:, None], place] = solved(kept.double(), weight, (one - other) / 2, total)
    return spread(out)


def shares(size):
    """What the Shapley kernel gives to all coalitions of 0, 1, ..., ``size`` units together."""
    kept = np.arange(size + 1)
    product = kept * (size - kept)
    return np.divide(1, product, where=product > 0, out=np.zeros(size + 1))


def solved(kept, weight, half, total):
    """The phi of least weighted squares of half - (kept - 1/2) phi, among those that add up to ``total``.

    kept: (pair, unit) float64; weight: (pair,); half: (sample, pair); total: (sample,).
    Returns (sample, unit)."""
    centred = kept - 0.5
    weighted = centred.T * weight
    # The sum of phi is fixed, so a penalty on it moves nothing and makes the matrix regular.
    factor = torch.linalg.cholesky(weighted @ centred + 1 / kept.shape[1])
    free = torch.cholesky_solve(weighted @ half.T, factor)
    along = torch.cholesky_solve(torch.ones_like(free[:, :1]), factor)
    return (free + along * ((total - free.sum(0)) / along.sum())).T
