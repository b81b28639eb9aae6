"""LIME: Ribeiro, Singh and Guestrin (2016), equation 1 with a ridge penalty.

Sets of kept units are drawn as there, the number of them uniformly, then which; the explained sample itself
is always among them. A set counts exp(-d^2 / width^2) with d = 1 - sqrt(kept share), the cosine distance of
its indicator to all ones. Masks and weights know nothing of the model, so one factorisation serves all
samples that have as many units.
"""

import numpy as np
import torch

from xassay.core.coalitions import by_size, coalitions, kept_logits, present_units
from xassay.core.units import joined

CARD = dict(
    label="LIME", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=(), reference="ribeiro2016",
    limits=dict(span=(1, None), n_masks=(2, None), ridge=(1e-9, None), width=(0.05, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, rng, *, n_masks=512, ridge=0.01, width=0.25, span=1):
    """Coefficients of the local linear model: what keeping a unit adds to the explained logit.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1; span: neighbouring units that go together, such as windows of a
    sequence, and share evenly what they are worth. n_masks: per sample, all of them where there are no more;
    ridge: the penalty, relative to the mean weighted variance of a mask's entries, shrinks a linear model's
    coefficients by about that share; width: of the kernel, the 25 per cent of the authors' software.
    Returns (sample, unit) float64 logits."""
    groups, spread = joined(groups, span)
    known = present_units(x, groups)
    out = torch.full(known.shape, torch.nan, dtype=torch.float64, device=x.device)
    seed = int(rng.integers(2**63))
    for row, place in by_size(known):
        size = place.shape[1]
        # The size seeds its own stream: masks do not depend on how many units other samples have.
        drawn = coalitions(size, n_masks, np.ones(size + 1), np.random.default_rng([seed, size]))
        kept, weight = (torch.from_numpy(part).to(x.device) for part in drawn)
        kept = torch.cat([kept, ~kept])
        distance = 1 - kept.double().mean(1).sqrt()
        weight = weight.repeat(2) * torch.exp(-(distance / width).square())
        logits = kept_logits(model, x, baseline, target, groups, row, place, known.shape[1], kept)
        out[row[:, None], place] = fitted(kept.double(), weight / weight.sum(), logits, ridge)
    return spread(out)


def fitted(kept, weight, logits, ridge):
    """Coefficients of a weighted ridge regression with a free intercept.

    kept: (mask, unit) float64; weight: (mask,), sums to 1; logits: (sample, mask). Returns (sample, unit)."""
    centred = kept - weight @ kept
    weighted = centred.T * weight
    matrix = weighted @ centred
    matrix.diagonal().add_(ridge * matrix.diagonal().mean())
    moment = weighted @ (logits - (logits @ weight)[:, None]).T
    return torch.cholesky_solve(moment, torch.linalg.cholesky(matrix)).T
