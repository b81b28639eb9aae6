"""DeepLIFT multipliers with the rescale rule: Shrikumar, Greenside and Kundaje (2017), complete for every
layer."""

from contextlib import contextmanager

import torch

from xassay.core.entry import rows
from xassay.core.errors import InputError
from xassay.core.multiplied import Multiplied
from xassay.core.paired import Pairs
from xassay.core.targets import explained

MISSED, ROUNDED = 0.01, 1e-4  # of the model's answers, of the contributions' sizes


def multipliers(model, x, reference, target, *, chunk=None):
    """Multipliers m of each reference: sum(m (x - r)) = f(x) - f(r), f the explained logit.

    x: (sample, ...), NaN where absent; reference: (reference, sample, ...); target: (sample,); chunk: samples
    at a time (default: by memory). A sample runs once for all of its references. Returns (reference, sample,
    ...), 0 where absent. Raises InputError, which names it, for a call that is not linear and has no rule,
    and where the sums miss f(x) - f(r): what a model chooses by masks and indices made from x no rule can
    see."""
    size = chunk or max(1, rows(model, x) // (len(reference) + 1))
    blocks = [slice(start, start + size) for start in range(0, len(x), size)]
    return torch.cat([_block(model, x[p], reference[:, p], target[p]) for p in blocks], 1)


def _block(model, x, reference, target):
    """``multipliers`` of a few samples."""
    groups = len(reference) + 1
    with torch.enable_grad(), fixed(model):
        leaf = torch.cat([x[None], reference]).flatten(0, 1).detach().requires_grad_()
        with Multiplied(Pairs(groups, len(x))):
            logits = model(leaf)
        answers = explained(logits, target.repeat(groups))
        (slope,) = torch.autograd.grad(answers[len(x) :].sum(), leaf)
    found = slope.unflatten(0, (groups, -1))[1:]
    check(found * (x - reference).nan_to_num(), answers.detach().view(groups, -1))
    return found


@contextmanager
def fixed(model):
    """The model with parameters that ask for no gradient: what does is taken to depend on x."""
    free = [parameter for parameter in model.parameters() if parameter.requires_grad]
    try:
        for parameter in free:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in free:
            parameter.requires_grad_(True)


def check(contributions, answers):
    """Raise InputError where contributions, (reference, sample, ...), do not add up to what the model
    answers, (1 + reference, sample)."""
    lost, each = answers[:1] - answers[1:], contributions.flatten(2)
    miss = (each.sum(-1) - lost).abs().mean()
    if miss > MISSED * lost.abs().mean() + ROUNDED * each.abs().sum(-1).mean():
        raise InputError(
            f"deep_lift: contributions miss f(x) - f(reference) by {miss / lost.abs().mean():.1%}; "
            "allowed: models that choose by no mask or index made from x, or another method"
        )
