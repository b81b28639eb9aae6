"""Relevance rank: how many of the highest attributions are witness instances?"""

import numpy as np

from xassay.core.ranks import top_share

CARD = dict(
    label="Relevance rank",
    family="recovery",
    range=(0, 1),
    direction=1,
    null=None,
    gate=("control_truth", "control_random"),
    reference="arras2022",
)


def score(attribution, truth):
    """Share of the n witnesses among the n highest attributions: truth 1, chance their share in the bag.

    Ties count as the mean over their orders. attribution: (replicate, sample, instance); truth: (sample,
    instance) in {-1, 0, 1}, NaN where absent or unknown. Returns (replicate, sample), NaN where no instance
    or every instance is a witness. Source: arras2022, equation 2."""
    return top_share(attribution, np.maximum(truth, 0))
