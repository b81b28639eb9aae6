"""Temporal output: Lanchantin et al. (2017), the score of growing prefixes and suffixes of a sequence.

What a position adds to the score of the prefix that ends with it, and to that of the suffix that begins with
it, averaged: where along the sequence a recurrent network makes up its mind.
"""

import torch

from xassay.core.masking import curves

CARD = dict(
    label="Temporal output", family="perturbation", kinds=("sequence",), needs=(), signed=True,
    level="instance", axioms=("completeness",), reference="lanchantin2017",
)  # fmt: skip


def attribute(model, x, target, baseline, groups):
    """x: (sample, 4, position); target: (sample,); baseline: (reference, sample, 4, position), which stands
    in for the rest of the sequence; groups: each position's unit. Returns (sample, position) float64 logits,
    which add up to f(x) - f(b) in either direction."""
    length = x.shape[2]
    last_first = torch.arange(length - 1, -1, -1, device=x.device)
    order = torch.stack([last_first, last_first.flip(0)]).expand(len(x), -1, -1)
    scores = curves(model, x, baseline, order, target, units=groups)  # of prefixes, then of suffixes
    fall = scores[..., :-1] - scores[..., 1:]
    return (fall[:, 0].flip(-1) + fall[:, 1]) / 2
