"""Negative control: standard normal draws."""

import torch

from xassay.core.bags import present

CARD = dict(
    label="Random (control)", family="control", kinds=("bag",), needs=(), signed=True,
    level="instance", axioms=(), reference="zhang1999",
)  # fmt: skip


def attribute(x, rng):
    """x: (sample, instance, feature). Returns (sample, instance)."""
    draws = torch.from_numpy(rng.standard_normal(x.shape[:2])).to(x)
    return torch.where(present(x), draws, torch.nan)
