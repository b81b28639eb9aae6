"""DeepLIFT's multipliers of any model in evaluation mode: Shrikumar, Greenside and Kundaje (2017), Rescale.

The model runs once on the samples and once on each reference; the calls of the two runs are paired one by
one, so that nothing is assumed about modules, shapes or where the samples' axis goes. From the explained
output backwards every call has a rule (core/rules*.py). One without is refused by name: a gradient in its
place would look like an answer.
"""

import torch

from xassay.core import rules_elements, rules_linear, rules_lstm, rules_normal, rules_pool
from xassay.core.contributions import contributions
from xassay.core.entry import BUDGET, WIDER
from xassay.core.recorded_calls import recorded
from xassay.core.refused_calls import lacking, missing
from xassay.core.rules import Step
from xassay.core.targets import explained

RULES = {}
for rules in (rules_linear, rules_elements, rules_pool, rules_normal, rules_lstm):
    RULES |= rules.RULES
KEPT = 32  # times BUDGET, bytes of all values of a run
GAP = 1e-2  # share of what the answers differ by that may be missing: rounding stays far below,
ROUNDED = 1e3  # but for so many units in the last place of the answers themselves


def multipliers(model, x, reference, target, chunk=None):
    """Multipliers m of the explained output: the sum of m * (x - reference) is f(x) - f(reference).

    x: (sample, ...), NaN where the model sees nothing; reference: (reference, sample, ...), NaN at the same
    places; target: (sample,); chunk: samples at a time, by default as many as fit a core's cache. Returns
    reference's shape; what is said of absent elements is arbitrary. Raises InputError for an operation that
    has no rule, and for a model that computes otherwise for a sample than for its reference."""
    found = torch.zeros_like(reference)
    for part, k, slope in _slopes(model, x, reference, target, chunk):
        found[k, part] = slope
    return found


def mean_contributions(model, x, reference, target, alphabet=None, chunk=None):
    """Contributions (core/contributions.py) by ``multipliers``, mean over references: x's shape.

    alphabet: the axis of x whose entries are one choice among several, or None. One reference's multipliers
    are in memory at a time."""
    found = torch.zeros_like(x)
    for part, k, slope in _slopes(model, x, reference, target, chunk):
        found[part] += contributions(slope, x[part], reference[k, part], alphabet)
    return found / len(reference)


def _slopes(model, x, reference, target, chunk):
    """Yields samples (a slice), the number of a reference, and the multipliers (sample, ...)."""
    size = chunk or _fitting(model, x[:1])
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        run, number, answer = recorded(model, x[part])
        for k, other in enumerate(reference[:, part]):
            yield part, k, _multipliers(model, run, number, answer, other, target[part])


def _fitting(model, x):
    """Samples whose largest value, and whose values together, fit the budgets. x: one sample."""
    run, *_ = recorded(model, x)
    memory = {v.untyped_storage().data_ptr(): v.untyped_storage().nbytes() for v in run.values}
    budget = BUDGET * (1 if x.device.type == "cpu" else WIDER)
    return max(1, min(budget // max(*memory.values(), 1), KEPT * budget // max(sum(memory.values()), 1)))


@torch.no_grad()
def _multipliers(model, run, number, answer, reference, target):
    """Multipliers of samples whose run was recorded, against one reference."""
    other, _, its_answer = recorded(model, reference, run)
    slope = torch.zeros_like(reference)
    if number is not None and number not in run.frozen:
        slope = _back(run, other, number, _slope_of_target(answer, target), slope)
    _check(slope * (run.values[0] - reference), explained(answer, target), explained(its_answer, target))
    return slope


def _slope_of_target(answer, target):
    with torch.enable_grad():
        logits = answer.detach().requires_grad_()
        return torch.autograd.grad(explained(logits, target).sum(), logits)[0]


def _back(run, other, number, slope, none):
    """Slopes of x from that of the output, call by call; ``none`` where nothing leads back to x."""
    slopes = {number: slope}
    for call in reversed(other.calls):
        given = [slopes.pop(n, None) for n in call.made]
        if all(one is None for one in given):
            continue
        if call.name not in RULES:
            raise lacking(call.name)
        step = Step(call, run.values, other.values, run.frozen)
        for n, live, part in zip(call.given, step.live, RULES[call.name](step, given)):
            if live and part is not None:
                part = part.to(other.values[n].dtype)
                slopes[n] = part if n not in slopes else slopes[n] + part
    return slopes.get(0, none)


def _check(parts, answer, its_answer):
    """Refuse contributions that miss part of the difference: torch did not see all that was computed."""
    parts, lost = parts.nan_to_num().flatten(1), answer - its_answer
    gap, size = (parts.sum(1) - lost).abs(), parts.abs().sum(1) + lost.abs()
    rounded = ROUNDED * torch.finfo(lost.dtype).eps * (answer.abs() + its_answer.abs())
    if (gap > GAP * size + rounded).any():
        raise missing(float((gap / size).nan_to_num().max()))
