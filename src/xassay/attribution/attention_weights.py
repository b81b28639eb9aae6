"""Attention weights of the pooling, mean over heads: Ilse, Tomczak and Welling (2018), equation 8."""

CARD = dict(
    label="Attention weights", family="attention", kinds=("bag",), needs=("attention",), signed=False,
    level="instance", axioms=(), reference="ilse2018",
)  # fmt: skip


def attribute(model, x):
    """x: (sample, instance, feature). Returns (sample, instance), each bag's weights sum to 1."""
    return model.attention(x).mean(1)
