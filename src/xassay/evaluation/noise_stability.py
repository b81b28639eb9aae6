"""Stability under measurement noise: does a map survive a second measurement of the same cells?"""

from xassay.core.ranks import spearman

CARD = dict(
    label="Stability under input noise",
    family="robustness",
    range=(-1, 1),
    direction=1,
    null=None,
    gate=None,
    reference="alvarezmelis2018",
)


def score(attribution, input_noise):
    """Signed rank correlation with the map of a noisy copy of the input.

    attribution and input_noise: (replicate, sample, instance), in pairs. Returns (replicate, sample), NaN
    where either map is constant. Source: alvarezmelis2018."""
    return spearman(attribution, input_noise)
