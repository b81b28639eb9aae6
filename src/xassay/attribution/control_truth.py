"""Positive control: the exact effect of each instance where f* is known, else the planted mask."""

CARD = dict(
    label="Truth (control)", family="control", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=(), reference="zhang1999", diluted=True,
)  # fmt: skip


def attribute(truth):
    """truth: (sample, instance), NaN where absent or unknown. Returns it."""
    return truth
