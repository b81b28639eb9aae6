"""Class sensitivity: explanations of two outputs should differ."""

from xassay.core.ranks import spearman

CARD = dict(
    label="Similarity to the other target",
    family="randomisation",
    range=(-1, 1),
    direction=-1,
    null=None,
    gate=None,
    reference="sixt2020",
)


def score(attribution, class_sensitivity):
    """Signed rank correlation with the map of the other target: -1 where f = (w, -w).

    attribution and class_sensitivity: (replicate, sample, instance), in pairs. Returns (replicate, sample),
    NaN where either map is constant. Source: sixt2020."""
    return spearman(attribution, class_sensitivity)
