"""What stands in a removed base's place, told from the bases that are left: ROAD of sequences.

``core.imputation`` gives the conditional mean of a Gaussian field; bases are no Gaussian. Here it is the
conditional probability of each base under a first-order Markov chain whose steps differ from position to
position, so that sequences of one library, which are alike at every position, are told by their place, and
others by what stands beside the hole.
"""

from typing import Any, NamedTuple

import torch

SHRUNK = 10.0  # sequences that the steps of all positions together count for at each


class Chain(NamedTuple):
    """Probabilities of the first base, (4,), and of a base after another, (position - 1, 4 from, 4 to)."""

    first: Any
    steps: Any


def chain(x):
    """The Chain of sequences, shrunk towards the steps of all positions and the shares of the base that a
    step leads to. Float64.

    x: (sequence, 4, position), one-hot or shares of an ambiguous base."""
    x = torch.as_tensor(x, dtype=torch.float64)
    shares = (x.sum(0) + SHRUNK / 4) / (len(x) + SHRUNK)  # (4, position)
    counts = torch.einsum("nfp,ntp->pft", x[..., :-1], x[..., 1:])
    together = (counts.sum(0) + 1) / (counts.sum((0, 2)) + 4)[:, None]
    # what one base tells of the next, on top of how often that one is there at all
    tells = together / ((counts.sum((0, 1)) + 1) / (counts.sum() + 4))
    prior = tells * shares.T[1:, None]
    prior = prior / prior.sum(2, keepdim=True)
    steps = (counts + SHRUNK * prior) / (counts.sum(2, keepdim=True) + SHRUNK)
    return Chain(shares[:, 0] / shares[:, 0].sum(), steps)


def by_chain(x, removed, given):
    """x with the removed positions at their conditional probabilities: (sample, mask, 4, position).

    x: (sample, 4, position); removed: (sample, mask, position) bool; given: Chain. What is left is taken as
    it is, an ambiguous base by its shares. Exact: one pass along the sequence and one back."""
    length, rows = x.shape[2], removed.shape[1]
    kept = x.double()[:, None].expand(-1, rows, -1, -1)
    first, steps = (part.to(x.device) for part in given)
    before = torch.empty_like(kept, memory_format=torch.contiguous_format)
    message = first.expand(len(x), rows, 4)
    for place in range(length):  # what stands to the left says of each base
        gone = removed[..., place, None]
        before[..., place] = torch.where(gone, message, kept[..., place])
        if place + 1 < length:
            message = before[..., place] @ steps[place]
    out = torch.empty_like(before)
    behind = torch.ones_like(message)  # how likely what stands to the right is, after each base
    for place in reversed(range(length)):
        gone = removed[..., place, None]
        told = before[..., place] * behind
        out[..., place] = torch.where(gone, told / told.sum(-1, keepdim=True), kept[..., place])
        if place:
            seen = torch.where(gone, behind, kept[..., place])
            behind = seen @ steps[place - 1].T
            behind = behind / behind.sum(-1, keepdim=True)
    return out.to(x.dtype)
