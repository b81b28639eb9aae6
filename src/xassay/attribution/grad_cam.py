"""Grad-CAM: Selvaraju et al. (2017), feature maps weighed by the mean gradient of the logit."""

import torch
from torch.nn import functional

from xassay.core.dna import reverse_complement
from xassay.core.targets import explained

CARD = dict(
    label="Grad-CAM", family="gradient", kinds=("sequence",), needs=("gradient", "feature_maps"),
    signed=False, level="instance", axioms=(), reference="selvaraju2017",
)  # fmt: skip


def attribute(model, x, target):
    """relu(sum of feature maps, each times its mean gradient), stretched linearly over the positions.

    x: (sample, 4, position); target: (sample,). Of a model that averages both strands, the mean of the maps
    of each. Returns (sample, position), logits times activation."""
    found = cam(model, x, target)
    if getattr(model, "strands", "one") == "averaged":
        found = (found + cam(model, reverse_complement(x), target).flip(-1)) / 2
    return found


def cam(model, x, target):
    """The map of one strand: (sample, position)."""
    with torch.enable_grad():
        maps = model.feature_maps(x).detach().requires_grad_()
        (slope,) = torch.autograd.grad(explained(model.head(maps), target).sum(), maps)
    found = (slope.mean(-1, keepdim=True) * maps).sum(1).relu().detach()
    return functional.interpolate(found[:, None], x.shape[2], mode="linear", align_corners=False)[:, 0]
