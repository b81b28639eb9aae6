"""Words of k bases in a sequence, found by a bank of convolution filters, so that gradients pass."""

from itertools import product

import torch

from xassay.core.dna import BASES


def words(k):
    """All words of k bases, in the order of the filters."""
    return ["".join(word) for word in product(BASES, repeat=k)]


def bank(k):
    """Filters (word, 4, k) and biases: relu(conv) is 1 where a word stands in a one-hot sequence, else 0.

    With shares of bases it is the sum of the shares less k - 1, where that is positive: the largest value
    that is 0 as soon as one base is another."""
    filters = torch.zeros(4**k, 4, k)
    index = torch.cartesian_prod(*[torch.arange(4)] * k).reshape(-1, k)
    filters.scatter_(1, index[:, None], 1.0)
    return filters, torch.full((4**k,), 1.0 - k)


def canonical(k):
    """The word of both strands that each word belongs to: (word,) numbers from 0, and their names."""
    pairs = str.maketrans(BASES, BASES[::-1])
    every = words(k)
    names = [min(word, word.translate(pairs)[::-1]) for word in every]
    kept = sorted(set(names))
    place = {name: number for number, name in enumerate(kept)}
    return torch.tensor([place[name] for name in names]), kept
