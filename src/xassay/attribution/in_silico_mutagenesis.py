"""In-silico mutagenesis: Zhou and Troyanskaya (2015), every base put at every position in turn."""

from xassay.core.mutations import mutations

CARD = dict(
    label="In-silico mutagenesis", family="perturbation", kinds=("sequence",), needs=(), signed=True,
    level="feature", instance="sum", axioms=(), reference=("zhou2015", "nair2022"),
)  # fmt: skip


def attribute(model, x, target):
    """h[i, b] = F(x with base b at position i) - F(x), of the explained logit, less its mean over the bases.

    x: (sample, 4, position); target: (sample,). Hypothetical contributions: what is observed, h . x, is of a
    base that stands there minus 3/4 of the mean change that the other three make; where x has shares of bases
    (N), changes are from the shares to each base. Returns x's shape, logits."""
    change = mutations(model, x, target)
    return (change - change.mean(1, keepdim=True)).to(x.dtype)
