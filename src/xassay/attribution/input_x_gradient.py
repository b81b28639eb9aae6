"""Input times gradient: as in Shrikumar, Greenside and Kundaje (2017).

The input itself, not its difference to a baseline, multiplies the gradient, as the field has it."""

from xassay.core.contributions import contributions
from xassay.core.gradients import gradient

CARD = dict(
    label="Input x gradient", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=(), reference="shrikumar2017",
)  # fmt: skip


def attribute(model, x, target, alphabet, *, correct=False):
    """x: (sample, ...), NaN where absent; target: (sample,); alphabet: x's axis of bases, or None; correct:
    leave out of a sequence's slopes what points off the simplex (majdandzic2023).

    Returns x's shape, logits; of a sequence hypothetical contributions, the slope of every base."""
    slope = gradient(model, x, target)
    return contributions(slope, x, None, alphabet, correct)
