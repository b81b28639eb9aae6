"""Positive control for faithfulness: each instance's Shapley value in the game that the model itself plays.

Sampled over permutations (Castro, Gomez and Tejada 2009), each with its reverse (Mitchell et al. 2022). On
an additive f* it is phi* whatever the number of permutations; on a trained model, whose rule nobody planted,
it is the exact attribution up to sampling error. Values add up to f(x) - f(b), since every permutation does.
"""

import torch

from xassay.core.bags import present
from xassay.core.masking import curves

CARD = dict(
    label="Shapley (control)", family="control", kinds=("bag",), needs=(), signed=True,
    level="instance", axioms=("completeness",), reference="castro2009", variants=False,
    limits=dict(permutations=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, rng, *, permutations=8):
    """Mean change of the explained logit as an instance is replaced by the baseline's, over random orders.

    x: (sample, instance, feature); target: (sample,); baseline: (reference, sample, instance, feature);
    permutations: random orders, each of them also taken backwards. Returns (sample, instance), logits."""
    there = present(x)
    order = random_orders(there, permutations, rng)
    logits = curves(model, x, baseline, order, target).nan_to_num()
    change = logits[..., :-1] - logits[..., 1:]  # of the step at which each place of an order goes
    effect = change.gather(-1, order.argsort(-1)).mean(1)
    return torch.where(there, effect, torch.nan).to(x.dtype)


def random_orders(there, permutations, rng):
    """Permutations of the present instances and their reverses, absent ones last.

    there: (sample, instance) bool. Returns (sample, 2 * permutations, instance) of instance numbers."""
    draws = torch.from_numpy(rng.random((len(there), permutations, there.shape[1]))).to(there.device)
    keys = torch.cat([draws, 1 - draws], 1)
    return torch.where(there[:, None], keys, 2.0).argsort(dim=-1, stable=True)
