"""Positive control for faithfulness: each instance's Shapley value in the game that the model itself plays.

Sampled over permutations (Castro, Gomez and Tejada 2009), each with its reverse (Mitchell et al. 2022). On
an additive f* it is phi* whatever the number of permutations; on a trained model, whose rule nobody planted,
it is the exact attribution up to sampling error. Values add up to f(x) - f(b), since every permutation does.
"""

from xassay.core.coalitions import marginal_means

CARD = dict(
    label="Shapley (control)", family="control", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=("completeness",), reference="castro2009", variants=False, diluted=True,
    limits=dict(permutations=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, rng, *, permutations=8):
    """Mean change of the explained logit as a unit is replaced by the baseline's, over random orders.

    x: (sample, instance, feature); target: (sample,); baseline: (reference, sample, instance, feature);
    groups: each element's unit, or None: the instances; permutations: random orders, each of them also taken
    backwards. Returns (sample, unit), logits."""
    return marginal_means(model, x, target, baseline, groups, rng, permutations).to(x.dtype)
