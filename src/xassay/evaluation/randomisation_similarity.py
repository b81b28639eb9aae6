"""Randomised parameters: an explanation of what was learnt cannot survive forgetting it."""

from xassay.core.ranks import spearman

CARD = dict(
    label="Similarity after parameter randomisation",
    family="randomisation",
    range=(-1, 1),
    direction=-1,
    null=0,
    gate=None,
    reference="adebayo2018",
)


def score(attribution, parameter_randomisation):
    """Signed rank correlation with the map of the re-initialised model; |attribution| would share |x|.

    attribution and parameter_randomisation: (replicate, sample, instance), in pairs. Returns (replicate,
    sample), NaN where either map is constant. Source: adebayo2018."""
    return spearman(attribution, parameter_randomisation)
