"""A bidirectional LSTM over a sequence, as of DanQ and DeMo: Quang and Xie (2016); Lanchantin et al.
(2017)."""

import torch
from torch import nn

from xassay.core.strands import StrandedModel

CARD = dict(
    label="Sequence LSTM",
    kinds=("sequence",),
    provides=("gradient", "filters", "temporal"),
    reference=("quang2016", "lanchantin2017", "hochreiter1997"),
    limits=dict(
        filters=(0, None),
        size=(1, None),
        pool=(1, None),
        width=(1, None),
        read_out=("max", "mean", "last"),
        dropout=(0, 0.99),
        strands=("one", "augmented", "averaged"),
    ),
)


def build(
    shape, n_outputs, *, filters=32, size=15, pool=4, width=24, read_out="max", dropout=0.2, strands="one"
):
    """A convolution with batch norm and max pooling, an LSTM in both directions, a linear read-out.

    shape: (4, positions). filters: of the convolution, 0 for none, where every base is a step of the LSTM;
    size: bases that a filter reads; pool: positions of the filters that are pooled into one step; width:
    hidden units of each direction; read_out: the largest value ("max") or the "mean" of each unit over the
    steps, or the "last" state of each direction, which has to remember a site to the end; dropout: rate while
    training; strands: see core/strands.py. Returns a Module: (sample, 4, position) -> (sample, output)."""
    return SequenceLSTM(shape[-1], n_outputs, filters, size, pool, width, read_out, dropout, strands)


class SequenceLSTM(StrandedModel):
    """``stem`` to steps, ``lstm`` to states, ``output``. first_layer: the convolution, where there is one."""

    def __init__(self, length, n_outputs, filters, size, pool, width, read_out, dropout, strands):
        super().__init__(strands)
        self.read_out, self.pool = read_out, min(pool, length) if filters else 1
        layers = []
        if filters:
            layers = [nn.Conv1d(4, filters, size, padding=size // 2), nn.BatchNorm1d(filters), nn.ReLU()]
        if self.pool > 1:
            layers.append(nn.MaxPool1d(self.pool))
        self.stem = nn.Sequential(*layers)
        self.lstm = nn.LSTM(filters or 4, width, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * width, n_outputs)

    @property
    def first_layer(self):
        """The convolution that reads bases, or None."""
        return self.stem[0] if len(self.stem) else None

    def steps(self, x):
        """States of every step, forwards then backwards: (sample, step, 2 * width)."""
        return self.lstm(self.stem(x).transpose(1, 2))[0]

    def states(self, x):
        """States along the sequence, each step's at all of its positions: (sample, unit, position)."""
        h = self.steps(x).transpose(1, 2).repeat_interleave(self.pool, 2)[..., : x.shape[2]]
        return nn.functional.pad(h, (0, x.shape[2] - h.shape[2]), mode="replicate")

    def read(self, x):
        """Outputs for the strand as it is."""
        h = self.steps(x)
        if self.read_out == "max":
            h = h.amax(1)
        elif self.read_out == "mean":
            h = h.mean(1)
        else:
            forwards, backwards = h.chunk(2, -1)
            h = torch.cat([forwards[:, -1], backwards[:, 0]], -1)
        return self.output(self.dropout(h))
