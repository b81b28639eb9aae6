"""A transformer over a sequence, with a convolutional stem in the manner of Enformer: Avsec et al. (2021)."""

import torch
from torch import nn

from xassay.core.places import Places
from xassay.core.strands import StrandedModel
from xassay.core.tokens import BytePairTokens, KmerTokens, StemTokens, members

CARD = dict(
    label="CNN transformer",
    kinds=("sequence",),
    provides=("gradient", "filters", "layers_attention"),
    reference=("avsec2021b", "vaswani2017"),
    limits=dict(
        tokens=("base", "kmer", "bpe"),
        positions=("none", "one_hot_distance", "binary", "sinusoidal", "relative"),
        width=(2, None),
        heads=(1, None),
        depth=(1, None),
        size=(1, None),
        pool=(1, None),
        k=(1, 6),
        vocabulary=(5, None),
        dropout=(0, 0.99),
        strands=("one", "augmented", "averaged"),
    ),
)


def build(
    shape,
    n_outputs,
    *,
    tokens="base",
    positions="relative",
    width=32,
    heads=4,
    depth=2,
    size=15,
    pool=4,
    k=3,
    vocabulary=256,
    dropout=0.1,
    strands="one",
):
    """Tokens, self-attention, the mean over tokens, a linear read-out.

    shape: (4, positions). tokens: "base", a convolution of ``size`` bases, ``pool`` neighbours pooled;
    "kmer", words of ``k`` bases side by side; "bpe", byte-pair tokens of a ``vocabulary`` learned from the
    training sequences, whose slope knows what a base adds to its token but not that another base may be cut
    into other tokens. positions: what tells the order (core/places.py). width: of a token, rounded up to a
    multiple of ``heads``; depth: layers; dropout: rate while training; strands: core/strands.py.

    Returns a Module: (sample, 4, position) -> (sample, output)."""
    length, width = shape[-1], heads * -(-width // heads)
    if tokens == "base":
        tokeniser, most = StemTokens(width, size, pool), -(-length // pool)
    elif tokens == "kmer":
        tokeniser, most = KmerTokens(width, k), -(-length // k)
    else:
        tokeniser, most = BytePairTokens(width, vocabulary), length
    return CNNTransformer(
        tokeniser, Places(positions, most, width, heads), n_outputs, width, heads, depth, dropout, strands
    )


class Layer(nn.Module):
    """Self-attention and a small network, each on normed values, each added to what came in."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixed, self.joined = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.network = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, h, there, bias):
        """h: (sample, token, width); there: (sample, token) bool; bias: (head, query, key) or None.

        Returns h and the attention weights, (sample, head, query, key)."""
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in self.mixed(self.first(h)).chunk(3, -1)
        )
        logits = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        logits = logits if bias is None else logits + bias
        weights = torch.softmax(torch.where(there[:, None, None], logits, -1e9), -1)
        h = h + self.dropout(self.joined((weights @ value).transpose(1, 2).flatten(2)))
        return h + self.dropout(self.network(self.second(h))), weights


class CNNTransformer(StrandedModel):
    """``tokens``, ``layers``, ``output``."""

    def __init__(self, tokens, places, n_outputs, width, heads, depth, dropout, strands):
        super().__init__(strands)
        self.tokens, self.places = tokens, places
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(depth))
        self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, n_outputs)

    def prepare(self, x, rng):
        """Learn what tokens there are, where they are learned; of both strands, where both are read."""
        if isinstance(self.tokens, BytePairTokens):
            both = x if self.strands == "one" else torch.cat([x, x.flip((-2, -1))])
            self.tokens.prepare(both, rng)

    def passed(self, x):
        """(tokens (sample, token, width), attention of every layer, home of every base)."""
        h, home = self.tokens(x)
        there = members(home, h.shape[1]) > 0
        h, bias, kept = self.places.added(h), self.places.logits(h.shape[1]), []
        for layer in self.layers:
            h, weights = layer(h, there, bias)
            kept.append(weights)
        return h, kept, home, there

    def attentions(self, x):
        """Attention of every layer and head on one strand, (sample, layer, head, query, key), 0 on padding;
        the token of each base, (sample, position)."""
        _, kept, home, there = self.passed(x)
        return torch.stack(kept, 1) * there[:, None, None, :, None], home

    def read(self, x):
        """Outputs for the strand as it is."""
        h, _, _, there = self.passed(x)
        weight = there.to(h.dtype)[..., None]
        return self.output((self.norm(h) * weight).sum(1) / weight.sum(1))
