"""Shapley values over random permutations: Castro, Gomez and Tejada (2009), each with its reverse
(Mitchell et al. 2022)."""

from xassay.core.coalitions import marginal_means
from xassay.core.units import joined

CARD = dict(
    label="Permutation Shapley", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=("completeness",), reference=("castro2009", "mitchell2022"),
    limits=dict(span=(1, None), permutations=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, rng, *, permutations=8, span=1):
    """Mean change of the explained logit as a unit is replaced by the baseline's, over random orders.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1; span: neighbouring units that go together, such as windows of a
    sequence, and share evenly what they are worth; permutations: each of them also taken backwards, 2 * units
    + 1 answers a permutation. Returns (sample, unit) float64 logits, which add up to f(x) - f(b)."""
    groups, spread = joined(groups, span)
    return spread(marginal_means(model, x, target, baseline, groups, rng, permutations))
