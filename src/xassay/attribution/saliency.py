"""Saliency, the magnitude of the gradient: Simonyan, Vedaldi and Zisserman (2014), section 3.1."""

from xassay.core.gradients import gradient

CARD = dict(
    label="Saliency", family="gradient", kinds=("bag",), needs=("gradient",), signed=False,
    level="feature", instance="norm", axioms=(), reference="simonyan2014",
)  # fmt: skip


def attribute(model, x, target):
    """x: (sample, instance, feature); target: (sample,). Returns x's shape, logits per unit of x."""
    return gradient(model, x, target).abs()
