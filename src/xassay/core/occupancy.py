"""Where motifs are bound: both strands scanned with log-odds matrices, scores turned into occupancies.

A site of score S, in bits, is bound with odds exp(sharpness (S - threshold)): what a protein at a fixed
concentration does whose binding energy is the score (berg1987). Everything is smooth in the sequence, which
need not be one-hot.
"""

import torch
from torch import nn
from torch.nn import functional

NEVER = -1e4  # log-odds of a site that cannot be: beyond the end, or on a strand that does not count
MOST = 40.0  # log-odds from which a site is bound for certain: exp of them fits a float32


class Scan(nn.Module):
    """Log-odds of binding at every site.

    weights: (motif, 4, widest) log-odds of the bases in bits, 0 beyond a motif's width; widths, thresholds:
    (motif,), columns and bits; sharpness: per bit; plus_only: sites on the other strand are never bound."""

    def __init__(self, weights, widths, thresholds, sharpness, plus_only=False):
        super().__init__()
        given = dict(weights=weights, thresholds=thresholds, sharpness=sharpness)
        for name, value in given.items():
            self.register_buffer(name, torch.as_tensor(value).float())
        self.register_buffer("widths", torch.as_tensor(widths).long())
        self.plus_only = bool(plus_only)

    def kernels(self):
        """Both strands' matrices, (motif, strand, 4, widest): the second reads the complement backwards."""
        other = torch.zeros_like(self.weights)
        for k, width in enumerate(self.widths.tolist()):
            other[k, :, :width] = self.weights[k, :, :width].flip((0, 1))
        return torch.stack([self.weights, other], 1)

    def scores(self, x):
        """Bits of every site by its first position: (sample, motif, strand, position); whatever is beyond the
        end counts nothing. x: (sample, 4, position)."""
        kernels = self.kernels()
        padded = functional.pad(x, (0, kernels.shape[-1] - 1))
        return functional.conv1d(padded, kernels.flatten(0, 1)).unflatten(1, (-1, 2))

    def forward(self, x):
        """Log-odds of binding at every site, (sample, motif, strand, position); ``NEVER`` where none fits."""
        odds = self.sharpness * (self.scores(x) - self.thresholds[:, None, None])
        starts = torch.arange(x.shape[2], device=x.device)
        fits = (starts <= x.shape[2] - self.widths[:, None])[:, None].repeat(1, 2, 1)
        if self.plus_only:
            fits[:, 1] = False
        return torch.where(fits, odds, NEVER)


def present(odds):
    """Probability that one site or more is bound, each for itself: (sample, motif).

    odds: (sample, motif, strand, position)."""
    return 1 - torch.exp(-functional.softplus(odds).sum((-2, -1)))


def either(odds):
    """Probability that a site is bound on one strand or the other: (sample, motif, position)."""
    return 1 - torch.exp(-functional.softplus(odds).sum(-2))


def bound(odds, widths):
    """Probability that a site is bound, where sites of one motif that overlap exclude each other.

    So a palindrome, which both strands find, counts once: sums of these are numbers of sites. It is exact
    where the sites that compete all overlap one another. Returns (sample, motif, position)."""
    weight = odds.clamp(max=MOST).exp().sum(-2)
    rivals = torch.stack(
        [
            (2 * width - 1) * functional.avg_pool1d(weight[:, k], 2 * width - 1, 1, width - 1)
            for k, width in enumerate(widths.tolist())
        ],
        1,
    )
    return weight / (1 + rivals)
