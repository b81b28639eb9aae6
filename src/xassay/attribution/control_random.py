"""Negative control: standard normal draws."""

import torch

from xassay.core.units import numbered, there

CARD = dict(
    label="Random (control)", family="control", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=(), reference="zhang1999",
)  # fmt: skip


def attribute(x, groups, rng):
    """x: (sample, instance, feature); groups: each element's unit, or None. Returns (sample, unit)."""
    known = there(x, numbered(x, groups))
    return torch.where(known, torch.from_numpy(rng.standard_normal(known.shape)).to(x), torch.nan)
