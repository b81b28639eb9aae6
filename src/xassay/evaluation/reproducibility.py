"""Reproducibility: do different architectures, trained on the same samples, give the same map?"""

from xassay.core.ranks import spearman

CARD = dict(
    label="Reproducibility across architectures",
    family="reproducibility",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=None,
    reference="arun2021",
)


def score(attribution, other_model):
    """Signed rank correlation with the same method's map of another architecture; the same map 1.

    attribution and other_model: (replicate, sample, instance), in pairs. Returns (replicate, sample), NaN
    where either map is constant. Source: arun2021."""
    return spearman(attribution, other_model)
