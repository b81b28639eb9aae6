"""Negative control: the same attribution everywhere."""

import torch

from xassay.core.bags import present

CARD = dict(
    label="Constant (control)", family="control", kinds=("bag",), needs=(), signed=False,
    level="instance", axioms=(), reference="zhang1999",
)  # fmt: skip


def attribute(x):
    """x: (sample, instance, feature). Returns (sample, instance), 1 where present."""
    return torch.where(present(x), 1.0, torch.nan).to(x)
