"""Relevance mass: the share of all positive attribution that lies on the witness instances."""

import numpy as np

from xassay.core.ranks import count, ratio

CARD = dict(
    label="Relevance mass",
    family="recovery",
    range=(0, 1),
    direction=1,
    null=None,
    gate=("control_truth", "control_random"),
    reference="arras2022",
)


def score(attribution, truth):
    """Positive attribution on witnesses over all that is positive: truth 1, chance their share in the bag.

    That share differs between bags, so there is no one null value. attribution: (replicate, sample,
    instance); truth: (sample, instance) in {-1, 0, 1}, NaN where absent or unknown. Returns (replicate,
    sample), NaN where no instance or every instance is a witness, or nothing is positive. Source: arras2022,
    equation 1."""
    sought = np.maximum(truth, 0)
    m, n = count(attribution, sought)
    positive = np.where(np.isnan(truth) | np.isnan(attribution), 0, np.maximum(attribution, 0))
    return ratio((positive * (sought > 0)).sum(-1), positive.sum(-1) * (m > 0) * (m < n))
