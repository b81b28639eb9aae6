"""Agreement between methods on the most relevant instances."""

from xassay.core.similarity import matrix, of_top

CARD = dict(
    label="Agreement on the most relevant",
    family="agreement",
    range=(-1, 1),
    direction=0,
    null=0,
    gate=None,
    reference="krishna2022",
    limits=dict(share=(0.001, 0.5)),
)


def score(methods, *, share=0.1):
    """Overlap of the k highest attributions, chance-corrected: (overlap - k / n) / (1 - k / n) for k of n.

    The same k 1, chance 0, none of them in common -k / (n - k). share: k / n, rounded up to an instance; an
    instance that is tied at the border is in with the chance that an order of the ties gives it. methods:
    (method, replicate, sample, instance). Returns (method, method, replicate, sample), NaN where either map
    is constant. Source: krishna2022, feature agreement."""
    return matrix(methods, of_top(share))
