"""The floor of repeatability: how alike are maps of different samples, aligned by position?"""

from xassay.core.ranks import spearman

CARD = dict(
    label="Similarity of different samples",
    family="repeatability",
    range=(-1, 1),
    direction=0,
    null=None,
    gate=None,
    reference="arun2021",
)


def score(attribution, other_samples):
    """Signed rank correlation with another sample's map, over the instances that both have.

    attribution and other_samples: (replicate, sample, instance), in pairs. Returns (replicate, sample), NaN
    where either map is constant. Source: arun2021."""
    return spearman(attribution, other_samples)
