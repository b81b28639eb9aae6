"""The local layers that a model begins with, found by watching a run, and a run that is given their end.

They are taken as far as one value that alone is read later on, so that skips and branches may be among them
as long as they close again. Whatever a model does after that value is its own affair.
"""

import torch
from torch.overrides import TorchFunctionMode

from xassay.core.layers import layer, tensors

ASKING = ("__get__", "size", "dim", "__len__")  # calls that tell a shape or a type
SAME = ("float", "double", "to", "contiguous", "dropout")  # calls that may return what they are given


def chain(model, x):
    """Layers that a model begins with. x: (sample, channel, position).

    Returns (layers, ends): a list, and the numbers of those whose outputs alone are read by what comes after,
    so that the list may be cut there; the last is its length. Both are empty without a local layer."""
    with torch.no_grad(), _Watch() as watch:
        model(x)
    layers, last, kept = [], [0.0], {id(x): (0, tuple(x.shape[1:]))}
    for func, args, kwargs, out in watch.calls:
        used = [kept[id(t)][0] for t in tensors((args, kwargs)) if id(t) in kept]
        if not used or _passing(func, args, out):
            continue
        found = layer(func, args, kwargs, out, kept)
        for source in used:
            last[source] = max(last[source], len(layers) + 1 if found else torch.inf)
        if found:
            layers.append(found)
            last.append(0.0)
            kept[id(out)] = len(layers), () if found.kind in ("whole", "dense") else found.shape
    ends = [n for n in range(1, len(layers) + 1) if max(last[:n]) <= n and layers[n - 1].kind != "flat"]
    return layers[: max(ends, default=0)], ends


def heaviest(model, x):
    """Elements of the largest tensor that a model makes of one sample. x: (sample, ...), the first is run."""
    with torch.no_grad(), _Watch() as watch:
        model(x[:1].clone())
    return max(t.numel() for *_, out in watch.calls for t in tensors(out))


class Given(TorchFunctionMode):
    """While it is entered, a model's first layers give ``value``; those before the last give ``fill``, as
    shaped.

    Whatever else reads them shows in the answer as long as it depends on the fill."""

    def __init__(self, layers, x_shape, value, fill=torch.nan):
        super().__init__()
        self.left, self.value, self.fill = list(layers), value, fill
        self.start = self._empty(x_shape)
        self.given, self.kept = {id(self.start): 0}, [self.start]

    def _empty(self, shape):
        return self.value.new_full((), self.fill).expand(len(self.value), *shape)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self.left:
            used = tuple(self.given[id(t)] for t in tensors((args, kwargs)) if id(t) in self.given)
            if used and func is self.left[0].called and used == self.left[0].sources:
                return self._next(args)
            if used and getattr(func, "__name__", "") in SAME:
                return args[0]
        return func(*args, **kwargs)

    def _next(self, args):
        """What the next layer gives."""
        done = self.left.pop(0)
        # what is written over stays the same tensor, by whichever name the model goes on
        out = args[0] if done.in_place else self._empty(done.shape)
        out = out if self.left else self.value
        self.given[id(out)] = len(self.kept)
        self.kept.append(out)
        return out


class _Watch(TorchFunctionMode):
    """Keeps every call of a function of torch, and so every tensor: no two share an id."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, out))
        return out


def _passing(func, args, out):
    """Whether a call reads no value of its tensor: it tells a shape, or returns what it was given."""
    name = getattr(func, "__name__", "")
    return (name in ASKING and not tensors(out)) or (name in SAME and args and out is args[0])
