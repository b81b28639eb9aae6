"""Negative control: the size of the input, which knows nothing of the model: Adebayo et al. (2018)."""

import torch

CARD = dict(
    label="Input (control)", family="control", kinds=("bag", "sequence"), needs=(), signed=False,
    level="feature", instance="sum", axioms=(), reference="adebayo2018",
)  # fmt: skip


def attribute(x, alphabet):
    """x: (sample, ...); alphabet: x's axis of bases, or None. Returns x's shape; an instance's is its L1
    norm.

    Every base of a sequence has the same size: there it is 1 where the base is G or C, the composition that a
    model may have read instead of the motifs."""
    if alphabet is None:
        return x.abs()
    return torch.tensor([0.0, 1.0, 1.0, 0.0]).to(x)[:, None].expand_as(x).clone()
