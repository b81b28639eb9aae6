"""Integrated gradients: Sundararajan, Taly and Yan (2017), equation 1, by Gauss-Legendre quadrature."""

from xassay.core.integrated import integrated

CARD = dict(
    label="Integrated gradients", family="gradient", kinds=("bag", "sequence"), needs=("gradient",),
    signed=True, level="feature", instance="sum", axioms=("completeness",), reference="sundararajan2017",
    limits=dict(n_steps=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, alphabet, *, n_steps=32, correct=False):
    """Gradients along the straight line from each reference to x, integrated and averaged over references.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); alphabet: x's
    axis of bases, or None; correct: leave out of a sequence's slopes what points off the simplex
    (majdandzic2023): it changes what is told against a reference that is not on it, such as zeros.
    Returns x's shape, logits; of a sequence hypothetical contributions."""
    return integrated(model, x, target, baseline, alphabet, n_steps=n_steps, correct=correct)
