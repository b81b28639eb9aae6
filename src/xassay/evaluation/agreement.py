"""Agreement between methods on the same model and samples."""

from xassay.core.ranks import spearman

CARD = dict(
    label="Agreement with another method",
    family="agreement",
    range=(-1, 1),
    direction=0,
    null=0,
    gate=None,
    reference="krishna2022",
)


def score(attribution, other_method):
    """Signed rank correlation with another method's map: itself 1, its negative -1, chance 0.

    attribution and other_method: (replicate, sample, instance), in pairs. Returns (replicate, sample), NaN
    where either map is constant. Source: krishna2022."""
    return spearman(attribution, other_method)
