"""Gradients of the explained logit with respect to the input, at one point and along a path.

Where a model's input reaches its first linear layer by affine steps alone (masked, centred), a straight
path through the input is one through that layer's output, some ten times narrower: gradients are added
up there, and their sum is brought back to the input once. That is tried before it is believed; other models
are followed through their input.
"""

from typing import Any, NamedTuple

import torch

from xassay.core.bags import present
from xassay.core.entry import Rest, close, first_linear, watched
from xassay.core.targets import explained

BUDGET = 2 << 20  # bytes of points of a path at a time: small tensors cost more in calls than in sums
TRIED = (0.0, 0.37, 1.0)  # positions on a path; not the middle, about which a curve may be symmetric
FEW = 4  # samples that a path is tried on


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
        calls, slope = watched(model, lambda leaf=leaf: _slope(model, leaf, target))
        first = first_linear(calls)
        if first is None or calls[first][-1].shape[:-1] != x.shape[:-1]:
            return None
        end, (*earlier, layer) = calls[first][-1], (name for name, *_ in calls[: first + 1])
        outputs.append(torch.where(present(x)[..., None], end.detach(), torch.nan))
        slopes.append(slope)
    rest, (start, *_, last) = Rest(model, earlier, layer), outputs
    for position, output, slope in zip(TRIED, outputs, slopes):
        if not close(output, torch.lerp(start, last, position), last - start):
            return None
        (back,) = torch.autograd.grad(end, leaf, _slope(rest, output, target), retain_graph=True)
        if not close(back, slope, slope):
            return None
    return earlier, layer


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
    return Path(Rest(model, earlier, layer), *ends, back)


def _output(model, layer, x):
    """What ``layer`` gives as the model reads x."""
    seen = []
    hook = model.get_submodule(layer).register_forward_hook(lambda module, given, output: seen.append(output))
    try:
        model(x)
    finally:
        hook.remove()
    return seen[0]


def _slope(model, x, target):
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(explained(model(x), target).sum(), x, retain_graph=True)
    return slope
