"""A model's answers to masks: the explained logit with chosen units replaced by the baseline's.

Units are the instances of a bag, the features of a row, the superpixels of an image: see ``core.units``.
Two exact shortcuts. Where a model is ``pool(embed(x))`` (it provides "instances") every instance and every
reference is embedded once and masks mix rows of the embedding; ``check_instances`` makes sure that an
instance's embedding knows nothing of the others. Where units enter the first linear layer by themselves,
masks are sums there: see ``core.shortcut``. Otherwise masks mix x.
"""

import torch

from xassay.core import shortcut
from xassay.core.bags import present
from xassay.core.entry import rows
from xassay.core.errors import InputError
from xassay.core.targets import explained
from xassay.core.units import Mixer, numbered, there

TRIED = 8  # samples that ``check_instances`` tries


@torch.no_grad()
def answers(model, x, baseline, masks, target, *, units=None, each=False, chunk=None):
    """The explained logit of masked samples, averaged over references.

    x: (sample, ...); baseline: (reference, sample, ...), NaN where the masked unit is to be removed (bags
    only); masks: (sample, mask, unit) bool, or (1, mask, unit) for all samples, True where replaced; target:
    (sample,); units: integers that broadcast to x[0] or to x (default: the positions along axis 1); each: one
    answer a reference; chunk: rows at a time (default: by memory). Returns (sample, mask) float64, with
    ``each`` (reference, sample, mask)."""
    units, masks = numbered(x, units, masks.shape[-1]), masks.expand(len(x), -1, -1)
    opened = _opened(model, x, baseline, units, masks.shape[1])
    if opened and opened.fits():
        found = opened.answers(masks, target, chunk)
    else:
        sample = torch.arange(len(x), device=x.device).repeat_interleave(masks.shape[1])
        flat = masks.flatten(0, 1)
        found = _rows(model, x, baseline, units, lambda part: flat[part], sample, target, chunk)
        found = found.view(-1, *masks.shape[:2])
    return found if each else found.mean(0)


@torch.no_grad()
def singles(model, x, baseline, target, *, units=None, chunk=None):
    """The explained logit with one unit replaced, averaged over references: (sample, unit) float64.

    Arguments as in ``answers``. NaN where the unit is absent."""
    units = numbered(x, units)
    home, valid = _home(model, x, units), there(x, units)
    opened = None if home is not None else _opened(model, x, baseline, units, units.count)
    if opened:
        return torch.where(valid, opened.singles(target, chunk).mean(0), torch.nan)
    sample, unit = valid.nonzero().unbind(1)
    every = torch.arange(units.count, device=x.device)
    out = torch.full(valid.shape, torch.nan, dtype=torch.float64, device=x.device)
    if home is not None:
        found = _parts(model, x, baseline, units, home, sample, unit, target, chunk)
    else:
        found = _rows(
            model, x, baseline, units, lambda part: unit[part, None] == every, sample, target, chunk
        )
    out[valid] = found.mean(0)
    return out


@torch.no_grad()
def curves(model, x, baseline, order, target, *, units=None, chunk=None):
    """The explained logit while units are replaced one after the other, averaged over references.

    order: (sample, order, unit), the units' numbers in the order of their replacement, absent ones last.
    Other arguments as in ``answers``. Returns (sample, order, step) float64 of unit + 1 steps: the first is
    f(x), the n-th of a sample of n has all replaced, NaN beyond."""
    units = numbered(x, units, order.shape[-1])
    steps = torch.arange(units.count + 1, device=x.device)
    shape = (*order.shape[:2], len(steps))
    valid = (steps <= there(x, units).sum(1)[:, None])[:, None, :].expand(shape)
    opened = _opened(model, x, baseline, units, order.shape[1] * units.count)
    if opened:
        return torch.where(valid, opened.curves(order, target, chunk).mean(0), torch.nan)
    rank = order.argsort(-1)  # when each unit is replaced
    sample, which, step = valid.nonzero().unbind(1)
    out = torch.full(shape, torch.nan, dtype=torch.float64, device=x.device)
    found = _rows(
        model,
        x,
        baseline,
        units,
        lambda part: rank[sample[part], which[part]] < step[part, None],
        sample,
        target,
        chunk,
    )
    out[valid] = found.mean(0)
    return out


def removal(x):
    """The baseline that removes instances: (1, sample, instance, feature) of NaN."""
    return torch.full_like(x, torch.nan)[None]


def ordered(attribution, descending):
    """Orders for ``curves`` from a map, ties in the order of the instances.

    attribution: (sample, instance), NaN where absent. Returns (sample, 1, instance) with absent last."""
    filled = attribution.nan_to_num(nan=-torch.inf if descending else torch.inf)
    return filled.argsort(dim=-1, descending=descending, stable=True)[:, None]


def by_instance(model):
    """Whether masks mix rows of the embedding; a ``provides`` set on the model, its CARD's, may forbid it."""
    halves = hasattr(model, "embed") and hasattr(model, "pool")
    return halves and "instances" in getattr(model, "provides", ("instances",))


@torch.no_grad()
def check_instances(model, x, baseline, name):
    """Raise InputError where mixing rows of the embedding is not mixing rows of x.

    Tried on the few largest samples, every other instance replaced. x, baseline: as in ``answers``; name:
    the model's, for the message."""
    if not by_instance(model):
        return
    largest = present(x).sum(1).topk(min(TRIED, len(x))).indices
    x, reference = x[largest], baseline[0][largest]
    replaced = (torch.arange(x.shape[1], device=x.device) % 2 == 0)[:, None]
    whole, other, mixed = (model.embed(bag) for bag in (x, reference, torch.where(replaced, reference, x)))
    if not _same(mixed, torch.where(replaced, other, whole)):
        fault = "its embed() of an instance depends on the others"
    elif not _same(model(x), model.pool(whole)):
        fault = "it is not pool(embed(x))"
    else:
        return
    raise InputError(
        f'model {name} provides "instances" but {fault}; allowed: a CARD whose provides lacks "instances"'
    )


def _same(one, other):
    """Equal to 1e-4 of each column's largest value, and to rounding. (..., width), NaN where absent."""
    if one.shape != other.shape or not torch.equal(one.isnan(), other.isnan()):
        return False
    gap, size = (part.nan_to_num().abs().flatten(0, -2).amax(0) for part in (one - other, other))
    return bool((gap <= 1e-4 * size + 1e-6 * size.max()).all())


def _opened(model, x, baseline, units, asked):
    """The model from its first linear layer on, where that serves and ``asked`` masks a sample repay it."""
    if asked < shortcut.FEW or (units.axis and by_instance(model)):
        return None
    return shortcut.opened(model, x, baseline, units)


def _rows(model, x, baseline, units, masks, sample, target, chunk):
    """The explained logit of masked rows: (reference, row) float64.

    masks: slice of rows -> (row, unit) bool, made as needed; sample: (row,), whose mask each is."""
    answer = model
    if units.axis and by_instance(model):
        x, answer = model.embed(x), model.pool
        baseline, units = [model.embed(reference) for reference in baseline], numbered(x)
    chunk, mixer = chunk or rows(model, x, lambda: answer(x[:1])), Mixer(x, baseline, units)
    out = torch.zeros(len(baseline), len(sample), dtype=torch.float64, device=x.device)
    for start in range(0, len(sample), chunk):
        part = slice(start, start + chunk)
        chosen = masks(part)
        for reference in range(len(baseline)):
            mixed = mixer(reference, sample[part], chosen)
            out[reference, part] = explained(answer(mixed), target[sample[part]]).double()
    return out


def _home(model, x, units):
    """The instance that each unit is a part of, (unit,); None where a unit lies in several."""
    if units.axis or x.ndim != 3 or len(units.of) > 1 or not by_instance(model):
        return None
    instance = torch.arange(x.shape[1], device=x.device).repeat_interleave(x.shape[2])
    first, last = (
        instance.new_zeros(units.count).scatter_reduce_(0, units.of[0], instance, how, include_self=False)
        for how in ("amin", "amax")
    )
    return first if torch.equal(first, last) else None


def _parts(model, x, baseline, units, home, sample, unit, target, chunk):
    """The explained logit with a part of one instance replaced: (reference, row) float64.

    That instance alone is embedded anew. home: of each unit; sample, unit: (row,)."""
    of, whole = units.of.view(x.shape[1:]), model.embed(x)
    chunk = chunk or rows(model, whole, lambda: model.pool(whole[:1]))
    out = torch.zeros(len(baseline), len(sample), dtype=torch.float64, device=x.device)
    for part in torch.arange(len(sample), device=x.device).split(chunk):
        row, at = sample[part], home[unit[part]]
        replaced, kept, mixed = of[at] == unit[part, None], x[row, at], whole[row]
        for reference, other in enumerate(baseline):
            changed = torch.where(replaced, other[row, at], kept)
            mixed[part - part[0], at] = model.embed(changed[:, None])[:, 0]
            out[reference, part] = explained(model.pool(mixed), target[row]).double()
    return out
