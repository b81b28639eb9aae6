"""Normalised discounted cumulative gain of the absolute attribution at the number of causal instances."""

import numpy as np

from xassay.core.ranks import ndcg

CARD = dict(
    label="Recovery NDCG of |attribution|",
    family="recovery",
    range=(0, 1),
    direction=1,
    null=None,
    gate=("control_truth", "control_random"),
    reference="jarvelin2002",
)


def score(attribution, truth):
    """Discounted gain at n for n instances with an effect: truth 1, chance their share in the bag.

    attribution: (replicate, sample, instance); truth: (sample, instance) in {-1, 0, 1}, NaN where absent or
    unknown. Returns (replicate, sample), NaN where no instance or every instance has an effect.
    Source: jarvelin2002."""
    return ndcg(np.abs(attribution), np.abs(truth))
