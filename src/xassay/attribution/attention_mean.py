"""Mean attention: what each base receives, over all layers, heads and queries. Vaswani et al. (2017)."""

import torch

from xassay.core.attention import received

CARD = dict(
    label="Attention, mean", family="attention", kinds=("sequence",), needs=("layers_attention",),
    signed=False, level="instance", axioms=(), reference="vaswani2017",
)  # fmt: skip


def attribute(model, x):
    """x: (sample, 4, position). Returns (sample, position), shares of attention that add up to one.

    A token's share is spread evenly over its bases."""
    with torch.no_grad():
        weights, home = model.attentions(x)
        return received(weights.mean((1, 2)), home)
