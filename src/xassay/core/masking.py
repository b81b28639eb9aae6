"""A model's answers to masks: the explained logit with chosen instances replaced by the baseline's.

Where a model is ``pool(embed(x))`` (it provides "instances") every instance and every reference is embedded
once and masks mix rows of the embedding, which is exact where an instance's embedding knows nothing of the
others: ``check_instances`` makes sure. Otherwise masks mix rows of x.
"""

import torch

from xassay.core.bags import present
from xassay.core.errors import InputError
from xassay.core.targets import explained

BUDGET = 2 << 20  # bytes of mixed rows at a time: what stays in a core's cache is fastest
TRIED = 8  # samples that ``check_instances`` tries


def answers(model, x, baseline, masks, target, chunk=None):
    """The explained logit of masked samples, averaged over references.

    x: (sample, instance, feature); baseline: (reference, sample, instance, feature), NaN where the
    masked instance is to be removed; masks: (sample, mask, instance) bool, True where replaced;
    target: (sample,); chunk: rows at a time (default: by memory). Returns (sample, mask) float64."""
    sample = torch.arange(len(x), device=x.device).repeat_interleave(masks.shape[1])
    flat = masks.flatten(0, 1)
    return _rows(model, x, baseline, lambda part: flat[part], sample, target, chunk).view(masks.shape[:2])


def curves(model, x, baseline, order, target, chunk=None):
    """The explained logit while instances are replaced one after the other.

    order: (sample, order, instance), the instances' numbers in the order of their replacement, absent
    ones last. Other arguments as in ``answers``. Returns (sample, order, step) float64 of instance + 1
    steps: the first is f(x), the n-th of a bag of n has all replaced, NaN beyond."""
    rank = order.argsort(-1)  # when each instance is replaced
    steps = torch.arange(x.shape[1] + 1, device=x.device)
    shape = (*order.shape[:2], len(steps))
    valid = (steps <= present(x).sum(1)[:, None])[:, None, :].expand(shape)
    sample, which, step = valid.nonzero().unbind(1)
    out = torch.full(shape, torch.nan, dtype=torch.float64, device=x.device)
    out[valid] = _rows(
        model,
        x,
        baseline,
        lambda part: rank[sample[part], which[part]] < step[part, None],
        sample,
        target,
        chunk,
    )
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


@torch.no_grad()
def _rows(model, x, baseline, masks, sample, target, chunk):
    """The explained logit of masked rows: (row,) float64.

    masks: slice of rows -> (row, instance) bool, made as needed; sample: (row,), whose mask each is."""
    answer = model
    if by_instance(model):
        x, answer = model.embed(x), model.pool
        baseline = [model.embed(reference) for reference in baseline]
    if chunk is None:
        chunk = max(1, BUDGET // (x[0].numel() * x.element_size()))
    tables = [
        torch.stack([x, reference]).flatten(0, 2) for reference in baseline
    ]  # kept rows, then replacements
    place = torch.arange(x[..., 0].numel(), device=x.device).view(x.shape[:2])
    out = torch.zeros(len(sample), dtype=torch.float64, device=x.device)
    for start in range(0, len(sample), chunk):
        part = slice(start, start + chunk)
        rows = sample[part]
        chosen = place[rows] + masks(part) * place.numel()
        for table in tables:
            mixed = table.index_select(0, chosen.flatten()).view(*chosen.shape, -1)
            out[part] += explained(answer(mixed), target[rows]).double()
    return out / len(tables)
