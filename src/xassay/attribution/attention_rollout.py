"""Attention rollout: Abnar and Zuidema (2020), attention multiplied through the layers with its residuals."""

from xassay.core.attention import attended, rolled_out

CARD = dict(
    label="Attention rollout", family="attention", kinds=("sequence",), needs=("layers_attention",),
    signed=False, level="instance", axioms=(), reference="abnar2020",
)  # fmt: skip


def attribute(model, x):
    """x: (sample, 4, position). Returns (sample, position): shares that add up to one."""
    return attended(model, x, rolled_out)
