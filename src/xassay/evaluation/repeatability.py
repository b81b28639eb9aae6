"""Repeatability: do models that differ by their seed alone give the same map?"""

from xassay.core.ranks import spearman

CARD = dict(
    label="Repeatability across seeds",
    family="repeatability",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=None,
    reference="arun2021",
)


def score(attribution, replicates):
    """Signed rank correlation with the map of another seed; deterministic 1.

    attribution and replicates: (replicate, sample, instance), in pairs. Returns (replicate, sample), NaN
    where either map is constant. Source: arun2021."""
    return spearman(attribution, replicates)
