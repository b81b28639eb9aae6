"""Whether masks may be summed in a model's first linear layer, found by trying it on every sample.

They may where each element of x reaches that layer by itself (filled, centred, logged, flattened), once, and
what follows needs nothing else of x than which instances are there.
"""

import torch
from torch import nn

from xassay.core.entry import BUDGET, close, first_linear, watched
from xassay.core.first_layer import FirstLayer
from xassay.core.units import Mixer

FEW = 8  # masks a sample below which trying costs more than it saves
TRIED = 16  # masked inputs that are tried at least, one a sample


def opened(model, x, baseline, units):
    """The model as a ``FirstLayer``, or None where a trial fails. Arguments as in ``masking``."""
    if not torch.equal(baseline.isnan(), x.isnan().expand_as(baseline)):
        return None  # instances are removed
    try:
        return _tried(model, x, baseline, units)
    except Exception:  # whatever a model answers to being taken apart
        return None


def _tried(model, x, baseline, units):
    calls, _ = watched(model, lambda: model(x[:1]))
    first = first_linear(calls)
    if first is None:
        return None
    names, layer, z = [name for name, *_ in calls[: first + 1]], calls[first][1], calls[first][2][0]
    if type(layer) is not nn.Linear or z.shape[1:] not in (x.shape[1:], x[0].flatten().shape):
        return None
    of = units.of.view(len(units.of), -1, z.shape[-1])
    if not torch.equal(of, of[:, :1].expand_as(of)):
        return None  # a unit is a part of some lines alone
    inputs = [_entering(model, layer, part) for part in (x, *baseline)]
    found, mixer = FirstLayer(model, names, layer, x, inputs, units), Mixer(x, baseline, units)
    for found.stub in _stubs(x, z):
        if _agrees(found, model, layer, mixer, inputs):
            return found
    return None


def _entering(model, layer, x):
    """What enters ``layer`` as the model reads x."""

    class Stop(Exception):
        pass

    def seize(module, given):
        seen.append(given[0])
        raise Stop

    seen, hook = [], layer.register_forward_pre_hook(seize)
    try:
        for part in x.split(max(1, BUDGET // x[0].nbytes)):
            try:
                model(part)
            except Stop:
                pass
    finally:
        hook.remove()
    return torch.cat(seen)


def _stubs(x, z):
    """What may stand in for x behind the layer, the smallest first: (1 or sample, ...), NaN where absent."""
    whole = torch.where(x.isnan(), x, 0.0) if x.isnan().any() else x.new_zeros(1).expand(1, *x.shape[1:])
    yield whole[..., :1] if z.ndim == x.ndim else x.new_zeros(1, *[1] * (x.ndim - 1))
    yield whole


def _agrees(found, model, layer, mixer, inputs):
    """Whether masked inputs reach the layer element by element, and the rest needs nothing else of them."""
    (start, *ends), draws = inputs, torch.Generator().manual_seed(0)
    masks = torch.rand(-(-TRIED // len(start)), len(start), found.count, generator=draws) < 0.5
    masks, everyone = masks.to(start.device), torch.arange(len(start), device=start.device)
    for part in everyone.split(max(1, BUDGET // start[0].nbytes)):
        for reference, end in enumerate(ends):
            for mask in masks[:, part]:
                mixed = mixer(reference, part, mask)
                calls, logits = watched(model, lambda mixed=mixed: model(mixed))
                given = next(given[0] for _, module, given, _ in calls if module is layer)
                expected = torch.where(mixer.spread(part, mask).view_as(given), end[part], start[part])
                rest = found.after(layer(given).flatten(1), part)
                if not (close(given, expected, expected) and close(rest, logits, logits)):
                    return False
    return True
