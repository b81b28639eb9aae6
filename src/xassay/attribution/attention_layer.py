"""Attention of one layer: what each base receives, over heads and queries. Vaswani et al. (2017)."""

from xassay.core.attention import attended
from xassay.core.errors import InputError

CARD = dict(
    label="Attention, one layer", family="attention", kinds=("sequence",), needs=("layers_attention",),
    signed=False, level="instance", axioms=(), reference="vaswani2017", limits=dict(layer=(-100, 99)),
)  # fmt: skip


def attribute(model, x, *, layer=-1):
    """x: (sample, 4, position); layer: its number from 0, or from the last one, -1. Returns (sample,
    position), shares of attention that add up to one. Raises InputError for a layer that is not there."""

    def chosen(weights):
        depth = weights.shape[1]
        if not -depth <= layer < depth:
            raise InputError(f"attention_layer: layer is {layer}; allowed: {-depth} to {depth - 1}")
        return weights[:, layer].mean(1)

    return attended(model, x, chosen)
