"""DeepLIFT as captum has it (Kokhlikyan et al. 2020), a contestant for ``deep_lift``.

captum hooks modules that it knows. What a model computes by functions, and layers that captum has no rule
for, pass by their plain gradient, and its rules of pooling and softmax miss a part: it claims completeness,
and the completeness gap shows by how much.
"""

import copy
import warnings
from contextlib import contextmanager

import torch
from captum.attr import DeepLift

from xassay.core.contributions import contributions
from xassay.core.dna import reverse_complement
from xassay.core.errors import InputError
from xassay.core.strands import OneStrand, averages
from xassay.core.targets import Explained

CARD = dict(
    label="DeepLIFT (captum)", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=("completeness",), reference=("shrikumar2017", "kokhlikyan2020"),
)  # fmt: skip


def attribute(model, x, target, baseline, alphabet):
    """captum's multipliers against each reference, their contributions averaged.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); alphabet: x's
    axis of bases, or None. Returns x's shape, logits; of a sequence hypothetical contributions. captum's
    hooks and tensors stay on a copy of the model. Raises InputError where captum fails, as it does for an
    activation module that a model calls twice."""
    model = copy.deepcopy(model)
    if averages(model):  # captum refuses a module that is called twice, as once a strand
        turned = reverse_complement(x), target, reverse_complement(baseline), alphabet
        own = of_strand(OneStrand(model), x, target, baseline, alphabet)
        return (own + reverse_complement(of_strand(OneStrand(model), *turned))) / 2
    return of_strand(model, x, target, baseline, alphabet)


def of_strand(model, x, target, baseline, alphabet):
    """``attribute`` of a model that calls each of its modules once."""
    method = DeepLift(Explained(model), multiply_by_inputs=False)
    out = torch.zeros_like(x)
    with warnings.catch_warnings(), undetermined():
        warnings.filterwarnings("ignore", message="Setting forward, backward hooks", category=UserWarning)
        for reference in baseline:
            leaf = x.clone().requires_grad_()
            try:
                slope = method.attribute(leaf, reference, additional_forward_args=(target,))
            except (RuntimeError, AssertionError, AttributeError) as error:
                told = str(error).split("\n")[0]
                raise InputError(
                    f"captum_deep_lift: captum fails on this model ({told}); allowed: deep_lift"
                ) from None
            out += contributions(slope.detach(), x, reference, alphabet)
    return torch.where(x.isnan(), torch.nan, out / len(baseline))


@contextmanager
def undetermined():
    """Without torch's refusal of operations that it does not warrant to be deterministic.

    captum's rule of pooling is one (max_unpool); on the CPU it gives the same every time."""
    mode = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("default")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)
