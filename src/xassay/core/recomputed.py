"""Activations of unedited sequences, and how edits pass through the layers that read them (core/receptive).

A convolution, a mean or a sum passes on the change of its input alone; functions of single values, products
and largest values need the new values: the unedited ones with the change put in. Either is made from the
other only where a layer reads it.
"""

import torch

from xassay.core.slices import Table, blank, convolved, placed, spliced


class Known:
    """What is known of some x: tables of those outputs that edits are put into or compared with."""

    def __init__(self, reach, x, plans):
        """reach: receptive.Reach; x: (sample, channel, position); plans: those of the edits to come."""
        self.reach, self.layers, self.prepared = (
            reach,
            reach.layers,
            [{} for _ in range(len(reach.layers) + 1)],
        )
        end, repeats = len(self.layers), (x.shape[2] - 1) // reach.period
        self.after, self.shapes = [0] * end + [end + 1], [x.shape[1:], *(one.shape for one in self.layers)]
        wanted = [{"reached"}, *(set() for _ in self.layers)]
        for number, one in enumerate(self.layers, 1):
            for i in one.sources:
                self.after[i] = number  # the last layer that reads it
                if one.linear != self._changed(i) or (one.kind == "whole" and not one.mean):
                    wanted[i].add("reached" if one.linear else "asked")
        if not reach.vector and self._changed(end):
            wanted[end].add("asked")
        self.tables, h = {}, {0: x}
        for number in range(end + 1):
            if number:
                one = self.layers[number - 1]
                h[number] = one(*(h[i] for i in one.sources))
            windows = [getattr(plan, kind)[number] for plan in plans for kind in wanted[number]]
            if windows:
                self.tables[number] = Table(h[number], windows, reach.shift(number), repeats)
            h = {i: kept for i, kept in h.items() if self.after[i] > number}
        self.output = h[end]
        if one.kind == "whole" and not one.mean:
            self.left, self.right = self.tables[one.sources[0]].maxima()
        if one.kind == "dense":  # (position, channel x output)
            flat = self.layers[one.sources[0] - 1].sources[0]
            weight = one.weight.view(len(one.weight), *self.shapes[flat]).transpose(0, 1).flatten(0, 1)
            windows = [plan.reached[flat] for plan in plans]
            self.weight = Table(weight[None], windows, reach.shift(flat), repeats)
        slices = ((plan.asked[i][1], shape) for plan in plans for i, shape in enumerate(self.shapes))
        self.widest = max(shape[0] * width for width, shape in slices if len(shape) == 2)

    def _changed(self, number):
        """Whether an output's change is found first, not its new value."""
        return number == 0 or self.layers[number - 1].linear

    def passed(self, plan, sample, period, change):
        """What the local layers give for edits: the last one's output, whole.

        plan: theirs; sample: (edit,); period: (edit,), rising, how many periods the plan's windows are
        shifted by; change: (edit, position, channel), edited less unedited."""
        edits = _Edits(self, plan, sample, period, change)
        for number in range(1, len(self.layers) + 1):
            found = edits.through(number)
        return edits.whole() if found is None else found


class _Edits:
    """Some edits on their way: by number, the change of each output or its new value, or both."""

    def __init__(self, known, plan, sample, period, change):
        self.known, self.reach, self.sample, self.period = known, known.reach, sample, period
        self.reached, self.asked = plan
        self.first, self.last = int(period[0]), int(period[-1])
        self.changes, self.values, self.clean = {0: change}, {}, {0}

    def at(self, number, start):
        """Where slices of an output begin that the plan has begin at ``start``: (edit,)."""
        return start + self.period * self.reach.shift(number)

    def blanked(self, number, h, start, value):
        """Slices that the plan has begin at ``start``, with ``value`` beyond the ends, in place."""
        shift, length = self.reach.shift(number), self.known.shapes[number][-1]
        if start + self.first * shift < 0 or start + self.last * shift + h.shape[1] > length:
            blank(h, self.at(number, start), length, value)
        return h

    def change(self, number):
        """New less unedited values in the window that edits reach, zeros beyond the sequence's ends."""
        start, width = self.reached[number]
        if number not in self.changes:
            new = self.value(number, (start, width))
            old = self.known.tables[number].slices(self.sample, self.at(number, start), width)
            self.changes[number] = torch.sub(new, old, out=old)
        if number not in self.clean:
            self.clean.add(number)
            self.blanked(number, self.changes[number], start, 0.0)
        return self.changes[number]

    def value(self, number, window, outside=None):
        """New values in a window, (start, width), of those asked for; beyond the ends ``outside``, if
        given."""
        start, width = self.asked[number]
        if number not in self.values:
            h = self.known.tables[number].slices(self.sample, self.at(number, start), width)
            first = self.reached[number][0] - start
            h[:, first : first + self.reached[number][1]] += self.changes[number]
            self.values[number] = h
        h = self.values[number]
        if outside is not None:
            self.blanked(number, h, start, outside)
        return h[:, window[0] - start :][:, : window[1]]

    def through(self, number):
        """Pass one layer. Returns what it gives where that is a vector, or None."""
        one, source = self.known.layers[number - 1], self.known.layers[number - 1].sources[0]
        reached, asked = self.reached[number], self.asked[number]
        if one.kind in ("whole", "dense"):
            return getattr(self, one.kind)(one, source)
        if one.kind == "flat":
            self.changes[number] = self.change(source)
            self.clean.add(number)
        elif one.kind == "conv":
            given = self.change(source), self.reached[source][0], reached
            self.changes[number] = convolved(one, *given, self.known.prepared[number])
        elif one.kind == "pool" and one.mean:
            start, width = one.read(*reached)
            h = placed(self.change(source), self.reached[source][0] - start, width)
            self.changes[number] = one.pooled(h, reached[1])
        elif one.kind == "pool":
            self.values[number] = one.pooled(self.value(source, one.read(*asked), -torch.inf), asked[1])
        elif one.linear:
            self.changes[number] = self.summed(one, number)
        else:  # a slice's positions are as rows of a batch
            parts = [self.value(i, asked).flatten(0, 1) for i in one.sources]
            self.values[number] = one(*parts).view(len(self.sample), asked[1], -1)
        for i in one.sources:
            if self.known.after[i] == number:
                self.changes.pop(i, None), self.values.pop(i, None)
        return None

    def summed(self, one, number):
        """The change of a sum, or of values joined along the channels."""
        start, width = self.reached[number]
        free = [i for i in one.sources if self.reached[i][1] == width and self.known.after[i] == number]
        if one.func.__name__ == "add" and free and one.sources[0] != one.sources[1]:
            total, other = self.change(free[0]), sum(one.sources) - free[0]
            first = self.reached[other][0] - start
            total[:, first : first + self.reached[other][1]] += self.change(other)
            return total
        parts = [placed(self.change(i), self.reached[i][0] - start, width) for i in one.sources]
        return torch.cat(parts, 2) if one.kind == "join" else one.func(*parts)

    def whole(self, one=None, source=None):
        """A global pooling, or all of the last output."""
        known, number = self.known, len(self.known.layers) if one is None else source
        start, width = self.reached[number]
        at, length = self.at(number, start), known.shapes[number][-1]
        if one is None:
            return spliced(known.output.index_select(0, self.sample), self.value(number, (start, width)), at)
        if one.mean:
            change = self.change(source).sum(1)
            change = change if one.func.__name__ == "sum" else change / length
            found = known.output[self.sample].flatten(1) + change
        else:
            place = at + known.tables[number].margin
            found = torch.maximum(known.left[self.sample, place], known.right[self.sample, place + width])
            found = torch.maximum(found, self.value(number, (start, width), -torch.inf).amax(1))
        return found.view(-1, *one.shape)

    def dense(self, one, source):
        """A matrix that reads all positions: edits that start together share its rows."""
        (start, width), change = self.reached[source], self.change(source).flatten(1)
        channels, weight = change.shape[1] // width, self.known.weight
        found, first = self.known.output[self.sample], 0
        for period, n in zip(*(part.tolist() for part in self.period.unique_consecutive(return_counts=True))):
            begin = (start + period * self.reach.shift(source) + weight.margin) * channels
            rows = weight.rows.view(-1, len(one.weight))[begin : begin + width * channels]
            found[first : first + n].addmm_(change[first : first + n], rows)
            first += n
        return found
