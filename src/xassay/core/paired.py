"""Differences passed back exactly: autograd functions that know each input beside its references.

Rows of a batch are groups of equal size: the samples, then the same samples' references, one group each. A
slope that arrives at the rows of a reference is turned into DeepLIFT's multiplier against that reference
(shrikumar2017): what a layer passes on adds up to its change of output exactly. Rows of the samples get
nothing.
"""

import torch

TINY = {torch.float32: 1e-6, torch.float64: 1e-12}  # of the values: a smaller difference tells no slope


class Pairs:
    """groups: 1 + the number of references; samples: rows of a group at the input."""

    def __init__(self, groups, samples):
        self.groups, self.samples = groups, samples

    def holds(self, values):
        """Whether the first axis of a tensor is that of the rows."""
        rows = self.groups * self.samples
        return values.dim() > 0 and len(values) >= rows and len(values) % rows == 0

    def split(self, values):
        """(of the samples (row, ...), of the references (reference, row, ...))."""
        grouped = values.unflatten(0, (self.groups, -1))
        return grouped[0], grouped[1:]

    def joined(self, multiplier):
        """Slopes of all rows from those of the references, (reference, row, ...): zeros for the samples."""
        return torch.cat([torch.zeros_like(multiplier[:1]), multiplier]).flatten(0, 1)

    def middle(self, values):
        """Mean of each reference's row and its sample's; the samples' own rows as they are."""
        grouped = values.unflatten(0, (self.groups, -1))
        return ((grouped + grouped[:1]) / 2).flatten(0, 1)


class Rescaled(torch.autograd.Function):
    """A function of single values: multiplier = change of the output / change of the input."""

    @staticmethod
    def forward(ctx, z, pairs, function):
        out = function(z)
        ctx.pairs, ctx.function = pairs, function
        ctx.save_for_backward(z, out)
        return out

    @staticmethod
    def backward(ctx, slope):
        z, out = ctx.saved_tensors
        (x, r), (up, low) = ctx.pairs.split(z), ctx.pairs.split(out)
        change = x - r
        near = change.abs() <= TINY.get(z.dtype, 1e-3) * torch.maximum(x.abs(), r.abs()).clamp(min=1e-3)
        ratio = (up - low) / torch.where(near, 1.0, change)
        if near.any():
            with torch.enable_grad():
                point = r.detach().requires_grad_()
                (plain,) = torch.autograd.grad(ctx.function(point).sum(), point)
            ratio = torch.where(near, plain, ratio)
        return ctx.pairs.joined(ctx.pairs.split(slope)[1] * ratio), None, None


class Bilinear(torch.autograd.Function):
    """A product of two values that both depend on the input: each passes on the other's mean over the pair.

    a_x b_x - a_r b_r = (a_x - a_r) (b_x + b_r) / 2 + (a_x + a_r) / 2 (b_x - b_r), whatever product it is."""

    @staticmethod
    def forward(ctx, a, b, pairs, product):
        ctx.pairs, ctx.product = pairs, product
        ctx.save_for_backward(a, b)
        return product(a, b)

    @staticmethod
    def backward(ctx, slope):
        with torch.enable_grad():
            a, b = (ctx.pairs.middle(value).detach().requires_grad_() for value in ctx.saved_tensors)
            slopes = torch.autograd.grad(ctx.product(a, b), (a, b), slope)
        return *slopes, None, None


class Largest(torch.autograd.Function):
    """The largest of some values: the samples' winner rises to it, the references' falls from it
    (lundberg2017).

    pooled: z -> (largest values, their flat places along the last axes of z that ``axes`` counts)."""

    @staticmethod
    def forward(ctx, z, pairs, pooled, axes):
        out, place = pooled(z)
        ctx.pairs, ctx.axes = pairs, axes
        ctx.save_for_backward(z, out, place)
        return out

    @staticmethod
    def backward(ctx, slope):
        z, out, place = ctx.saved_tensors
        pairs, last = ctx.pairs, -ctx.axes
        (x, r), (up, low), (at_x, at_r) = (pairs.split(values) for values in (z, out, place))
        given, higher = pairs.split(slope)[1], torch.maximum(up, low)
        change = (x - r).flatten(last)
        total = torch.zeros_like(change)
        # windows may overlap: what meets at one place is added up
        total.scatter_add_(-1, at_x.expand_as(at_r).flatten(last), (given * (higher - low)).flatten(last))
        total.scatter_add_(-1, at_r.flatten(last), (given * (up - higher)).flatten(last))
        multiplier = torch.where(change == 0, 0.0, total / torch.where(change == 0, 1.0, change))
        return pairs.joined(multiplier.view_as(r)), None, None, None


def dependent(values):
    """Tensors among nested values that depend on x."""
    found = []
    for value in values:
        if torch.is_tensor(value):
            found += [value] if value.requires_grad else []
        elif isinstance(value, tuple | list):
            found += dependent(value)
        elif isinstance(value, dict):
            found += dependent(value.values())
    return found
