"""DeepLIFT with the rescale rule, by captum: Kokhlikyan et al. (2020).

Contributions are exact differences only through modules that captum knows (ReLU, Tanh, Sigmoid, ...); what
a model computes by functions, such as the softmax of an attention, is passed by its plain gradient. The
completeness gap shows by how much."""

import copy
import warnings

import torch
from captum.attr import DeepLift

from xassay.core.targets import Explained

CARD = dict(
    label="DeepLIFT (captum)", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=("completeness",), reference=("shrikumar2017", "kokhlikyan2020"),
)  # fmt: skip


def attribute(model, x, target, baseline, alphabet):
    """Contributions against each reference, averaged.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); alphabet: x's
    axis of bases, or None. Returns x's shape, logits; of a sequence, of which captum tells no base from
    another that could stand there, a position's contribution for each of its four bases. captum's hooks and
    tensors stay on a copy of the model."""
    method = DeepLift(Explained(copy.deepcopy(model)))
    out = torch.zeros_like(x)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting forward, backward hooks", category=UserWarning)
        for reference in baseline:
            out += method.attribute(
                x.clone().requires_grad_(), reference, additional_forward_args=(target,)
            ).detach()
    out = out / len(baseline)
    if alphabet is not None:
        return out.sum(alphabet, keepdim=True).expand_as(x)
    return torch.where(x.isnan(), torch.nan, out)
