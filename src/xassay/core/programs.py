"""Grammars: how bound sites make a logit. Each is a smooth function of the log-odds of binding.

A rule gives a probability q that what it asks for is there, and the logit gain (q - 1/2); a rule that counts
gives gain (number of sites - (needed - 1/2)).
"""

from typing import NamedTuple

import torch

from xassay.core.occupancy import bound, either, present

LEAST = 0.02  # a pair whose distance is worth less than this is none
ALMOST = 1 - 1e-6  # keeps the logarithm of what is left of a certainty finite


class Rule(NamedTuple):
    """What a grammar goes by. widths: (motif,); gain; needed: sites that count asks for; window: first
    position and the one after the last, between which a site lies that ``position`` counts; spacing: the
    preferred number of bases between two sites, below 0 where they overlap; decay: bases over which a pair's
    effect falls to 1/e."""

    widths: torch.Tensor
    gain: float
    needed: float
    window: tuple
    spacing: int
    decay: float


def single(odds, rule):
    """One site or more of the motif."""
    return rule.gain * (present(odds).sum(-1, keepdim=True) - 0.5)


def count(odds, rule):
    """``needed`` sites or more, of all motifs together."""
    number = bound(odds, rule.widths).sum((-2, -1))
    return rule.gain * (number - (rule.needed - 0.5))[:, None]


def position(odds, rule):
    """``needed`` sites or more within the window."""
    starts = torch.arange(odds.shape[-1], device=odds.device)
    low, high = rule.window
    within = (starts >= low) & (starts + rule.widths[:, None] <= high)
    number = (bound(odds, rule.widths) * within).sum((-2, -1))
    return rule.gain * (number - (rule.needed - 0.5))[:, None]


def every(odds, rule):
    """A site of every motif (AND)."""
    return rule.gain * (present(odds).prod(-1, keepdim=True) - 0.5)


def some(odds, rule):
    """A site of one motif or more (OR)."""
    return rule.gain * (0.5 - (1 - present(odds)).prod(-1, keepdim=True))


def one_of_two(odds, rule):
    """A site of one motif and none of the other (XOR)."""
    one, other = present(odds).unbind(-1)
    return rule.gain * (one + other - 2 * one * other - 0.5)[:, None]


def unless(odds, rule):
    """A site of every motif but the last, which represses (NOT)."""
    there = present(odds)
    return rule.gain * (there[:, :-1].prod(-1) * (1 - there[:, -1]) - 0.5)[:, None]


def spacing(odds, rule):
    """A site of each of two motifs, in either order, worth exp(-|gap - spacing| / decay)."""
    one, other = either(odds).unbind(1)
    left = paired(one, other, int(rule.widths[0]), rule) + paired(other, one, int(rule.widths[1]), rule)
    return rule.gain * (0.5 - torch.exp(left))[:, None]


def heterodimer(odds, rule):
    """Two motifs side by side on one strand, the first before the second as that strand is read, worth as
    ``spacing`` says; the other strand sees the second before the first."""
    one, other = odds.sigmoid().unbind(1)
    left = paired(one[:, 0], other[:, 0], int(rule.widths[0]), rule)
    left = left + paired(other[:, 1], one[:, 1], int(rule.widths[1]), rule)
    return rule.gain * (0.5 - torch.exp(left))[:, None]


def order(odds, rule):
    """A site of the second motif that begins where one of the first has ended, or later."""
    one, other = odds.unbind(1)
    free = torch.nn.functional.softplus(one).sum(-2).cumsum(-1)  # of all sites that begin here or before
    width = min(int(rule.widths[0]), odds.shape[-1])
    before = 1 - torch.exp(-torch.nn.functional.pad(free, (width, 0))[:, : odds.shape[-1]])
    pairs = before * (1 - torch.exp(-torch.nn.functional.softplus(other).sum(-2)))
    return rule.gain * (0.5 - torch.exp(torch.log1p(-ALMOST * pairs).sum(-1)))[:, None]


def several(odds, rule):
    """One output a motif: a site of it or more."""
    return rule.gain * (present(odds) - 0.5)


def paired(one, other, width, rule):
    """Log-probability that no pair is bound whose first site, ``width`` wide, is followed by the second.

    Sites may overlap, but neither lies within the other, where neither would be first. one, other:
    occupancies (sample, position) by first position. Returns (sample,)."""
    length, total = one.shape[-1], one.new_zeros(len(one))
    narrow = int(rule.widths.min())
    for gap, worth in gaps(rule.spacing, rule.decay).items():
        shift = width + gap
        if gap > -narrow and shift < length:
            pairs = one[:, : length - shift] * other[:, shift:]
            total = total + torch.log1p(-ALMOST * worth * pairs).sum(-1)
    return total


def gaps(preferred, decay):
    """Numbers of bases between two sites, and what each is worth: 1 at ``preferred``, ``LEAST`` or more."""
    reach = int(decay * -torch.log(torch.tensor(LEAST)).item())
    steps = torch.arange(-reach, reach + 1)
    worth = torch.exp(-steps.abs() / decay)
    return {preferred + int(step): float(value) for step, value in zip(steps, worth)}


PROGRAMS = {  # in this order they are numbered in files
    "single": single,
    "count": count,
    "position": position,
    "and": every,
    "or": some,
    "xor": one_of_two,
    "not": unless,
    "spacing": spacing,
    "orientation": single,  # of sites on the strand that is given
    "order": order,
    "heterodimer": heterodimer,
    "multi_task": several,
}
