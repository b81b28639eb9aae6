"""Tokens of a sequence: stretches of bases that a transformer reads as one, and which base belongs to which.

A tokeniser is a Module: (sample, 4, position) -> (vectors (sample, token, width), ``home`` (sample,
position), the token of each base). Padding tokens, of which no base is a part, come last.
"""

import numpy as np
import torch
from torch import nn

from xassay.core.dna import BASES
from xassay.core.kmers import occurrences
from xassay.core.merges import END, encoded, learned

LONGEST = 16  # bases of a byte-pair token
LEARNED = 2000  # sequences that byte-pair tokens are learned from


class StemTokens(nn.Module):
    """Single bases through a convolution, and ``pool`` neighbours pooled into a token."""

    def __init__(self, width, size, pool):
        super().__init__()
        self.pool = pool
        self.layers = nn.Sequential(
            nn.Conv1d(4, width, size, padding=size // 2), nn.BatchNorm1d(width), nn.ReLU()
        )
        self.pooling = nn.MaxPool1d(pool, ceil_mode=True)

    def forward(self, x):
        home = torch.arange(x.shape[2], device=x.device) // self.pool
        h = self.layers(x)[..., : x.shape[2]]
        return self.pooling(h).transpose(1, 2), home.expand(len(x), -1)


class KmerTokens(nn.Module):
    """Words of k bases side by side, without overlap; what is left over at the end is filled with N."""

    def __init__(self, width, k):
        super().__init__()
        self.k = k
        self.embedding = nn.Linear(4**k, width, bias=False)

    def forward(self, x):
        home = torch.arange(x.shape[2], device=x.device) // self.k
        short = -x.shape[2] % self.k
        x = nn.functional.pad(x, (0, short), value=0.25) if short else x
        found = occurrences(x, self.k, stride=self.k)
        return self.embedding(found.transpose(1, 2)), home.expand(len(x), -1)


class BytePairTokens(nn.Module):
    """Byte-pair tokens of the likeliest bases, learned from training sequences (core/merges.py).

    A token is the sum of a learned vector of its own, times the mean share of its bases (1 for one-hot x),
    and of a learned matrix of its bases place by place. Both have a slope, the latter for every base; where
    tokens end is a step, which has none. ``prepare`` learns the tokens: until then every base is one."""

    def __init__(self, width, vocabulary):
        super().__init__()
        self.register_buffer("pairs", torch.full((vocabulary - len(BASES), 2), END))
        self.embedding = nn.Embedding(vocabulary, width)
        self.bases = nn.Linear(LONGEST * len(BASES), width, bias=False)

    @torch.no_grad()
    def prepare(self, x, rng):
        """Learn the tokens from training sequences, (sample, 4, position), ``LEARNED`` of them at most."""
        chosen = np.sort(rng.permutation(len(x))[:LEARNED])
        found = learned(
            letters(x[torch.from_numpy(chosen).to(x.device)]), len(self.embedding.weight), LONGEST
        )
        self.pairs.fill_(END)
        self.pairs[: len(found)] = torch.from_numpy(found).to(x.device)

    def forward(self, x):
        pairs = self.pairs.cpu().numpy()
        found = encoded(letters(x), pairs[pairs[:, 0] != END])
        numbers, home, place = (torch.from_numpy(part).to(x.device) for part in found)
        within = nn.functional.one_hot(place, LONGEST).to(x.dtype)
        each = (within[..., None] * x.transpose(1, 2)[..., None, :]).flatten(
            2
        )  # (sample, position, place x base)
        token = torch.arange(numbers.shape[1], device=x.device)
        member = (home[:, None] == token[:, None]).to(x.dtype)  # (sample, token, position)
        share = member @ x.max(1).values[..., None] / member.sum(-1, keepdim=True).clamp(min=1)
        return self.embedding(numbers.clamp(min=0)) * share + self.bases(member @ each), home


def letters(x):
    """Number of the likeliest base of each position. x: (sample, 4, position), a tensor. Returns an array."""
    return x.detach().argmax(1).cpu().numpy()


def members(home, count):
    """Number of bases of each token: (sample, token) float; 0 for padding."""
    return torch.zeros(len(home), count, device=home.device).scatter_add(
        1, home, torch.ones_like(home, dtype=torch.float32)
    )


def spread(values, home):
    """Values of tokens shared evenly by their bases: (sample, token) -> (sample, position)."""
    return (values / members(home, values.shape[1]).clamp(min=1)).gather(1, home)
