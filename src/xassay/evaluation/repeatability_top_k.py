"""Repeatability at the top: do models that differ by their seed agree on the most relevant instances?"""

import numpy as np

from xassay.core.ranks import pearson
from xassay.core.similarity import top

CARD = dict(
    label="Repeatability of the most relevant",
    family="repeatability",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=None,
    reference="arun2021",
    limits=dict(share=(0.001, 0.5)),
)


def score(attribution, replicates, *, share=0.1):
    """Overlap of the k highest attributions with those of another seed, chance-corrected: deterministic 1.

    (overlap - k / n) / (1 - k / n) for k of n, chance 0; share: k / n, rounded up to an instance; ties count
    as the mean over their orders. attribution and replicates: (replicate, sample, instance), in pairs.
    Returns (replicate, sample), NaN where either map is constant. Source: arun2021, with an overlap of the
    top."""
    absent = np.isnan(attribution) | np.isnan(replicates)
    return pearson(*(top(np.where(absent, np.nan, maps), share) for maps in (attribution, replicates)))
