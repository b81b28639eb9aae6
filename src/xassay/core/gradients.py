"""Gradients of the explained logit with respect to the input, at one point and along a path.

Where a model's input reaches its first linear layer by affine steps alone (masked, centred), a straight
path through the input is one through that layer's output, some ten times narrower: gradients are added
up there, and their sum is brought back to the input once. That is tried before it is believed; other models
are followed through their input.
"""

import copy
from typing import Any, NamedTuple

import torch
from torch import nn

from xassay.core.bags import present
from xassay.core.targets import explained

BUDGET = 2 << 20  # bytes of points of a path at a time: small tensors cost more in calls than in sums
TRIED = (0.0, 0.37, 1.0)  # positions on a path; not the middle, about which a curve may be symmetric
FEW = 4  # samples that a path is tried on
TOLERANCE = 1e-5  # of each sample's largest value


def gradient(model, x, target):
    """Gradient of each sample's explained logit: x's shape, (sample, instance, feature), NaN where absent.

    target: (sample,). One backward pass: samples do not share an output."""
    return torch.where(x.isnan(), torch.nan, _slope(model, x, target))


def path_gradient(model, x, reference, target, nodes, weights):
    """Weighted sum of the gradients at points of the straight line from ``reference`` to x.

    x, reference: (sample, instance, feature); target: (sample,); nodes: positions on [0, 1] and their
    weights, both (node,). Returns x's shape, NaN where absent. A few points are in memory at a time."""
    path = entrance(model, x, reference, target) or Path(model, reference, x, lambda total: total)
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


def entrance(model, x, reference, target):
    """The path from ``reference`` to x as one through the first linear layer's output, or None.

    None unless, at every point TRIED of the first FEW samples, that output lies on a straight line and its
    gradient, brought back to the input, is the model's own."""
    few = slice(FEW)
    try:
        found = _trial(model, x[few], reference[few], target[few])
        return found and _whole(model, *found, x, reference)
    except Exception:  # whatever a model answers to being taken apart
        return None


def _trial(model, x, reference, target):
    """Names of the modules called before the first linear layer, and its own; None if they do not serve."""
    outputs, slopes = [], []
    for position in TRIED:
        leaf = torch.lerp(reference, x, position).detach().requires_grad_()
        calls, slope = _watched(model, leaf, target)
        order = [name for name, *_ in calls]
        first = next(k for k, (_, module, _) in enumerate(calls) if isinstance(module, nn.Linear))
        end = calls[first][2]
        if set(order[: first + 1]) & set(order[first + 1 :]) or end.shape[:-1] != x.shape[:-1]:
            return None
        outputs.append(torch.where(present(x)[..., None], end.detach(), torch.nan))
        slopes.append(slope)
    rest, (start, *_, last) = _Rest(model, order[:first], order[first]), outputs
    for position, output, slope in zip(TRIED, outputs, slopes):
        if not _close(output, torch.lerp(start, last, position), last - start):
            return None
        (back,) = torch.autograd.grad(end, leaf, _slope(rest, output, target), retain_graph=True)
        if not _close(back, slope, slope):
            return None
    return order[:first], order[first]


def _whole(model, earlier, layer, x, reference):
    """The path of all samples through the output of ``layer``."""
    leaf, mask = x.detach().requires_grad_(), present(x)[..., None]
    with torch.enable_grad():
        end = _output(model, layer, leaf)
    with torch.no_grad():
        start = _output(model, layer, reference)

    def back(total):
        return torch.autograd.grad(end, leaf, total, retain_graph=True)[0]

    ends = (torch.where(mask, h.detach(), torch.nan) for h in (start, end))
    return Path(_Rest(model, earlier, layer), *ends, back)


def _output(model, layer, x):
    """What ``layer`` gives as the model reads x."""
    seen = []
    hook = model.get_submodule(layer).register_forward_hook(lambda module, given, output: seen.append(output))
    try:
        model(x)
    finally:
        hook.remove()
    return seen[0]


def _watched(model, x, target):
    """Calls of the modules without children, (name, module, output) in their order, and ``_slope`` at x."""
    calls = []

    def watch(name, module):
        return module.register_forward_hook(lambda _, given, output: calls.append((name, module, output)))

    hooks = [watch(*named) for named in model.named_modules() if not any(named[1].children())]
    try:
        return calls, _slope(model, x, target)
    finally:
        for hook in hooks:
            hook.remove()


class _Rest(nn.Module):
    """A model after ``layer``; of x it sees only which instances are there.

    layer, earlier: names of modules. What was called earlier is taken out: its work is done."""

    def __init__(self, model, earlier, layer):
        super().__init__()
        self.model, self.given = copy.deepcopy(model), _Given()
        for name in earlier:
            self.model.set_submodule(name, nn.Identity())
        self.model.set_submodule(layer, self.given)

    def forward(self, h):
        self.given.value = h.nan_to_num()
        return self.model(h[..., :1].detach())


class _Given(nn.Module):
    """Returns what it was given, whatever it is asked."""

    value = None

    def forward(self, _):
        return self.value


def _close(one, other, scale):
    """Whether each sample's values agree, against its largest of ``scale``; NaN where absent."""
    gap, most = (part.nan_to_num().abs().flatten(1).amax(1) for part in (one - other, scale))
    return bool((gap <= TOLERANCE * most).all())


def _slope(model, x, target):
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(explained(model(x), target).sum(), x, retain_graph=True)
    return slope
