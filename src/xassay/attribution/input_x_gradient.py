"""Input times gradient: as in Shrikumar, Greenside and Kundaje (2017).

The input itself, not its difference to a baseline, multiplies the gradient, as the field has it."""

from xassay.core.gradients import gradient

CARD = dict(
    label="Input x gradient", family="gradient", kinds=("bag",), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=(), reference="shrikumar2017",
)  # fmt: skip


def attribute(model, x, target):
    """x: (sample, instance, feature); target: (sample,). Returns x's shape, logits."""
    return x * gradient(model, x, target)
