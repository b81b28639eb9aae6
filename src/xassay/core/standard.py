"""A sparse linear model of standardised features: what both models share that a person can read."""

import torch
from torch import nn


class SparseLinear(nn.Module):
    """Outputs linear in features of a sequence, which a subclass defines; few of them by an L1 penalty.

    n_features: number of features; sparsity: weight of the penalty, on the sum of an output's absolute
    coefficients, mean over outputs. ``prepare`` sets each feature's mean and spread to that of the training
    sequences, so that coefficients compare."""

    def __init__(self, n_features, n_outputs, sparsity):
        super().__init__()
        self.sparsity = sparsity
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("spread", torch.ones(n_features))
        self.output = nn.Linear(n_features, n_outputs)

    def features(self, x):
        """Features of sequences: (sample, 4, position) -> (sample, feature)."""
        raise NotImplementedError

    @torch.no_grad()
    def prepare(self, x, rng):
        """Take mean and spread from training sequences, (sample, 4, position)."""
        found = torch.cat([self.features(part) for part in x.split(256)])
        self.mean.copy_(found.mean(0))
        spread = found.std(0, correction=0)
        self.spread.copy_(torch.where(spread > 1e-6, spread, 1.0))

    def penalty(self):
        """What the loss is told of the coefficients."""
        return self.sparsity * self.output.weight.abs().sum(1).mean()

    def forward(self, x):
        return self.output((self.features(x) - self.mean) / self.spread)
