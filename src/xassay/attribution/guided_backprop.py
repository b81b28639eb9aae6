"""Guided backpropagation: Springenberg et al. (2015), a ReLU passes back what is positive where it was
open."""

from xassay.core.contributions import contributions
from xassay.core.rectified import guided, modified_gradient

CARD = dict(
    label="Guided backpropagation", family="gradient", kinds=("sequence",), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=(), reference="springenberg2015",
)  # fmt: skip


def attribute(model, x, target, alphabet, *, correct=False):
    """x: (sample, 4, position); target: (sample,); alphabet: x's axis of bases; correct: leave out what
    points off the simplex (majdandzic2023). Returns x's shape: hypothetical contributions, as of a gradient,
    which it is where a model has no ReLU (core/rectified.py)."""
    slope = modified_gradient(model, x, target, guided)
    return contributions(slope, x, None, alphabet, correct)
