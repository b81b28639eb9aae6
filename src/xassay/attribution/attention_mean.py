"""Mean attention: what each base receives, over all layers, heads and queries. Vaswani et al. (2017)."""

from xassay.core.attention import attended

CARD = dict(
    label="Attention, mean", family="attention", kinds=("sequence",), needs=("layers_attention",),
    signed=False, level="instance", axioms=(), reference="vaswani2017",
)  # fmt: skip


def attribute(model, x):
    """x: (sample, 4, position). Returns (sample, position), shares of attention that add up to one."""
    return attended(model, x, lambda weights: weights.mean((1, 2)))
