"""Local edits of a sequence, recomputed only as far as they reach, as fastISM does: Nair et al. (2022).

Through the local layers that a model begins with (core/chains), an edit changes a few positions of every
output. What follows them runs in full, on the unedited output with the recomputed slice put in; a global
pooling needs the slice and what lies left and right of it, a matrix on all positions the slice alone.
"""

from math import lcm, prod
from typing import NamedTuple

import torch

from xassay.core.chains import Given, chain
from xassay.core.recomputed import Known
from xassay.core.slices import shifted, union
from xassay.core.targets import explained

BUDGET = 4 << 20  # bytes of the widest slices at a time
BLOCK, MEMORY = 64, 1 << 28  # samples whose activations are kept at a time, and about how many bytes of them
ENOUGH = 48  # edits that are worth a batch of their own
TAIL = 1 << 12  # rows at a time where the local layers end in a vector


class Plan(NamedTuple):
    """Windows, (start, width), of x and of every layer's output, for edits that start at one place."""

    reached: list  # what an edit can change
    asked: list  # what is recomputed of values: poolings read more than that


class Reach:
    """A model's local layers, for edits of one width. Raises LookupError where there is nothing to gain."""

    def __init__(self, model, x, width):
        """x: (sample, channel, position), the first of which is run; width: of an edit, in positions."""
        self.model, self.shape, self.plans = model, x.shape[1:], {}
        layers, ends = chain(model, x[:1].clone())
        self.layers = layers[: _near(layers, ends, width, x.shape[2])]
        self.vector = self.layers[-1].kind in ("whole", "dense")
        self.scales = [1]
        for one in self.layers:
            scales = {self.scales[i] * one.stride for i in one.sources}
            if len(scales) > 1:
                raise LookupError("values of different strides")
            self.scales += scales
        self.period = lcm(*self.scales)
        size = sum(prod(one.shape) for one in self.layers) * x.element_size()
        self.block = max(1, min(BLOCK, MEMORY // size))

    def shift(self, number):
        """Positions of an output that one period is."""
        return self.period // self.scales[number]

    def grain(self, n_edits):
        """To which multiples starts are rounded down, so that enough edits share their windows."""
        divisors = [n for n in range(1, self.period + 1) if self.period % n == 0]
        return next(n for n in divisors if n == self.period or n_edits * n >= ENOUGH * self.period)

    @torch.no_grad()
    def __call__(self, x, starts, content, target, grain, rows, chunk=None, fills=(torch.nan,)):
        """The explained logit of every edit: (fill, sample, edit) float64.

        grain: what starts are rounded down to; rows: of whole outputs at a time; fills: what stands in the
        place of x and of what is passed over (chains.Given); all else as in ``windows.edited``."""
        parts = zip(*(values.split(self.block) for values in (x, starts, content, target)))
        return torch.cat([self._answers(*part, grain, rows, chunk, fills) for part in parts], 1)

    def _answers(self, x, starts, content, target, grain, whole, chunk, fills):
        """Edits whose starts agree modulo the period of all strides have the same windows, shifted: they are
        recomputed together, from left to right."""
        sample = torch.arange(len(x), device=x.device).repeat_interleave(starts.shape[1])
        width = content.shape[3]
        start, content = starts.flatten(), content.flatten(0, 1).transpose(1, 2)
        period, phase = start // self.period, start % self.period // grain
        order = (phase * x.shape[2] + period).argsort(stable=True)
        phases, numbers = (part.tolist() for part in phase[order].unique_consecutive(return_counts=True))
        plans = [self.plan(k * grain, width + grain - 1) for k in phases]
        known = Known(self, x, plans)
        chunk = chunk or max(1, BUDGET // (known.widest * x.element_size()))
        chunk = chunk if self.vector else min(chunk, whole)
        out = torch.empty(len(fills), len(start), dtype=torch.float64, device=x.device)
        kept = []
        for plan, group in zip(plans, order.split(numbers)):
            for rows in group.split(chunk):
                which, at = sample[rows], start[rows]
                change = shifted(content[rows] - known.tables[0].slices(which, at, width), at % grain, grain)
                last = known.passed(plan, which, period[rows], change)
                if self.vector:
                    kept.append(last)
                else:
                    out[:, rows] = self._rest(last, target[which], fills)
        if kept:
            for rows, last in zip(order.split(TAIL), torch.cat(kept).split(TAIL)):
                out[:, rows] = self._rest(last, target[sample[rows]], fills)
        return out.view(-1, *starts.shape)

    def plan(self, start, width):
        """The windows of an edit of ``width`` positions from ``start`` on."""
        if (start, width) not in self.plans:
            self.plans[start, width] = self._plan(start, width)
        return self.plans[start, width]

    def _plan(self, start, width):
        reached = [(start, width)]
        for one in self.layers:
            reached.append(one.reached(*union([reached[i] for i in one.sources])))
        asked = list(reached)
        for number in range(len(self.layers), 0, -1):
            one = self.layers[number - 1]
            if not one.linear:
                wanted = one.read(*asked[number]) if one.kind == "pool" else asked[number]
                for i in one.sources:
                    asked[i] = union([asked[i], wanted])
        return Plan(reached, asked)

    def _rest(self, value, target, fills):
        """The explained logit where the local layers give ``value``: (fill, edit)."""
        answers = []
        for fill in fills:
            with Given(self.layers, self.shape, value, fill) as given:
                logits = self.model(given.start)
            if given.left:
                raise LookupError("a model that runs otherwise than when it was watched")
            answers.append(explained(logits, target).double())
        return torch.stack(answers)


def _near(layers, ends, width, length):
    """How many layers there are up to where an edit can change more than a whole output.

    Raises LookupError without a convolution among them."""
    windows, near = [(0, width)], 0
    for number, one in enumerate(layers, 1):
        windows.append(one.reached(*union([windows[i] for i in one.sources])))
        if one.kind not in ("flat", "dense", "whole") and windows[-1][1] > one.shape[1]:
            break
        near = number if number in ends else near
    if not any(one.kind == "conv" for one in layers[:near]):
        raise LookupError("no convolution that an edit reaches in part")
    return near
