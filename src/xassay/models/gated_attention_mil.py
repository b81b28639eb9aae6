"""Gated attention pooling for multiple-instance learning: Ilse, Tomczak and Welling (2018), equation 9."""

import torch
from torch import nn

from xassay.core import bags

CARD = dict(
    label="Gated attention MIL",
    kinds=("bag",),
    provides=("gradient", "instances", "attention"),
    reference="ilse2018",
    limits=dict(width=(1, None), attention=(1, None), heads=(1, None), dropout=(0, 0.99)),
)


def build(shape, n_outputs, *, width=64, attention=32, heads=1, dropout=0.5):
    """A set model whose logits are linear in attention-weighted means of the embedding.

    shape: (instances, features) of the largest bag; only the features count. width: of the embedding;
    attention: of the hidden attention layer and its gate; heads: number of weighted means, concatenated.
    dropout: rate between the layers while training.

    Returns a Module: (sample, instance, feature) -> (sample, output)."""
    return GatedAttentionMIL(shape[-1], n_outputs, width, attention, heads, dropout)


class GatedAttentionMIL(nn.Module):
    """Embed each instance, weigh it by w . (tanh(V h) * sigmoid(U h)), sum, read out."""

    def __init__(self, n_features, n_outputs, width, attention, heads, dropout):
        super().__init__()
        self.heads = heads
        self.encoder = bags.encoder(n_features, width, dropout)
        self.content = nn.Sequential(nn.Linear(width, attention), nn.Tanh())
        self.gate = nn.Sequential(nn.Linear(width, attention), nn.Sigmoid())
        self.score = nn.Linear(attention, heads)
        self.output = nn.Linear(heads * width, n_outputs)

    def embed(self, x):
        """(sample, instance, feature) -> (sample, instance, width + heads): embedding, then attention logits.

        NaN rows where absent."""
        mask = bags.present(x)
        h = self.encoder(bags.filled(x, mask))
        return bags.emptied(torch.cat([h, self.score(self.content(h) * self.gate(h))], -1), mask)

    def pool(self, h):
        """(sample, instance, width + heads) -> logits (sample, output)."""
        mask = bags.present(h)
        h = bags.filled(h, mask)
        values, logits = h[..., : -self.heads], h[..., -self.heads :]
        weights = bags.masked_softmax(logits.transpose(-1, -2), mask[..., None, :])
        return self.output((weights @ values).flatten(-2))

    def attention(self, x):
        """Attention of each head: (sample, head, instance), sums to one, NaN where absent."""
        h = self.embed(x)
        mask = bags.present(h)[..., None, :]
        logits = h[..., -self.heads :].transpose(-1, -2)
        return torch.where(mask, bags.masked_softmax(logits, mask), torch.nan)

    def forward(self, x):
        return self.pool(self.embed(x))
