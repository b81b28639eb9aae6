"""Negative control: the same attribution everywhere."""

import torch

from xassay.core.units import numbered, there

CARD = dict(
    label="Constant (control)", family="control", kinds=("bag", "sequence"), needs=(), signed=False,
    level="instance", axioms=(), reference="zhang1999",
)  # fmt: skip


def attribute(x, groups):
    """x: (sample, instance, feature); groups: each element's unit, or None. Returns (sample, unit), 1 where
    present."""
    return torch.where(there(x, numbered(x, groups)), 1.0, torch.nan).to(x)
