"""Gradients whose way back through each ReLU is another one: guided backpropagation, deconvolution."""

import torch
from torch.overrides import TorchFunctionMode

from xassay.core.targets import explained


def modified_gradient(model, x, target, through):
    """Gradient of the explained logit with ``through(slope of the input, slope of the output)`` at each ReLU.

    x: (sample, ...); target: (sample,). ReLUs are nn.ReLU, relu and clamp at 0, in place or not; all else,
    other activations among it, has its own gradient, so that a model without a ReLU has the plain one.
    Returns x's shape."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        with Rectifiers(through):
            value = explained(model(x), target).sum()
        return torch.autograd.grad(value, x)[0]


class Rectifiers(TorchFunctionMode):
    """While it is entered, slopes pass every ReLU as ``through`` says."""

    def __init__(self, through):
        super().__init__()
        self.through = through

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if not rectifies(func, args, kwargs):
            return func(*args, **kwargs)
        x = args[0] if args else kwargs["input"]
        in_place = func.__name__.endswith("_") or kwargs.get("inplace", False)
        return Passed.apply(x, self.through, in_place)


def rectifies(func, args, kwargs):
    """Whether a call is a ReLU."""
    name = getattr(func, "__name__", "").rstrip("_")
    if name == "relu":
        return True
    if name == "clamp_min":
        return _bound("min", 1, args, kwargs) == 0
    if name in ("clamp", "clip"):
        return _bound("min", 1, args, kwargs) == 0 and _bound("max", 2, args, kwargs) is None
    return False


def _bound(name, place, args, kwargs):
    """An argument that is a number; a tensor of bounds is none."""
    value = kwargs.get(name, args[place] if len(args) > place else None)
    return torch.nan if torch.is_tensor(value) else value


class Passed(torch.autograd.Function):
    """A ReLU with another way back."""

    @staticmethod
    def forward(ctx, x, through, in_place):
        ctx.through = through
        ctx.save_for_backward(x > 0)
        if not in_place:
            return x.clamp(min=0)
        ctx.mark_dirty(x)
        return x.clamp_(min=0)

    @staticmethod
    def backward(ctx, out):
        (is_open,) = ctx.saved_tensors
        return ctx.through(out * is_open, out), None, None


def guided(into, out):
    """Guided backpropagation: what is positive of the slope that a ReLU lets pass (springenberg2015)."""
    return into.clamp(min=0)


def deconvolved(into, out):
    """Deconvolution: what is positive of the slope, whatever went in (zeiler2014)."""
    return out.clamp(min=0)
