"""Agreement between methods about which instances speak for and against."""

from xassay.core.similarity import matrix, of_signs

CARD = dict(
    label="Agreement on signs",
    family="agreement",
    range=(-1, 1),
    direction=0,
    null=0,
    gate=None,
    reference="krishna2022",
)


def score(methods):
    """Share of instances of like sign less that of unlike sign: itself 1, its negative -1, chance 0.

    An attribution of 0 takes no side: the sums are over the root of the numbers of instances that either map
    speaks of. Chance is that of maps that take both sides equally often; two maps that are positive
    throughout agree. methods: (method, replicate, sample, instance). Returns (method, method, replicate,
    sample), NaN where either map is zero. Source: krishna2022, sign agreement."""
    return matrix(methods, of_signs)
