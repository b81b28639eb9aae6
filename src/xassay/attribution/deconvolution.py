"""Deconvolution: Zeiler and Fergus (2014), a ReLU passes back what is positive, open or not."""

from xassay.core.contributions import contributions
from xassay.core.rectified import deconvolved, modified_gradient

CARD = dict(
    label="Deconvolution", family="gradient", kinds=("sequence",), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=(), reference="zeiler2014",
)  # fmt: skip


def attribute(model, x, target, alphabet, *, correct=False):
    """x: (sample, 4, position); target: (sample,); alphabet: x's axis of bases; correct: leave out what
    points off the simplex (majdandzic2023). Returns x's shape: hypothetical contributions, as of a gradient,
    which it is where a model has no ReLU (core/rectified.py)."""
    slope = modified_gradient(model, x, target, deconvolved)
    return contributions(slope, x, None, alphabet, correct)
