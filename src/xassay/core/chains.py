"""The chain of calls that a model begins with, found by watching a run, and a run that is given its end.

A chain's calls are convolutions along a sequence, poolings and functions of single values, each reading what
the one before gave. It ends at the first call that is none of these, or at an output that is read twice.
"""

from functools import reduce
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode

SIGNATURES = {
    "conv1d": ("weight", "bias", "stride", "padding", "dilation", "groups"),
    "max_pool1d": ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    "avg_pool1d": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
    "adaptive_max_pool1d": ("output_size", "return_indices"),
    "adaptive_avg_pool1d": ("output_size",),
    "amax": ("dim", "keepdim"),
    "mean": ("dim", "keepdim"),
}
POINTWISE = (
    *("relu", "relu6", "leaky_relu", "prelu", "elu", "celu", "selu", "gelu", "silu", "mish", "exp", "square"),
    *(
        "sigmoid",
        "tanh",
        "softplus",
        "softsign",
        "hardtanh",
        "hardswish",
        "hardsigmoid",
        "log_sigmoid",
        "abs",
    ),
    *("dropout", "batch_norm"),
)
ASKING = ("__get__", "size", "dim", "__len__")  # calls that tell a shape or a type
SAME = ("float", "double", "to", "contiguous")  # calls that may return what they are given


class Layer(NamedTuple):
    """One call of a chain, and which positions it reads."""

    kind: str  # "conv", "pool", "point", or "whole": all positions become one
    func: Any
    args: tuple  # beside its input
    kwargs: dict
    shape: tuple  # of one sample's output
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    padding: int = 0
    weight: Any = None
    groups: int = 1
    mean: bool = False  # else the largest

    def __call__(self, h):
        return self.func(h, *self.args, **self.kwargs)

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
        return sum(parts[1:], parts[0]) / self.kernel if self.mean else reduce(torch.maximum, parts)


def chain(model, x):
    """Layers of the chain that a model begins with.

    x: (sample, channel, position). Returns a list, empty where the first call is none of a chain."""
    with torch.no_grad(), _Watch() as watch:
        model(x)
    layers, end, last, place = [], None, x, {id(x): 0}
    for func, args, kwargs, out in watch.calls:
        used = [place[id(t)] for t in _tensors((args, kwargs)) if id(t) in place]
        if not used or _passing(func, args, out):
            continue
        alone = used == [len(layers)] and args and args[0] is last
        layer = _layer(func, args[0], args[1:], kwargs, out) if alone else None
        if layer is None:
            end = min(used if end is None else [end, *used])
        else:
            layers.append(layer)
            last, place[id(out)] = out, len(layers)
    return layers[:end]


class Given(TorchFunctionMode):
    """While it is entered, a model's chain gives ``value``; calls before its last give ``fill``, as shaped.

    Whatever else reads them shows in the answer as long as it depends on the fill."""

    def __init__(self, layers, x_shape, value, fill=torch.nan):
        super().__init__()
        self.left, self.value, self.fill = list(layers), value, fill
        self.now = self.start = self._empty(x_shape)

    def _empty(self, shape):
        return self.value.new_full((), self.fill).expand(len(self.value), *shape)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if self.left and args and args[0] is self.now:
            if func is self.left[0].func:
                layer = self.left.pop(0)
                self.now = self._empty(layer.shape) if self.left else self.value
                return self.now
            if func.__name__ in SAME:
                return self.now
        return func(*args, **(kwargs or {}))


class _Watch(TorchFunctionMode):
    """Keeps every call of a function of torch, and so every tensor: no two share an id."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, out))
        return out


def _tensors(value):
    """Tensors among arguments."""
    if torch.is_tensor(value):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [t for part in parts for t in _tensors(part)]


def _passing(func, args, out):
    """Whether a call reads no value of its tensor: it tells a shape, or returns what it was given."""
    name = getattr(func, "__name__", "")
    return (name in ASKING and not _tensors(out)) or (name in SAME and args and out is args[0])


def _layer(func, h, args, kwargs, out):
    """The Layer that a call with input h is, or None."""
    name = getattr(func, "__name__", "")
    if not torch.is_tensor(out) or h.dim() != 3 or "out" in kwargs:
        return None
    given = dict(zip(SIGNATURES.get(name, ()), args)) | kwargs
    if name == "conv1d":
        kind, found = "conv", _conv(given)
    elif name in ("max_pool1d", "avg_pool1d"):
        kind, found = "pool", _pool(given, name == "avg_pool1d")
    elif name in SIGNATURES:
        size, dim, mean = _one(given.get("output_size")), _one(given.get("dim")), name != "amax"
        fits = size == 1 if name.startswith("adaptive") else dim in (-1, 2) and "dtype" not in kwargs
        kind, found = "whole", dict(mean=mean and name != "adaptive_max_pool1d") if fits else None
    elif name in POINTWISE and out.shape == h.shape:
        alone = name in ("batch_norm", "prelu") or not _tensors((args, kwargs))
        fixed = name not in ("batch_norm", "dropout") or kwargs.get("training") is False
        kind, found = "point", {} if alone and fixed else None
    else:
        return None
    kwargs = kwargs | {"inplace": False} if kwargs.get("inplace") else kwargs
    return None if found is None else Layer(kind, func, args, kwargs, tuple(out.shape[1:]), **found)


def _conv(given):
    kernel, dilation = given["weight"].shape[2], _one(given.get("dilation", 1))
    padding = _one(given.get("padding", 0))
    padding = {"valid": 0, "same": dilation * (kernel - 1) // 2}.get(padding, padding)
    return dict(
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
    return dict(kernel=kernel, stride=stride, dilation=dilation, padding=padding, mean=mean)


def _one(value):
    """A number that may stand alone or in a list."""
    return (value[0] if len(value) == 1 else None) if isinstance(value, list | tuple) else value
