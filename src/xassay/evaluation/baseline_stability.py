"""Stability under another baseline: how much of a map is the choice of the reference?"""

from xassay.core.ranks import spearman

CARD = dict(
    label="Stability under another baseline",
    family="robustness",
    range=(-1, 1),
    direction=1,
    null=None,
    gate=None,
    reference="sturmfels2020",
)


def score(attribution, baseline_swap):
    """Signed rank correlation with the map under another baseline.

    attribution and baseline_swap: (replicate, sample, instance), in pairs. Returns (replicate, sample), NaN
    where either map is constant. Source: sturmfels2020."""
    return spearman(attribution, baseline_swap)
