"""Grad-CAM: Selvaraju et al. (2017), feature maps weighed by the mean gradient of the logit."""

import torch

from xassay.core.strands import both_strands
from xassay.core.targets import explained

CARD = dict(
    label="Grad-CAM", family="gradient", kinds=("sequence",), needs=("gradient", "feature_maps"),
    signed=False, level="instance", axioms=(), reference="selvaraju2017",
)  # fmt: skip


def attribute(model, x, target, *, relu=True):
    """The sum of feature maps, each times its mean gradient, drawn out linearly to the bases.

    x: (sample, 4, position); target: (sample,); relu: keep what speaks for the target alone, as published;
    without it evidence against is negative. A place of the maps lies at the centre of the bases that it was
    pooled from, which ``model.grid`` tells: (base of the first, bases to the next); without one the places
    share the sequence evenly. Of a model that averages both strands, the mean of the maps of each. Returns
    (sample, position), logits times activation."""

    def of_strand(x):
        found = cam(model, x, target)
        return drawn_out(found.relu() if relu else found, x.shape[2], getattr(model, "grid", None))

    return both_strands(model, x, of_strand)


def cam(model, x, target):
    """Feature maps of one strand, each times its mean gradient, added up: (sample, place)."""
    with torch.enable_grad():
        maps = model.feature_maps(x).detach().requires_grad_()
        (slope,) = torch.autograd.grad(explained(model.head(maps), target).sum(), maps)
    return (slope.mean(-1, keepdim=True) * maps).sum(1).detach()


def drawn_out(values, length, grid=None):
    """Values of places at every base, linear between their centres, constant beyond the outermost.

    values: (sample, place); grid: (first centre, step) in bases, None: even. Returns (sample, position)."""
    count = values.shape[1]
    step = length / count
    first, step = grid or ((step - 1) / 2, step)
    place = ((torch.arange(length, device=values.device, dtype=torch.float64) - first) / step).clamp(
        0, count - 1
    )
    low = place.long().clamp(max=max(count - 2, 0))
    return torch.lerp(
        values[:, low], values[:, (low + 1).clamp(max=count - 1)], (place - low).to(values.dtype)
    )
