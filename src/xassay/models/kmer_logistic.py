"""A linear model of k-mer counts, the baseline that any network has to beat: after Ghandi et al. (2014)."""

import torch

from xassay.core.errors import InputError
from xassay.core.kmers import canonical, occurrences
from xassay.core.standard import SparseLinear

CARD = dict(
    label="k-mer logistic",
    kinds=("sequence",),
    provides=("gradient",),
    reference="ghandi2014",
    limits=dict(k=(1, 6), sparsity=(0, None)),
)


def build(shape, n_outputs, *, k=4, sparsity=0.01):
    """Counts of every word of ``k`` bases, both strands together, and a sparse linear layer.

    shape: (4, positions); sparsity: weight of the L1 penalty. Returns a Module: (sample, 4, position) ->
    (sample, output). Raises InputError for words longer than the sequences."""
    if k > shape[1]:
        raise InputError(f"kmer_logistic: k is {k}; allowed: 1 to {shape[1]}, the length of the sequences")
    return KmerLogistic(n_outputs, k, sparsity)


class KmerLogistic(SparseLinear):
    """``names`` are the words, one of each pair of reverse complements, in the order of the coefficients."""

    def __init__(self, n_outputs, k, sparsity):
        of, names = canonical(k)
        super().__init__(len(names), n_outputs, sparsity)
        self.k, self.names = k, names
        self.register_buffer("of", of, persistent=False)

    def features(self, x):
        """Counts: (sample, 4, position) -> (sample, word)."""
        found = occurrences(x, self.k).sum(-1)
        none = torch.zeros(len(x), len(self.names), dtype=x.dtype, device=x.device)
        return none.index_add(1, self.of, found)
