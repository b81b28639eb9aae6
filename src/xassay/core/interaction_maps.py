"""Deep feature interaction maps: how much a stretch's contributions move when another is changed.

Greenside et al. (2018). Contributions are slopes along the way from a reference, less what the reference
itself would have (core/contributions.py)."""

import numpy as np
import torch

from xassay.core.contributions import observed
from xassay.core.integrated import integrated
from xassay.core.removal import scrambled


def explained(model, x, target, baseline, n_steps):
    """Contributions of the bases that stand there, (sample, position): integrated gradients of ``n_steps``
    points, mean over references."""
    return observed(integrated(model, x, target, baseline, 1, n_steps=n_steps), x, 1).double()


def scores(model, x, target, baseline, sample, source, goal, *, n_steps, draws, rng):
    """How much the goal's contributions move when the source's bases are scrambled.

    sample: (pair,) rows of x; source, goal: (pair, position) bool. The mean over ``draws`` of the total of
    |change|. Returns (pair,)."""
    sample = np.asarray(sample)
    rows = torch.from_numpy(sample).to(x.device)
    where = torch.from_numpy(goal & ~source).to(x.device)
    before = explained(model, x, target, baseline, n_steps)[rows]
    total = torch.zeros(len(sample), dtype=torch.float64, device=x.device)
    for _ in range(draws):
        made = scrambled(x[rows], source, rng)
        after = explained(model, made, target[rows], baseline[:, rows], n_steps)
        total += ((after - before).abs() * where).sum(1)
    return (total / draws).cpu().numpy()
