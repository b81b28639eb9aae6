"""Normalised discounted cumulative gain of the attribution at the number of witness instances."""

import numpy as np

from xassay.core.ranks import ndcg

CARD = dict(
    label="Recovery NDCG",
    family="recovery",
    range=(0, 1),
    direction=1,
    null=None,
    gate=("control_truth", "control_random"),
    reference="jarvelin2002",
)


def score(attribution, truth):
    """Discounted gain at n for n witnesses: truth 1, chance their share in the bag.

    attribution: (replicate, sample, instance); truth: (sample, instance) in {-1, 0, 1}, NaN where absent or
    unknown. Returns (replicate, sample), NaN where no instance or every instance is a witness.
    Source: jarvelin2002."""
    return ndcg(attribution, np.maximum(truth, 0))
