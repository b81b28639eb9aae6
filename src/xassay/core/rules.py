"""What a rule of DeepLIFT works on, and the gradient as a rule: Shrikumar, Greenside and Kundaje (2017).

A rule turns multipliers of an operation's outputs into those of its inputs, such that multipliers times
differences of the inputs add up to multipliers times differences of the outputs. A difference is that between
a sample and its reference. A rule takes a ``Step`` and the slopes of its outputs (None where nothing reads
one), and returns one slope, or None, for each input that depends on x.
"""

from copy import copy

import torch

from xassay.core.recorded_calls import Call
from xassay.core.refused_calls import differing, lacking


class Step:
    """A call, and its values for a sample and for its reference."""

    def __init__(self, call: Call, x, r, frozen):
        """x, r: values of the two runs by number; frozen: numbers of those that no difference passes."""
        self.call, self._x, self._r = call, x, r
        self.live = [n not in frozen for n in call.given]
        for n, live in zip(call.given, self.live):
            if not live and not torch.equal(x[n].nan_to_num(), r[n].nan_to_num()):
                raise differing(f"a condition, an index or a count that aten.{call.name} reads")

    def x(self, k=0):
        """The sample's value of input k, counted among those that depend on x."""
        return self._x[self.call.given[k]]

    def r(self, k=0):
        """The reference's."""
        return self._r[self.call.given[k]]

    def out_x(self, k=0):
        """The sample's value of output k."""
        return self._x[self.call.made[k]]

    def out_r(self, k=0):
        """The reference's."""
        return self._r[self.call.made[k]]

    def midway(self):
        """Inputs half way between sample and reference."""
        return [(self.x(k) + self.r(k)) / 2 if live else self.r(k) for k, live in enumerate(self.live)]

    def argument(self, at, default=None):
        """Argument number ``at``, half way where it depends on x."""
        for k, place in enumerate(self.call.places):
            if place == (at, None):
                return (self.x(k) + self.r(k)) / 2 if self.live[k] else self.r(k)
        return self.call.args[at] if len(self.call.args) > at else default

    def run(self, inputs):
        """The outputs, as a tuple, for other inputs."""
        args, kwargs = list(self.call.args), dict(self.call.kwargs)
        for (at, k), tensor in zip(self.call.places, inputs):
            holder = args if isinstance(at, int) else kwargs
            if k is None:
                holder[at] = tensor
            else:
                holder[at] = [tensor if j == k else one for j, one in enumerate(holder[at])]
        out = self.call.func(*args, **kwargs)
        return out if isinstance(out, tuple | list) else (out,)

    def calling(self, func):
        """The same of another function."""
        other = copy(self)
        other.call = self.call._replace(func=func)
        return other

    def each(self, part):
        """``part(position among the arguments, its value)`` for each input, None where no slope passes."""
        found = zip(self.call.places, self.call.given, self.live)
        return [part(at, self._r[n]) if live else None for (at, _), n, live in found]

    def only_first(self):
        """Refuse a call in which more than the first argument depends on x."""
        self.refuse(self.call.places != ((0, None),), "of several inputs")

    def refuse(self, when, what):
        """Refuse a kind of call that has no rule."""
        if when:
            raise lacking(f"{self.call.name} {what}")


def gradient_at(step, inputs, slopes):
    """Slopes of the inputs by the gradient at ``inputs``."""
    with torch.enable_grad():
        leaves = [
            value.detach().requires_grad_() if live else value for value, live in zip(inputs, step.live)
        ]
        asked = [leaf for leaf, live in zip(leaves, step.live) if live]
        outs = [(out, slope) for out, slope in zip(step.run(leaves), slopes) if slope is not None]
        out, slope = zip(*outs)
        found = iter(torch.autograd.grad(out, asked, slope, allow_unused=True))
    return [next(found) if live else None for live in step.live]


def gradient(step, slopes):
    """The gradient, wherever it is taken: the rule of what is linear in its inputs together."""
    return gradient_at(step, [step.r(k) for k in range(len(step.live))], slopes)


def midpoint(step, slopes):
    """The gradient half way: the rule of whatever is of degree two or less, in one input or in several."""
    return gradient_at(step, step.midway(), slopes)
