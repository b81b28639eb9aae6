"""Gradients of the explained logit with respect to the input, at one point and along a path.

Where a model's input reaches its first linear layer by affine steps alone (masked, centred), a straight
path through the input is one through that layer's output, some ten times narrower: gradients are added
up there, and their sum is brought back to the input once. Other models are followed through their input.
"""

import copy
from typing import Any, NamedTuple

import torch
from torch import nn

from xassay.core.bags import present
from xassay.core.targets import explained

BUDGET = 2 << 20  # bytes of points of a path at a time: small tensors cost more in calls than in sums


def gradient(model, x, target):
    """Gradient of each sample's explained logit: x's shape, (sample, instance, feature), NaN where absent.

    target: (sample,). One backward pass: samples do not share an output."""
    return torch.where(x.isnan(), torch.nan, _slope(model, x, target))


def path_gradient(model, x, reference, target, nodes, weights):
    """Weighted sum of the gradients at points of the straight line from ``reference`` to x.

    x, reference: (sample, instance, feature); target: (sample,); nodes: positions on [0, 1] and their
    weights, both (node,). Returns x's shape, NaN where absent. A few points are in memory at a time."""
    path = entrance(model, x, reference) or Path(model, reference, x, lambda total: total)
    nodes, weights = (
        torch.as_tensor(values).to(path.end)[:, None, None, None] for values in (nodes, weights)
    )
    size = max(1, BUDGET // (path.end.numel() * path.end.element_size()))
    total = torch.zeros_like(path.end)
    for node, weight in zip(nodes.split(size), weights.split(size), strict=True):
        points = torch.lerp(path.start, path.end, node)
        slopes = _slope(path.model, points.flatten(0, 1), target.repeat(len(node)))
        total += (weight * slopes.view_as(points)).sum(0)
    return torch.where(x.isnan(), torch.nan, path.back(total))


class Path(NamedTuple):
    """A straight line through an input of a model, (sample, instance, width)."""

    model: Any
    start: torch.Tensor
    end: torch.Tensor
    back: Any  # gradient with respect to that input -> with respect to x


def entrance(model, x, reference):
    """The path from ``reference`` to x as one through the first linear layer's output.

    Tried before it is believed: None where that output does not follow a straight line, or where what comes
    after reads more of x than which instances are there."""
    name = next((name for name, module in model.named_modules() if isinstance(module, nn.Linear)), "")
    if not name:
        return None
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        end, logits = _front(model, name, leaf)
    with torch.no_grad():
        start, middle = (
            _front(model, name, point)[0] for point in (reference, torch.lerp(reference, x, 0.5))
        )
        if end is None or end.shape[:-1] != x.shape[:-1] or not _close(middle, (start + end) / 2):
            return None
        mask = present(x)[..., None]
        path = [torch.where(mask, h, torch.nan) for h in (start, end)]
        rest = _Rest(model, name)
        try:
            follows = _close(rest(path[1]), logits)
        except (RuntimeError, IndexError):
            return None
    return Path(rest, *path, lambda total: torch.autograd.grad(end, leaf, total)[0]) if follows else None


def _front(model, name, x):
    """Output of layer ``name``, None unless it is called once, and of the model."""
    seen = []
    handle = model.get_submodule(name).register_forward_hook(
        lambda module, given, output: seen.append(output)
    )
    try:
        logits = model(x)
    finally:
        handle.remove()
    return seen[0] if len(seen) == 1 else None, logits


class _Rest(nn.Module):
    """A model after layer ``name``; of x it sees only which instances are there.

    What is registered before that layer is taken out: its work is done."""

    def __init__(self, model, name):
        super().__init__()
        self.model, self.given = copy.deepcopy(model), _Given()
        for earlier, module in list(self.model.named_modules()):
            if earlier == name:
                break
            if not any(module.children()):
                self.model.set_submodule(earlier, nn.Identity())
        self.model.set_submodule(name, self.given)

    def forward(self, h):
        self.given.value = h.nan_to_num()
        return self.model(h[..., :1].detach())


class _Given(nn.Module):
    """Returns what it was given, whatever it is asked."""

    value = None

    def forward(self, _):
        return self.value


def _close(one, other):
    return torch.allclose(one, other, atol=1e-4, rtol=1e-4, equal_nan=True)


def _slope(model, x, target):
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(explained(model(x), target).sum(), x)
    return slope
