"""Integrated gradients: Sundararajan, Taly and Yan (2017), equation 1, by Gauss-Legendre quadrature."""

import numpy as np
import torch

from xassay.core.gradients import path_gradient

CARD = dict(
    label="Integrated gradients", family="gradient", kinds=("bag",), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=("completeness",), reference="sundararajan2017",
    limits=dict(n_steps=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, *, n_steps=32):
    """Gradients along the straight line from each reference to x, integrated and averaged over references.

    x: (sample, instance, feature); target: (sample,); baseline: (reference, sample, instance, feature).
    Returns x's shape, logits."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)  # on [-1, 1]
    path = (nodes + 1) / 2, weights / 2
    parts = [(x - reference) * path_gradient(model, x, reference, target, *path) for reference in baseline]
    return torch.stack(parts).mean(0)
