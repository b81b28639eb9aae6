"""Gradients integrated along straight lines from references: Sundararajan, Taly and Yan (2017)."""

import numpy as np
import torch

from xassay.core.contributions import contributions
from xassay.core.gradients import path_gradient


def integrated(model, x, target, baseline, alphabet=None, *, n_steps, correct=False):
    """Contributions by Gauss-Legendre quadrature of ``n_steps`` points, mean over references: x's shape.

    x: (sample, ...); target: (sample,); baseline: (reference, sample, ...); alphabet, correct: as
    ``contributions`` has them."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)  # on [-1, 1]
    path = (nodes + 1) / 2, weights / 2
    slopes = (path_gradient(model, x, reference, target, *path) for reference in baseline)
    parts = [contributions(slope, x, b, alphabet, correct) for slope, b in zip(slopes, baseline)]
    return torch.stack(parts).mean(0)
