"""A residual network of dilated convolutions, in the manner of BPNet: Avsec et al. (2021)."""

from torch import nn

from xassay.core.strands import TrunkedModel

CARD = dict(
    label="Dilated CNN",
    kinds=("sequence",),
    provides=("gradient", "filters", "feature_maps"),
    reference="avsec2021",
    limits=dict(
        filters=(1, None),
        size=(1, None),
        depth=(1, 12),
        dropout=(0, 0.99),
        strands=("one", "augmented", "averaged"),
    ),
)


def build(shape, n_outputs, *, filters=32, size=21, depth=4, dropout=0.1, strands="one"):
    """A wide convolution, residual ones that reach twice as far each time, the mean over positions.

    shape: (4, positions); only the bases count. size: bases that a first filter reads, odd numbers are
    centred; depth: residual layers, of dilation 2, 4, 8, ...; dropout: rate before the last layer while
    training; strands: see core/strands.py. Returns a Module: (sample, 4, position) -> (sample, output)."""
    return DilatedCNN(n_outputs, filters, size, depth, dropout, strands)


class Residual(nn.Module):
    """h plus a dilated convolution of it."""

    def __init__(self, filters, dilation):
        super().__init__()
        self.convolution = nn.Conv1d(filters, filters, 3, padding=dilation, dilation=dilation)
        self.activation = nn.ReLU()

    def forward(self, h):
        return h + self.activation(self.convolution(h))


class DilatedCNN(TrunkedModel):
    """``trunk`` to feature maps of every position, ``head`` to outputs."""

    def __init__(self, n_outputs, filters, size, depth, dropout, strands):
        super().__init__(strands)
        first = nn.Conv1d(4, filters, size, padding=size // 2), nn.ReLU()
        self.trunk = nn.Sequential(*first, *(Residual(filters, 2**k) for k in range(1, depth + 1)))
        self.grid = (size % 2 - 1) / 2, 1
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(filters, n_outputs)
        )
