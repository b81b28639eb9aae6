"""Max pooling: Deep Sets (Zaheer et al. 2017) with the largest value of each embedded dimension."""

from torch import nn

from xassay.core import bags

CARD = dict(
    label="Max pooling",
    kinds=("bag",),
    provides=("gradient", "instances"),
    reference="zaheer2017",
    limits=dict(width=(1, None), dropout=(0, 0.99)),
)


def build(shape, n_outputs, *, width=64, dropout=0.5):
    """A set model whose logits are linear in the maximum over instances of each dimension.

    shape: (instances, features) of the largest bag; only the features count. width: of the embedding.
    dropout: rate between the layers while training.

    Returns a Module: (sample, instance, feature) -> (sample, output)."""
    return MaxPooling(shape[-1], n_outputs, width, dropout)


class MaxPooling(nn.Module):
    """Embed each instance, take the maximum, read out."""

    def __init__(self, n_features, n_outputs, width, dropout):
        super().__init__()
        self.encoder = bags.encoder(n_features, width, dropout)
        self.output = nn.Linear(width, n_outputs)

    def embed(self, x):
        """(sample, instance, feature) -> (sample, instance, width), NaN rows where absent."""
        mask = bags.present(x)
        return bags.emptied(self.encoder(bags.filled(x, mask)), mask)

    def pool(self, h):
        """(sample, instance, width) -> logits (sample, output)."""
        mask = bags.present(h)
        return self.output(bags.masked_max(bags.filled(h, mask), mask))

    def forward(self, x):
        return self.pool(self.embed(x))
