"""Saliency, the magnitude of the gradient: Simonyan, Vedaldi and Zisserman (2014), section 3.1."""

from xassay.core.contributions import magnitude
from xassay.core.gradients import gradient

CARD = dict(
    label="Saliency", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=False,
    level="feature", instance="norm", axioms=(), reference="simonyan2014",
)  # fmt: skip


def attribute(model, x, target, alphabet, *, correct=False):
    """x: (sample, ...), NaN where absent; target: (sample,); alphabet: x's axis of bases, or None; correct:
    leave out of a sequence's slopes what points off the simplex (majdandzic2023).

    Returns x's shape, logits per unit of x: magnitudes; of a sequence slopes with their sign, whose norm over
    the bases is the magnitude of a position."""
    return magnitude(gradient(model, x, target), alphabet, correct)
