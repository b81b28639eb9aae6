"""Where an input enters a model: the calls of its modules, and the model after its first linear layer.

Shared by paths of gradients and by masks. A layer is only found here; who uses it tries it first.
"""

import copy

import torch
from torch import nn

TOLERANCE = 1e-5  # of each sample's largest value
BUDGET = 4 << 20  # bytes of the largest activation at a time: what stays in a core's cache is fastest
WIDER = 64  # times more where there is no such cache


def watched(model, ask):
    """Calls of the modules without children as ``ask()`` runs the model, and what that returned.

    A call is (name, module, input, output), in their order."""
    calls = []

    def watch(name, module):
        return module.register_forward_hook(
            lambda _, given, output: calls.append((name, module, given, output))
        )

    hooks = [watch(*named) for named in model.named_modules() if not any(named[1].children())]
    try:
        return calls, ask()
    finally:
        for hook in hooks:
            hook.remove()


def first_linear(calls):
    """Position of the first linear layer's call; None without one, or where what ran up to it runs again."""
    first = next((k for k, (_, module, *_) in enumerate(calls) if isinstance(module, nn.Linear)), None)
    if first is None:
        return None
    names = [name for name, *_ in calls]
    return None if set(names[: first + 1]) & set(names[first + 1 :]) else first


class Rest(nn.Module):
    """A model after ``layer``; of x it sees only which instances are there.

    layer, earlier: names of modules. What was called earlier is taken out: its work is done. Parameters are
    the model's own."""

    def __init__(self, model, earlier, layer):
        super().__init__()
        shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
        self.model, self.given = copy.deepcopy(model, shared), _Given()
        for name in earlier:
            self.model.set_submodule(name, nn.Identity())
        self.model.set_submodule(layer, self.given)

    def forward(self, h):
        """h: (sample, instance, width), NaN where absent. Returns what the model does."""
        return self.after(h.nan_to_num(), h[..., :1].detach())

    def after(self, h, stub):
        """h: the layer's output, (sample, ..., width); stub: what stands in for x, (sample, ...)."""
        self.given.value = h
        return self.model(stub)


class _Given(nn.Module):
    """Returns what it was given, whatever it is asked."""

    value = None

    def forward(self, _):
        return self.value


def close(one, other, scale):
    """Whether each sample's values agree, against its largest of ``scale``; NaN at the same places."""
    if not torch.equal(one.isnan(), other.isnan()):
        return False
    gap = torch.where(one.isnan(), 0.0, one - other).abs().flatten(1).amax(1)
    return bool((gap <= TOLERANCE * scale.nan_to_num().abs().flatten(1).amax(1)).all())


def rows(model, x, ask=None, budget=BUDGET):
    """Rows of a batch whose largest activation fills ``budget`` bytes, from the sizes that one sample has.

    Never timed: a table must not depend on how busy a machine was. x: (sample, ...); ask: runs the model on
    the first (default: calls it)."""
    calls, _ = watched(model, ask or (lambda: model(x[:1])))
    outputs = [output for *_, output in calls if isinstance(output, torch.Tensor)]
    largest = max(part.nbytes for part in (x[:1], *outputs))
    return max(1, budget * (1 if x.device.type == "cpu" else WIDER) // max(largest, 1))


def blocks(x, budget, more=0):
    """Slices of the samples of x, (sample, ...), of at most ``budget`` bytes, one sample at the least.

    more: bytes that come with a sample, where they are more than its own."""
    size = max(1, budget // max(x[0].nbytes, more))
    return [slice(start, start + size) for start in range(0, len(x), size)]
