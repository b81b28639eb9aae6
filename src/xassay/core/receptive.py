"""Local edits of a sequence, recomputed only as far as they reach, as fastISM does: Nair et al. (2022).

Along the chain of calls that a model begins with (core/chains), an edit changes a few positions of every
output, and a convolution passes on the change alone, as a product with one matrix. What follows the chain
runs in full, on the unedited output with the recomputed slice put in; a global pooling needs the slice and
what lies left and right of it. Slices are (edit, position, channel), as activations are here, and the
windows that they fill may hang over a sequence's ends.
"""

from typing import NamedTuple

import torch
from torch.nn.functional import conv1d

from xassay.core.chains import Given, Layer, chain
from xassay.core.slices import Table, placed
from xassay.core.targets import explained

BUDGET = 2 << 20  # bytes of the widest slices at a time
ENOUGH = 48  # edits that are worth a batch of their own
TAIL = 1 << 12  # rows at a time after a global pooling
WIDE = 4  # times the kernel: for longer slices a convolution is cheaper than its matrix
LARGEST = 4 << 20  # elements of a matrix


class Step(NamedTuple):
    """A convolution or none, then a pooling or none, and functions of single values around it."""

    conv: Layer | None
    before: list
    pool: list
    after: list


class Reach:
    """A model's chain, for edits of one width. Raises LookupError where there is nothing to gain."""

    def __init__(self, model, x, width):
        """x: (sample, channel, position), the first of which is run; width: of an edit, in positions."""
        self.model, self.matrices, self.shape, self.fill = model, {}, x.shape[1:], torch.nan
        self.layers = _near(chain(model, x[:1].clone()), width, x.shape[2])
        self.whole = self.layers[-1] if self.layers[-1].kind == "whole" else None
        self.steps, self.period = [], 1
        for layer in self.layers:
            self.period *= layer.stride
            if layer.kind == "conv" or not self.steps or (layer.kind == "pool" and self.steps[-1].pool):
                self.steps.append(Step(layer if layer.kind == "conv" else None, [], [], []))
            if layer.kind == "pool":
                self.steps[-1].pool.append(layer)
            elif layer.kind == "point":
                (self.steps[-1].after if self.steps[-1].pool else self.steps[-1].before).append(layer)

    def grain(self, n_edits):
        """To which multiples starts are rounded down, so that enough edits share their windows."""
        divisors = [n for n in range(1, self.period + 1) if self.period % n == 0]
        return next(n for n in divisors if n == self.period or n_edits * n >= ENOUGH * self.period)

    @torch.no_grad()
    def __call__(self, x, starts, content, target, grain, chunk=None):
        """The explained logit of every edit: (sample, edit) float64.

        Arguments as in ``windows.edited``. Edits whose starts agree modulo the chain's period have the same
        windows, shifted: they are recomputed together."""
        sample = torch.arange(len(x), device=x.device).repeat_interleave(starts.shape[1])
        width = content.shape[3]
        start, content = starts.flatten(), content.flatten(0, 1).transpose(1, 2)
        phase = start % self.period // grain
        order, numbers = phase.argsort(stable=True), phase.bincount(minlength=self.period // grain).tolist()
        plans = [self.plan(k * grain, width + grain - 1) for k in range(len(numbers))]
        known = _Known(self, x, plans)
        chunk = chunk or max(1, BUDGET // (known.widest * x.element_size()))
        out = torch.empty(len(start), dtype=torch.float64, device=x.device)
        kept = []
        for plan, group in zip(plans, order.split(numbers)):
            for rows in group.split(chunk) if len(group) else ():
                which, at = sample[rows], start[rows]
                change = _shifted(content[rows] - known.x.slices(which, at, width), at % grain, grain)
                last = known.passed(plan, which, at // self.period, change)
                if self.whole:
                    kept.append(last)
                else:
                    out[rows] = self._rest(last, target[which])
        if kept:
            for rows, last in zip(order.split(TAIL), torch.cat(kept).split(TAIL)):
                out[rows] = self._rest(last, target[sample[rows]])
        return out.view(starts.shape)

    def plan(self, start, width):
        """Windows, (start, width): the edit's, then each step's: of its convolution and of its output."""
        plan = [(start, width)]
        for step in self.steps:
            inner = outer = step.conv.reached(*plan[-1]) if step.conv else plan[-1]
            if step.pool:
                outer = step.pool[0].reached(*inner)
                inner = step.pool[0].read(*outer)
            plan += [inner, outer]
        return plan

    def convolved(self, conv, change, lead, base):
        """base plus what a convolution makes of a change, of which it first reads position ``lead``."""
        n_edits, width, channels = change.shape
        size = change[0].numel() * base[0].numel()
        if conv.groups == 1 and width <= WIDE * conv.kernel and size <= LARGEST:
            key = (id(conv), lead, width, base.shape[1])
            if key not in self.matrices:
                self.matrices[key] = _matrix(conv, *key[1:])
            return base.flatten(1).addmm_(change.flatten(1), self.matrices[key]).view_as(base)
        spread = placed(change, -lead, conv.read(0, base.shape[1])[1]).transpose(1, 2)
        found = conv1d(spread, conv.weight, None, conv.stride, 0, conv.dilation, conv.groups)
        return base.add_(found.transpose(1, 2))

    def _rest(self, value, target):
        """The explained logit where the chain gives ``value``."""
        with Given(self.layers, self.shape, value, self.fill) as given:
            logits = self.model(given.start)
        if given.left:
            raise LookupError("a model that runs otherwise than when it was watched")
        return explained(logits, target).double()


class _Known:
    """Activations of the unedited x, in tables of every plan's slices."""

    def __init__(self, reach, x, plans):
        self.reach, scale = reach, reach.period
        last = (x.shape[2] - 1) // reach.period
        self.x = Table(x, [], 0, 0)
        self.tables, h = [], x
        for k, step in enumerate(reach.steps):
            if step.conv:
                h, scale = step.conv(h), scale // step.conv.stride
            self.tables.append(Table(h, [plan[2 * k + 1] for plan in plans], scale, last))
            for layer in (*step.before, *step.pool, *step.after):
                h, scale = layer(h), scale // layer.stride
            self.tables.append(Table(h, [plan[2 * k + 2] for plan in plans], scale, last))
        self.widest = max(table.widest for table in self.tables)
        if reach.whole is None:
            self.output, self.widest = h, max(self.widest, h[0].numel())
        elif reach.whole.mean:
            self.mean = h.mean(2)
        else:
            self.left, self.right = self.tables[-1].maxima()

    def passed(self, plan, sample, period, change):
        """What the chain gives for edits: its output, whole.

        plan: theirs; sample: (edit,); period: (edit,), how many periods the plan's windows are shifted by;
        change: (edit, position, channel), edited less unedited."""
        for k, step in enumerate(self.reach.steps):
            (begin, _), (start, width), outer = plan[2 * k : 2 * k + 3]
            table = self.tables[2 * k]
            at = start + period * table.scale
            h = table.slices(sample, at, width)
            if step.conv:
                h = self.reach.convolved(step.conv, change, step.conv.read(start, width)[0] - begin, h)
            else:
                h += placed(change, begin - start, width)
            h = _each(step.before, h)
            for pool in step.pool:
                table.blank(h, at, 0.0 if pool.mean else -torch.inf)
                h = pool.pooled(h, outer[1])
            h, table = _each(step.after, h), self.tables[2 * k + 1]
            at = outer[0] + period * table.scale
            if k < len(self.reach.steps) - 1:
                change = table.blank(h - table.slices(sample, at, outer[1]), at, 0.0)
        if self.reach.whole is None:
            return table.spliced(self.output.index_select(0, sample), h, at)
        if self.reach.whole.mean:
            change = table.blank(h - table.slices(sample, at, outer[1]), at, 0.0)
            found = self.mean[sample] + change.sum(1) / table.length
        else:
            place = at + table.margin
            found = torch.maximum(self.left[sample, place], self.right[sample, place + outer[1]])
            found = torch.maximum(found, table.blank(h, at, -torch.inf).amax(1))
        return found.view(-1, *self.reach.whole.shape)


def _near(layers, width, length):
    """Layers up to the one whose whole output an edit can change. Raises LookupError without convolution."""
    for k, layer in enumerate(layers):
        width = (width - 1 + layer.span - 1) // layer.stride + 1
        if layer.kind == "whole" or width >= layer.shape[1]:
            layers = layers[: k + (layer.kind == "whole")]
            break
    if not any(layer.kind == "conv" for layer in layers):
        raise LookupError("no convolution that an edit reaches in part")
    return layers


def _matrix(conv, lead, width, n_out):
    """A convolution of ``width`` positions as a matrix: (position x channel, output position x channel)."""
    n_channels, n_in, _ = conv.weight.shape
    matrix = conv.weight.new_zeros(width, n_out, n_in, n_channels)
    out = torch.arange(n_out, device=matrix.device)
    for k in range(conv.kernel):
        place = out * conv.stride + k * conv.dilation + lead
        inside = (place >= 0) & (place < width)
        matrix[place[inside], out[inside]] = conv.weight[:, :, k].T
    return matrix.transpose(1, 2).reshape(width * n_in, n_out * n_channels)


def _shifted(change, by, grain):
    """Slices longer by ``grain`` - 1 positions, with ``change`` from ``by``, (edit,), on."""
    if grain == 1:
        return change
    n_edits, width, channels = change.shape
    out = change.new_zeros(n_edits, width + grain - 1, channels)
    rows = torch.arange(n_edits, device=change.device)[:, None]
    out[rows, by[:, None] + torch.arange(width, device=change.device)] = change
    return out


def _each(layers, h):
    """Functions of single values: a slice's positions are as rows of a batch."""
    for layer in layers:
        h = layer(h.flatten(0, 1)).view_as(h)
    return h
