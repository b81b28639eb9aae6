"""Temporal output: Lanchantin et al. (2017), the score of growing prefixes and suffixes of a sequence.

What a position adds to the score of the prefix that ends with it, and to that of the suffix that begins with
it, averaged: where along the sequence a recurrent network makes up its mind.
"""

import torch

from xassay.core.masking import curves

CARD = dict(
    label="Temporal output", family="perturbation", kinds=("sequence",), needs=(), signed=True,
    level="instance", axioms=("completeness",), reference="lanchantin2017",
    limits=dict(direction=("both", "forward", "backward")),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, *, direction="both"):
    """x: (sample, 4, position); target: (sample,); baseline: (reference, sample, 4, position), which stands
    in for the rest of the sequence; groups: each position's unit; direction: "forward", of prefixes alone,
    "backward", of suffixes, or the mean of "both". Returns (sample, position) float64 logits, which add up to
    f(x) - f(b) in either direction."""
    place = torch.arange(x.shape[2], device=x.device)
    last_first = {"forward": [True], "backward": [False], "both": [True, False]}[direction]
    order = torch.stack([place.flip(0) if last else place for last in last_first]).expand(len(x), -1, -1)
    scores = curves(
        model, x, baseline, order, target, units=groups
    )  # while positions are replaced one by one
    gains = (scores[..., :-1] - scores[..., 1:]).unbind(1)
    return torch.stack([gain.flip(-1) if last else gain for last, gain in zip(last_first, gains)]).mean(0)
