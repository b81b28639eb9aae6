"""Agreement between methods on the same model and samples."""

from xassay.core.similarity import matrix, of_ranks

CARD = dict(
    label="Agreement with another method",
    family="agreement",
    range=(-1, 1),
    direction=0,
    null=0,
    gate=None,
    reference="krishna2022",
)


def score(methods):
    """Signed rank correlation of each method's map with each other's: itself 1, its negative -1, chance 0.

    methods: (method, replicate, sample, instance). Returns (method, method, replicate, sample), NaN where
    either map is constant. Source: krishna2022."""
    return matrix(methods, of_ranks)
