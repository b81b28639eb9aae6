"""Agreement between methods from the top of their orders down: rank-biased overlap."""

from xassay.core.similarity import matrix, of_overlaps

CARD = dict(
    label="Rank-biased overlap with another method",
    family="agreement",
    range=(-1, 1),
    direction=0,
    null=0,
    gate=None,
    reference="webber2010",
    limits=dict(persistence=(0, 0.99)),
)


def score(methods, *, persistence=0.9):
    """Mean overlap of the first d instances, less its chance d / n and scaled: itself 1, chance 0.

    Extrapolated rank-biased overlap, where depth d counts in proportion to persistence^(d - 1), so that at
    0.9 the first ten have 86 % of the weight; chance-corrected as (RBO - E[RBO]) / (1 - E[RBO]). Ties count
    as the mean over their orders, over the root of what either map has with itself. methods: (method,
    replicate, sample, instance). Returns (method, method, replicate, sample), NaN where either map is
    constant. Source: webber2010, equation 32."""
    return matrix(methods, of_overlaps(persistence))
