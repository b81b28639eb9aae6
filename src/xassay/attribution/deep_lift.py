"""DeepLIFT with the rescale rule: Shrikumar, Greenside and Kundaje (2017), by captum.

Contributions are exact differences only through modules that captum knows (ReLU, Tanh, Sigmoid, ...); what
a model computes by functions, such as the softmax of an attention, is passed by its plain gradient. The
completeness gap shows by how much."""

import copy
import warnings

import torch
from captum.attr import DeepLift

from xassay.core.targets import Explained

CARD = dict(
    label="DeepLIFT", family="gradient", kinds=("bag",), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=("completeness",), reference="shrikumar2017",
)  # fmt: skip


def attribute(model, x, target, baseline):
    """Contributions against each reference, averaged.

    x: (sample, instance, feature); target: (sample,); baseline: (reference, sample, instance, feature).
    Returns x's shape, logits. captum's hooks and tensors stay on a copy of the model."""
    method = DeepLift(Explained(copy.deepcopy(model)))
    out = torch.zeros_like(x)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting forward, backward hooks", category=UserWarning)
        for reference in baseline:
            out += method.attribute(
                x.clone().requires_grad_(), reference, additional_forward_args=(target,)
            ).detach()
    return torch.where(x.isnan(), torch.nan, out / len(baseline))
