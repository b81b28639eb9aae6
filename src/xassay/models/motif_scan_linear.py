"""A linear model of motif scans: what known motifs alone can tell, with a coefficient for each."""

import math

import torch
from torch.nn import functional

from xassay.core import motifs as library
from xassay.core.errors import InputError
from xassay.core.standard import SparseLinear

CARD = dict(
    label="Motif scan, linear",
    kinds=("sequence",),
    provides=("gradient",),
    reference=("stormo2000", "rauluseviciute2024"),
    files=("motifs",),
    limits=dict(sharpness=(0.01, None), sparsity=(0, None)),
)


def build(shape, n_outputs, *, motifs: str | None = None, sharpness=1.0, sparsity=0.02):
    """Best match of every motif on either strand, and a sparse linear layer.

    shape: (4, positions). motifs: a file of matrices (MEME, JASPAR, PFM), by default the motifs that come
    with xassay; those longer than the sequence are refused. sharpness: of the smooth maximum over positions
    and strands, per bit; sparsity: weight of the L1 penalty.

    Returns a Module: (sample, 4, position) -> (sample, output)."""
    found = library.read(motifs or library.KNOWN)
    if long := [motif.name for motif in found if motif.probabilities.shape[1] > shape[-1]]:
        raise InputError(
            f"motifs: {long[0]} is longer than the sequences' {shape[-1]} bases; allowed: shorter"
        )
    return MotifScanLinear(found, n_outputs, sharpness, sparsity)


class MotifScanLinear(SparseLinear):
    """``names`` are the motifs, in the order of the coefficients."""

    def __init__(self, motifs, n_outputs, sharpness, sparsity):
        super().__init__(len(motifs), n_outputs, sparsity)
        self.names, self.sharpness = [motif.name for motif in motifs], sharpness
        widest = max(motif.probabilities.shape[1] for motif in motifs)
        filters = torch.zeros(2 * len(motifs), 4, widest)
        beyond = torch.zeros(2 * len(motifs), widest)  # positions that lie in no motif
        for k, motif in enumerate(motifs):
            scores = torch.from_numpy(motif.log_odds().copy()).float()
            width = scores.shape[1]
            filters[k, :, :width], filters[len(motifs) + k, :, :width] = scores, scores.flip((0, 1))
            beyond[[k, len(motifs) + k], width:] = 1
        self.register_buffer("filters", filters)
        self.register_buffer("widths", widest - beyond.sum(1).long())

    def features(self, x):
        """Smooth maximum of the matches, in bits: (sample, 4, position) -> (sample, motif)."""
        length, widest = x.shape[2], self.filters.shape[2]
        scores = functional.conv1d(functional.pad(x, (0, widest - 1)), self.filters)
        places = torch.arange(length, device=x.device)
        scores = torch.where(places <= length - self.widths[:, None], scores, -torch.inf)
        one, other = scores.chunk(2, 1)
        per_bit = self.sharpness * math.log(2)
        return (torch.cat([one, other], -1) * per_bit).logsumexp(-1) / per_bit
