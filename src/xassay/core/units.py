"""The maskable units of an input: instances of a bag, features of a row, superpixels of an image, ..."""

from typing import NamedTuple

import torch

from xassay.core.errors import InputError

WIDE = 8  # elements of a unit from which copying rows beats choosing element by element


class Units(NamedTuple):
    """Which unit each element belongs to: of is (1 or sample, element), 0 .. count - 1.

    axis: whether they are simply the positions along x's axis 1."""

    of: torch.Tensor
    count: int
    axis: bool


def numbered(x, units=None, count=None):
    """The units of x, (sample, ...).

    units: integers that broadcast to x[0], or to x where samples have units of their own; None: the positions
    along axis 1. count: how many there are (default: the largest number and one). Raises InputError where
    they do not fit."""
    along = torch.arange(x.shape[1], device=x.device).view(1, -1, *[1] * (x.ndim - 2))
    whole = along if units is None else units.to(x.device)
    if whole.dtype not in (torch.int64, torch.int32, torch.int16, torch.uint8):
        raise InputError(f"units are {whole.dtype}; allowed: integers")
    own = whole.ndim == x.ndim and len(whole) > 1
    try:
        whole = whole.long().expand(len(x) if own else 1, *x.shape[1:])
    except RuntimeError:
        shapes = f"{tuple(whole.shape)} do not broadcast to x of {tuple(x.shape)}"
        raise InputError(f"units of shape {shapes}") from None
    low, high = (int(value) for value in whole.aminmax())
    count = count or high + 1
    if low < 0 or high >= count:
        raise InputError(f"units are numbered {low} to {high}; allowed: 0 to {count - 1}")
    axis = count == x.shape[1] and (units is None or (not own and bool((whole == along).all())))
    return Units(whole.flatten(1), count, axis)


def joined(groups, span):
    """Neighbouring units as one: windows of ``span`` positions in place of single ones.

    groups: as in ``numbered``. Returns (groups, spread): spread takes values (sample, window) to (sample,
    unit), each window's shared evenly by its members. Raises InputError where units are no neighbours."""
    if span == 1:
        return groups, lambda values: values
    if groups is None:
        raise InputError(f"span: {span}; allowed for instances of a bag: 1")
    window = torch.arange(int(groups.max()) + 1) // span
    share = 1 / window.bincount()[window]
    return groups // span, lambda values: values[:, window.to(values.device)] * share.to(values)


def there(x, units):
    """Whether any element of a unit is not NaN: (sample, unit) bool."""
    known = ~x.isnan()
    if units.axis:
        return known.flatten(2).any(-1) if x.ndim > 2 else known
    seen = torch.zeros(len(x), units.count, device=x.device)
    of = units.of.expand(len(x), -1)
    return seen.scatter_reduce_(1, of, known.flatten(1).to(seen.dtype), "amax") > 0


def leading(known, values, counts):
    """The units of largest value, ties in their order: (map, count, sample, unit) bool.

    known: (sample, unit) bool, which are there; values: (map, sample, unit); counts: (count, sample)."""
    filled = torch.where(known, values.nan_to_num(), -torch.inf)
    rank = filled.argsort(dim=-1, descending=True, stable=True).argsort(-1)
    return (rank[:, None] < counts[..., None].to(rank.device)) & known


class Mixer:
    """Masked rows of x, made as needed: ``mixer(reference, sample, mask) -> (row, ...)``.

    sample: (row,), whose row each is; mask: (row, unit) bool, True where replaced by baseline[reference]."""

    def __init__(self, x, baseline, units):
        self.x, self.baseline, self.units = x, baseline, units
        self.tables = None
        if units.axis and x.ndim > 2 and x[0, 0].numel() >= WIDE:  # kept rows, then replacements
            self.tables = [torch.stack([x, reference]).flatten(0, 2) for reference in baseline]
            self.place = torch.arange(x.shape[0] * x.shape[1], device=x.device).view(x.shape[:2])

    def __call__(self, reference, sample, mask):
        shape = (len(sample), *self.x.shape[1:])
        if self.tables is not None:
            chosen = self.place[sample] + mask * self.place.numel()
            return self.tables[reference].index_select(0, chosen.flatten()).view(shape)
        kept, other = (part.index_select(0, sample) for part in (self.x, self.baseline[reference]))
        return torch.where(self.spread(sample, mask).view(shape), other, kept)

    def spread(self, sample, mask):
        """A mask of units, (row, unit), as one of elements: (row, element)."""
        if self.units.axis and self.x.ndim == 2:
            return mask
        if len(self.units.of) == 1:
            return mask.index_select(1, self.units.of[0])
        return mask.gather(1, self.units.of[sample])
