"""A convolutional network of sequences, in the manner of Basset: Kelley, Snoek and Rinn (2016)."""

import torch
from torch import nn

from xassay.core.strands import TrunkedModel

CARD = dict(
    label="Sequence CNN",
    kinds=("sequence",),
    provides=("gradient", "filters", "feature_maps"),
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
    filters=32,
    size=15,
    activation="relu",
    pool=8,
    depth=2,
    dense=32,
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


class SequenceCNN(TrunkedModel):
    """``trunk`` to the last convolution's activations, ``head`` pools them and gives outputs."""

    def __init__(self, length, n_outputs, filters, size, activation, pool, depth, dense, dropout, strands):
        super().__init__(strands)
        layers, pooling, channels, first, step = [], [], 4, 0.0, 1
        for k in range(depth):
            layers += pooling
            if any(isinstance(layer, nn.MaxPool1d) for layer in pooling):
                first, step = first + step * (pool - 1) / 2, step * pool
            width = size if k == 0 else 5
            layers += [nn.Conv1d(channels, filters, width, padding=width // 2), nn.BatchNorm1d(filters)]
            layers += [Exponential() if k == 0 and activation == "exponential" else nn.ReLU()]
            first, length = first - step * (1 - width % 2) / 2, length + 1 - width % 2
            pooling = [nn.MaxPool1d(pool)] if length >= pool > 1 else []
            length //= pool if pooling else 1
            pooling, channels = [*pooling, nn.Dropout(dropout / 2)], filters
        self.grid = first, step
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Sequential(
            *pooling,
            nn.Flatten(),
            nn.Linear(filters * length, dense),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(dense, n_outputs),
        )
