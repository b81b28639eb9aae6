"""Attention of all layers as one value a base: what every attention method of sequences shares.

weights: (sample, layer, head, query, key), rows of padding tokens 0; home: the token of each base, (sample,
position). The read-out is the mean over tokens, so each of them is asked equally.
"""

import torch

from xassay.core.strands import both_strands
from xassay.core.tokens import members, spread


def attended(model, x, tokens_of):
    """What each base receives by ``tokens_of(weights) -> (sample, query, key)``: (sample, position).

    Of a model that averages both strands, the mean of both. Shares that add up to one."""

    def of_strand(x):
        weights, home = model.attentions(x)
        return received(tokens_of(weights), home)

    with torch.no_grad():
        return both_strands(model, x, of_strand)


def received(weights, home):
    """Attention that each base gets, mean over the queries: (sample, query, key) -> (sample, position).

    A token's share is spread evenly over its bases."""
    there = (members(home, weights.shape[-1]) > 0).to(weights.dtype)
    mean = (weights * there[..., None]).sum(1) / there.sum(1, keepdim=True)
    return spread(mean, home)


def mixed(weights):
    """Each layer's attention with its residual path, half each, rows that add up to one: (sample, layer,
    query, key). weights: mean over heads is taken. abnar2020, equation 1 and what follows."""
    mean = weights.mean(2)
    mixed = 0.5 * mean + 0.5 * torch.eye(mean.shape[-1], dtype=mean.dtype, device=mean.device)
    return mixed / mixed.sum(-1, keepdim=True)


def rolled_out(weights):
    """Product of the mixed attention of all layers, the last one outermost: (sample, query, key)."""
    layers = mixed(weights).unbind(1)
    out = layers[0]
    for layer in layers[1:]:
        out = layer @ out
    return out
