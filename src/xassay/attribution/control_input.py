"""Negative control: the size of the input, which knows nothing of the model: Adebayo et al. (2018)."""

CARD = dict(
    label="Input (control)", family="control", kinds=("bag",), needs=(), signed=False,
    level="feature", instance="sum", axioms=(), reference="adebayo2018",
)  # fmt: skip


def attribute(x):
    """x: (sample, instance, feature). Returns x's shape; an instance's is its L1 norm."""
    return x.abs()
