"""Masks as sums in a model's first linear layer: exact, and no masked input is ever made.

Where each element of x reaches that layer by itself, the layer's output for a masked x is that for x plus
what each replaced unit adds: masks are a product with these contributions, one unit is a rank-one update, an
order a running sum. ``core.shortcut`` finds out for which models this holds.
"""

import torch
from torch.nn.functional import embedding_bag, linear

from xassay.core.entry import BUDGET, Rest, rows
from xassay.core.targets import explained

LARGEST = 256 << 20  # bytes of one sample's contributions beyond which masks mix x
HIDDEN = BUDGET // 4  # bytes of activations at a time: the layer's output is written and read besides
STEPS = 16  # of an order at a time, where there are curves enough to fill a batch


class FirstLayer:
    """A model from its first linear layer on. Answers are (reference, sample, ...) float64."""

    def __init__(self, model, names, layer, x, inputs, units):
        """names: of the modules up to ``layer``; inputs: of the layer, for x and for each reference."""
        start, *ends = (part.reshape(len(x), -1, part.shape[-1]) for part in inputs)
        self.rest, self.weight = Rest(model, names[:-1], names[-1]), layer.weight.T.contiguous()
        self.shape = (*inputs[0].shape[1:-1], layer.out_features)
        self.start = linear(start, layer.weight, layer.bias).flatten(1)
        self.change, self.count = [end - start for end in ends], units.count
        of = units.of.view(len(units.of), -1, start.shape[-1])[:, 0]
        self.element = of.argsort(dim=1, stable=True)  # elements in the order of their units
        self.size = torch.zeros(len(of), units.count, dtype=torch.long, device=of.device)
        self.size.scatter_add_(1, of, torch.ones_like(of))
        self.begin = self.size.cumsum(1) - self.size
        self.single = bool((self.size == 1).all())
        if self.single and len(of) == 1 and (self.element[0].diff() != 1).any():
            self.weight = self.weight[self.element[0]]
            self.change = [change[..., self.element[0]] for change in self.change]  # in the order of units

    def answers(self, masks, target, chunk):
        """masks: (sample, mask, unit). Returns (reference, sample, mask)."""
        chunk, (count, asked, _) = chunk or self.chunk(), masks.shape
        out = self.empty(masks.shape[:2])
        together = max(1, min(chunk // asked, LARGEST // (self.count * self.start[0].nbytes)))
        for reference, part in self.parts(count, together):
            added = self.added(reference, part, 0, self.count)
            for these in torch.arange(asked, device=part.device).split(chunk):
                chosen = masks[part, these[0] : these[-1] + 1].to(added.dtype)
                h = torch.baddbmm(self.start[part, None], chosen, added).flatten(0, 1)
                found = self.logit(h, part.repeat_interleave(len(these)), target)
                out[reference, part, these[0] : these[-1] + 1] = found.view(len(part), -1)
        return out

    def singles(self, target, chunk):
        """Each unit replaced alone: (reference, sample, unit)."""
        chunk, out = chunk or self.chunk(), self.empty((len(self.start), self.count))
        for reference, part in self.parts(len(self.start), max(1, chunk // self.count)):
            for first in range(0, self.count, chunk):
                h = self.added(reference, part, first, min(first + chunk, self.count))
                sample = part.repeat_interleave(h.shape[1])
                found = self.logit(h.add_(self.start[part, None]).flatten(0, 1), sample, target)
                out[reference, part, first : first + h.shape[1]] = found.view(h.shape[:2])
        return out

    def curves(self, order, target, chunk):
        """Units replaced one after the other: (reference, sample, order, step).

        order: (sample, order, unit)."""
        chunk, (count, orders, steps) = chunk or self.chunk(), order.shape
        every, out = torch.arange(count, device=order.device), self.empty((count * orders, steps + 1))
        sample, order = every.repeat_interleave(orders), order.flatten(0, 1).T.contiguous()  # (step, curve)
        out[:, :, 0] = self.logit(self.start.clone(), every, target)[sample]
        for reference, part in self.parts(len(sample), max(1, chunk // STEPS)):
            total, size = self.start[sample[part]].double(), max(1, chunk // len(part))
            for first in range(0, steps, size):
                unit = order[first : first + size, part]
                which = sample[part].repeat(len(unit))
                h = self.of(reference, which, unit.flatten())
                total = _run(h.view(*unit.shape, -1), total)
                found = self.logit(h, which, target).view(unit.shape)
                out[reference, part, first + 1 : first + 1 + len(unit)] = found.T
        return out.view(-1, count, orders, steps + 1)

    def added(self, reference, sample, first, last):
        """What replacing each unit of ``first`` to ``last`` adds to the output: (sample, unit, value).

        sample: (sample,) numbers."""
        if self.single and len(self.size) == 1:
            change = self.change[reference][sample, :, first:last].transpose(1, 2)
            return (change[..., None] * self.weight[first:last, None]).flatten(2)
        unit = torch.arange(first, last, device=sample.device)
        found = self.of(reference, sample.repeat_interleave(len(unit)), unit.repeat(len(sample)))
        return found.view(len(sample), len(unit), -1)

    def of(self, reference, sample, unit):
        """What replacing ``unit`` of ``sample``, both (row,), adds to the layer's output: (row, value)."""
        change, own = self.change[reference], sample if len(self.size) > 1 else torch.zeros_like(sample)
        lines = change.shape[1]
        if self.single:
            element = unit if len(self.size) == 1 else self.element[own, unit]
            weight = self.weight.index_select(0, element)
            if lines == 1:
                return weight.mul_(change[sample, 0, element][:, None])
            return (change[sample, :, element][..., None] * weight[:, None]).flatten(1)
        size = self.size[own, unit].repeat_interleave(lines)  # elements of each line of each unit
        begin = size.cumsum(0) - size
        bag = torch.arange(len(size), device=size.device).repeat_interleave(size)
        row, place = bag // lines, torch.arange(len(bag), device=bag.device) - begin[bag]
        element = self.element[own[row], self.begin[own, unit][row] + place]
        weights = change[sample[row], bag % lines, element]
        found = embedding_bag(element, self.weight, begin, mode="sum", per_sample_weights=weights)
        return found.view(len(sample), -1)

    def logit(self, h, sample, target):
        """The explained logit of rows of the layer's output: (row,)."""
        return explained(self.after(h, sample), target[sample]).double()

    def after(self, h, sample):
        """The model's output; h: (row, values) of the layer; sample: (row,), whose row each is."""
        stub = self.stub.expand(len(h), *self.stub.shape[1:]) if len(self.stub) == 1 else self.stub[sample]
        return self.rest.after(h.view(len(h), *self.shape), stub)

    def chunk(self):
        """Rows at a time."""
        one = torch.zeros(1, dtype=torch.long, device=self.start.device)
        return rows(self.rest, self.start, lambda: self.after(self.start[:1].clone(), one), HIDDEN)

    def fits(self):
        """Whether the contributions of one sample can be held at once."""
        return self.count * self.start[0].nbytes <= LARGEST

    def empty(self, shape):
        return self.start.new_empty((len(self.change), *shape), dtype=torch.float64)

    def parts(self, count, size):
        """Every reference with every block of row numbers."""
        blocks = torch.arange(count, device=self.start.device).split(size)
        return [(reference, part) for reference in range(len(self.change)) for part in blocks]


def _run(h, total):
    """Running sums of h, (step, curve, value), from ``total`` (float64) on, in place; returns the last.

    Few steps are added in h's precision, these sums in float64: a thousand roundings would show."""
    whole = len(h) - len(h) % STEPS
    for part in (h[:whole], h[whole:]):
        if len(part):
            blocks = part.unflatten(0, (-1, min(STEPS, len(part))))
            for step in range(1, blocks.shape[1]):
                blocks[:, step].add_(blocks[:, step - 1])
            sums = [total]
            for last in blocks[:, -1].double():
                sums.append(sums[-1] + last)
            blocks += torch.stack(sums[:-1])[:, None].to(h.dtype)
            total = sums[-1]
    return total
