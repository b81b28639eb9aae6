"""Local layers: calls on a sequence of which a position reads neighbours alone, and which positions it
reads."""

from functools import reduce
from typing import Any, NamedTuple

import torch

SIGNATURES = {
    "conv1d": ("weight", "bias", "stride", "padding", "dilation", "groups"),
    "max_pool1d": ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    "avg_pool1d": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
    "adaptive_max_pool1d": ("output_size", "return_indices"),
    "adaptive_avg_pool1d": ("output_size",),
    "amax": ("dim", "keepdim"),
    "mean": ("dim", "keepdim"),
    "sum": ("dim", "keepdim"),
    "pad": ("pad", "mode", "value"),
    "cat": ("dim",),
    "linear": ("weight", "bias"),
}
POINTWISE = {
    *("relu", "relu6", "leaky_relu", "prelu", "elu", "celu", "selu", "gelu", "silu", "mish", "exp", "square"),
    *("sigmoid", "tanh", "softplus", "softsign", "hardtanh", "hardswish", "hardsigmoid", "log_sigmoid"),
    *("abs", "neg", "sqrt", "log1p", "clamp", "pow", "add", "sub", "__rsub__", "mul", "div"),
    *("dropout", "batch_norm"),
}
SUMS, PRODUCTS = ("add", "sub"), ("mul", "div", "maximum", "minimum")  # of two values, position by position


class Layer(NamedTuple):
    """One call, numbered from 1 in the order of a run; x is number 0."""

    kind: str  # "conv", "pool", "point", "sum", "product", "join", "flat", "dense", "whole" (all become one)
    called: Any  # the function as the model calls it
    func: Any  # the same, not in place
    args: tuple  # beside its inputs
    kwargs: dict
    sources: tuple  # numbers of its inputs
    shape: tuple  # of one sample's output
    in_place: bool
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    padding: int = 0
    weight: Any = None
    groups: int = 1
    mean: bool = False  # or a sum; else the largest

    def __call__(self, *inputs):
        if self.kind == "join":
            return torch.cat(inputs, 1)
        if self.kind == "flat":  # its arguments may name the number of samples
            return inputs[0].flatten(1)
        return self.func(*inputs, *self.args, **self.kwargs)

    @property
    def linear(self):
        """Whether the change of its inputs makes that of its output; else it takes their new values."""
        return self.kind in ("conv", "sum", "join", "flat", "dense") or (self.kind != "point" and self.mean)

    @property
    def span(self):
        """Positions from the first to the last that one value reads."""
        return (self.kernel - 1) * self.dilation + 1

    def reached(self, start, width):
        """The window of the output, (start, width), that one of the input can change; never empty."""
        first = -((self.span - 1 - start - self.padding) // self.stride)
        return first, max(1, (start + width - 1 + self.padding) // self.stride - first + 1)

    def read(self, start, width):
        """The window of the input that one of the output reads."""
        return start * self.stride - self.padding, (width - 1) * self.stride + self.span

    def pooled(self, h, width):
        """``width`` poolings of exactly the positions that they read: (edit, position, channel)."""
        end = (width - 1) * self.stride + 1
        parts = [h[:, k * self.dilation :][:, : end : self.stride] for k in range(self.kernel)]
        h = sum(parts[1:], parts[0]) / self.kernel if self.mean else reduce(torch.maximum, parts)
        return h.contiguous()


def layer(func, args, kwargs, out, number):
    """The Layer that a call is, or None.

    number: the call's tensors that a Layer gave, ids, with its number and shape: {id: (number, shape)}."""
    name, called = getattr(func, "__name__", ""), func
    if name.endswith("_") and not name.startswith("_") and args and out is args[0]:
        name = name[:-1]
        func = getattr(torch, name, None)
    inputs = list(args[0]) if name == "cat" and isinstance(args[0], list | tuple) else list(args[:1])
    if name in SUMS + PRODUCTS and len(args) == 2 and id(args[1]) in number:
        inputs.append(args[1])
    known = [number.get(id(h)) for h in inputs]
    if not known or None in known or not torch.is_tensor(out) or func is None or "out" in kwargs:
        return None
    rest = args[len(inputs) :] if name != "cat" else args[1:]
    if any(id(t) in number for t in tensors((rest, kwargs))):
        return None
    found = _found(name, known, dict(zip(SIGNATURES.get(name, ()), rest)) | kwargs, rest, kwargs, out)
    if found is None:
        return None
    kwargs = kwargs | {"inplace": False} if kwargs.get("inplace") else kwargs
    sources = tuple(source for source, _ in known)
    shape, in_place = tuple(out.shape[1:]), out is args[0]
    return Layer(found.pop("kind"), called, func, rest, kwargs, sources, shape, in_place, **found)


def _found(name, known, given, rest, kwargs, out):
    """A call's kind and what it reads, as a dict, or None. given: its arguments by name."""
    (_, shape), shapes = known[0], [shape for _, shape in known]
    if name == "linear" and len(shape) == 1:
        return dict(kind="dense", weight=given["weight"])
    if any(len(one) != 2 for one in shapes):
        return None
    if len(known) == 2 and name != "cat":
        kind = "sum" if name in SUMS else "product"
        return dict(kind=kind) if shapes[0] == shapes[1] == out.shape[1:] and not (rest or kwargs) else None
    if name == "cat":
        return dict(kind="join") if given.get("dim", 0) in (1, -2) and set(kwargs) <= {"dim"} else None
    if name == "conv1d":
        return _conv(given)
    if name in ("max_pool1d", "avg_pool1d"):
        return _pool(given, name == "avg_pool1d")
    if name in ("adaptive_max_pool1d", "adaptive_avg_pool1d", "amax", "mean", "sum"):
        size, dim = _one(given.get("output_size")), _one(given.get("dim"))
        fits = size == 1 if name.startswith("adaptive") else dim in (-1, 2) and "dtype" not in kwargs
        return dict(kind="whole", mean=name not in ("amax", "adaptive_max_pool1d")) if fits else None
    if name in ("flatten", "view", "reshape"):
        return dict(kind="flat") if out.shape[1:] == (shape[0] * shape[1],) else None
    if name == "pad":
        sides = given["pad"]
        fits = len(sides) == 2 and given.get("mode", "constant") == "constant"
        return dict(kind="pool", padding=sides[0], mean=True) if fits else None
    if name == "__getitem__":
        return _cut(rest[0], shape[1])
    if name in POINTWISE and out.shape[1:] == shape:
        alone = name in ("batch_norm", "prelu") or not tensors((rest, kwargs))
        fixed = name not in ("batch_norm", "dropout") or kwargs.get("training") is False
        return dict(kind="point") if alone and fixed else None
    return None


def _conv(given):
    kernel, dilation = given["weight"].shape[2], _one(given.get("dilation", 1))
    padding = _one(given.get("padding", 0))
    padding = {"valid": 0, "same": dilation * (kernel - 1) // 2}.get(padding, padding)
    return dict(
        kind="conv",
        kernel=kernel,
        stride=_one(given.get("stride", 1)),
        dilation=dilation,
        padding=padding,
        weight=given["weight"],
        groups=given.get("groups", 1),
    )


def _pool(given, mean):
    kernel, padding = _one(given["kernel_size"]), _one(given.get("padding", 0))
    if mean and (given.get("ceil_mode") or (padding and not given.get("count_include_pad", True))):
        return None  # its windows at the ends have another divisor
    stride, dilation = _one(given.get("stride")) or kernel, _one(given.get("dilation", 1))
    return dict(kind="pool", kernel=kernel, stride=stride, dilation=dilation, padding=padding, mean=mean)


def _cut(key, length):
    """Positions cut off at the ends, h[..., a:b] or h[:, :, a:b]: a padding below 0."""
    whole = slice(None)
    if not (isinstance(key, tuple) and isinstance(key[-1], slice) and key[:-1] in ((...,), (whole, whole))):
        return None
    start, _, step = key[-1].indices(length)
    return dict(kind="pool", padding=-start, mean=True) if step == 1 else None


def _one(value):
    """A number that may stand alone or in a list."""
    return (value[0] if len(value) == 1 else None) if isinstance(value, list | tuple) else value


def tensors(value):
    """Tensors among arguments."""
    if torch.is_tensor(value):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [t for part in parts for t in tensors(part)]
