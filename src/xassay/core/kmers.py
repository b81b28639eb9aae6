"""Words of k bases in a sequence, as products of the bases' shares, so that slopes pass."""

from itertools import product

import torch

from xassay.core.dna import BASES


def words(k):
    """All words of k bases, in the order in which ``occurrences`` has them."""
    return ["".join(word) for word in product(BASES, repeat=k)]


def occurrences(x, k, stride=1):
    """Where each word stands: 1 in a one-hot sequence, else 0; with shares of bases the chance that it does,
    if positions are independent.

    x: (sample, 4, position); stride: positions between two starts. Returns (sample, word, start)."""
    number = x.shape[2] - k + 1
    found = x[:, :, :number:stride]
    for place in range(1, k):
        found = (found[:, :, None] * x[:, None, :, place : place + number : stride]).flatten(1, 2)
    return found


def canonical(k):
    """The word of both strands that each word belongs to: (word,) numbers from 0, and their names."""
    pairs = str.maketrans(BASES, BASES[::-1])
    every = words(k)
    names = [min(word, word.translate(pairs)[::-1]) for word in every]
    kept = sorted(set(names))
    place = {name: number for number, name in enumerate(kept)}
    return torch.tensor([place[name] for name in names]), kept
