"""GradientSHAP, or expected gradients: Lundberg and Lee (2017); Erion et al. (2021), equation 2.

Positions on the path are stratified, one to each of as many equal parts as there are draws, and references
take turns in random order: the expectation is the same, its error smaller. Contributions add up to
f(x) - f(b) in expectation alone, so the axiom is not claimed.
"""

import numpy as np
import torch

from xassay.core.contributions import contributions
from xassay.core.gradients import path_gradient

CARD = dict(
    label="GradientSHAP", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=(), reference=("lundberg2017", "erion2021"),
    limits=dict(draws=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, alphabet, rng, *, draws=32, correct=False):
    """Gradient at random points between random references and x, times their difference, averaged.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); draws: points,
    the same for all samples; alphabet: x's axis of bases, or None; correct: leave out of a sequence's slopes
    what points off the simplex (majdandzic2023). Returns x's shape, logits; of a sequence hypothetical
    contributions."""
    n = len(baseline)
    position = (np.arange(draws) + rng.random(draws)) / draws
    turn = rng.random((-(-draws // n), n)).argsort(1).ravel()[:draws]  # of every n draws, one a reference
    out = torch.zeros_like(x)
    for r, reference in enumerate(baseline):
        nodes = position[turn == r]
        if len(nodes):
            weights = torch.full((len(nodes),), 1 / draws)
            slope = path_gradient(model, x, reference, target, nodes, weights)
            out += contributions(slope, x, reference, alphabet, correct)
    return out
