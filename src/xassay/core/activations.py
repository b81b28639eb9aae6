"""Inside a model: outputs of its modules along the sequence, one unit, answers when an output is changed."""

from contextlib import contextmanager

import torch
from torch import nn

from xassay.core.entry import rows, watched
from xassay.core.errors import InputError


def first_convolution(model, where):
    """The convolution that reads the bases: ``model.first_layer``, or the first Conv1d of four channels.

    Raises InputError where there is none."""
    named = getattr(model, "first_layer", None)
    found = [named] if isinstance(named, nn.Conv1d) else model.modules()
    for module in found:
        if isinstance(module, nn.Conv1d) and module.in_channels == 4 and module.groups == 1:
            return module
    raise InputError(f"{where}: the model has no convolution over the four bases; allowed: a model with one")


@torch.no_grad()
def traces(model, x, only=None):
    """Outputs along the sequence: {name: (sample, channel, place)}, on the CPU.

    Of every module without children that gives (sample, channel, place), recurrent ones turned to that, in
    its first call; and ``states``, where the model has states(x). only: the one name that is wanted."""
    parts = {}
    for part in x.split(rows(model, x[:1])):
        calls, _ = watched(model, lambda part=part: model(part))
        found = {name: along(module, output) for name, module, _, output in reversed(calls)}
        if hasattr(model, "states"):
            found["states"] = model.states(part)
        for name, output in found.items():
            fits = torch.is_tensor(output) and output.dim() == 3 and output.shape[2] > 1
            if fits and len(output) == len(part) and only in (None, name):
                parts.setdefault(name, []).append(output.cpu())
    return {name: torch.cat(outputs) for name, outputs in parts.items()}


def along(module, output):
    """A module's output with its places last."""
    if isinstance(module, nn.RNNBase):
        output = output[0]
        return output.transpose(1, 2) if module.batch_first else output.permute(1, 2, 0)
    return output


@contextmanager
def changed(module, change):
    """While it lasts, ``module`` gives ``change`` of its output."""
    hook = module.register_forward_hook(lambda _, given, output: change(output))
    try:
        yield
    finally:
        hook.remove()


class Unit(nn.Module):
    """A channel of a module as a model of one output: its largest value along the sequence."""

    def __init__(self, model, name, channel):
        super().__init__()
        self.model, self.name, self.channel = model, name, channel

    def forward(self, x):
        """(sample, 4, position) -> (sample, 1)."""
        seen = []
        hook = self.model.get_submodule(self.name).register_forward_hook(
            lambda module, given, output: seen.append(along(module, output))
        )
        try:
            self.model(x)
        finally:
            hook.remove()
        return seen[0][:, self.channel].flatten(1).amax(1, keepdim=True)


def unit(model, text, x, where):
    """What ``text`` names: the Module, the target of its explained output, and whether it is the model's own.

    text: "output", "output:K" for output K of several, or "layer:channel". x: (1, 4, position), for a trial.
    Raises InputError for a unit that the model does not have."""
    name, _, number = text.partition(":")
    with torch.no_grad():
        outputs = model(x[:1]).shape[1]
    if name == "output" and (not number or (number.isdigit() and int(number) < outputs)):
        return model, int(number or 0) if outputs > 1 else 1, True
    layers = dict(model.named_modules())
    if name in layers and name and number.isdigit():
        calls, _ = watched(model, lambda: model(x[:1]))
        shapes = {called: along(module, output).shape for called, module, _, output in calls}
        if name in shapes and len(shapes[name]) in (2, 3) and int(number) < shapes[name][1]:
            return Unit(model, name, int(number)), 1, False
    allowed = ", ".join(name for name in layers if name)
    raise InputError(
        f"{where}: {text!r}; allowed: output, output:K, or LAYER:CHANNEL of the layers {allowed}"
    )
