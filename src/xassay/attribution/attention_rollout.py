"""Attention rollout: Abnar and Zuidema (2020), attention multiplied through the layers with its residuals."""

import torch

from xassay.core.attention import received, rolled_out

CARD = dict(
    label="Attention rollout", family="attention", kinds=("sequence",), needs=("layers_attention",),
    signed=False, level="instance", axioms=(), reference="abnar2020",
)  # fmt: skip


def attribute(model, x):
    """x: (sample, 4, position). Returns (sample, position): shares that add up to one."""
    with torch.no_grad():
        weights, home = model.attentions(x)
        return received(rolled_out(weights), home)
