"""A convolutional network of sequences, in the manner of Basset: Kelley, Snoek and Rinn (2016)."""

import torch
from torch import nn

from xassay.core.strands import StrandedModel

CARD = dict(
    label="Sequence CNN",
    kinds=("sequence",),
    provides=("gradient", "feature_maps"),
    reference=("kelley2016", "koo2021"),
    limits=dict(
        filters=(1, None),
        size=(1, None),
        activation=("relu", "exponential"),
        pool=(1, None),
        depth=(1, 6),
        dense=(1, None),
        dropout=(0, 0.99),
        strands=("one", "augmented", "averaged"),
    ),
)


def build(
    shape,
    n_outputs,
    *,
    filters=48,
    size=15,
    activation="relu",
    pool=4,
    depth=2,
    dense=48,
    dropout=0.2,
    strands="one",
):
    """Convolutions with batch norm and max pooling, then two dense layers.

    shape: (4, positions). filters: of the first convolution and every other; size: bases that a first filter
    reads, an odd number is centred; activation: of the first layer, the exponential one makes filters that
    look like motifs (koo2021); pool: positions that are pooled into one after each of the ``depth``
    convolutions, as long as that many are left; dense: hidden units; dropout: rate while training; strands:
    see core/strands.py.

    Returns a Module: (sample, 4, position) -> (sample, output)."""
    return SequenceCNN(shape[-1], n_outputs, filters, size, activation, pool, depth, dense, dropout, strands)


class Exponential(nn.Module):
    """exp(x)."""

    def forward(self, x):
        return torch.exp(x)


class SequenceCNN(StrandedModel):
    """``trunk`` to feature maps, ``head`` to outputs. first_layer: the convolution that reads bases."""

    def __init__(self, length, n_outputs, filters, size, activation, pool, depth, dense, dropout, strands):
        super().__init__(strands)
        layers, channels = [], 4
        for k in range(depth):
            width = size if k == 0 else 5
            layers += [nn.Conv1d(channels, filters, width, padding=width // 2), nn.BatchNorm1d(filters)]
            layers += [Exponential() if k == 0 and activation == "exponential" else nn.ReLU()]
            length = length + 2 * (width // 2) - width + 1
            if length >= pool > 1:
                layers.append(nn.MaxPool1d(pool))
                length //= pool
            layers.append(nn.Dropout(dropout / 2))
            channels = filters
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(filters * length, dense),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(dense, n_outputs),
        )

    @property
    def first_layer(self):
        """The convolution that reads bases."""
        return self.trunk[0]

    def feature_maps(self, x):
        """Activations of the last convolution, pooled: (sample, filter, place along the sequence)."""
        return self.trunk(x)

    def read(self, x):
        """Outputs for the strand as it is."""
        return self.head(self.feature_maps(x))
