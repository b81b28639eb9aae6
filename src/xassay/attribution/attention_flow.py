"""Attention flow: Abnar and Zuidema (2020), the most that can flow from an output token to an input token.

Attention with its residuals, half each, is the capacity of the edges between layers. The flow from each token
of the last layer to each of the input is a network of its own; one token's flows are shares that add up to
one, and the read-out, a mean over tokens, takes the mean of them.
"""

import numpy as np
import torch

from xassay.core.attention import attended, mixed

CARD = dict(
    label="Attention flow", family="attention", kinds=("sequence",), needs=("layers_attention",),
    signed=False, level="instance", axioms=(), reference="abnar2020",
)  # fmt: skip
UNIT = 1_000_000  # of capacity: scipy's flows are whole numbers
BLOCK = 1 << 23  # values at a time


def attribute(model, x):
    """x: (sample, 4, position). Returns (sample, position), shares of the flow that add up to one.

    Exact for one layer and for two. With more, capacities are rounded to 1e-6 and every pair of tokens is a
    search of its own: about a second for a sequence of 50 tokens and three layers."""
    return attended(model, x, shares)


def shares(weights):
    """Flow between tokens, (sample, query, key), each query's adding up to one; 0 for padding.

    weights: (sample, layer, head, query, key)."""
    there = weights.sum((1, 2, 4)) > 0  # padding asks nothing, and comes last
    found = torch.zeros_like(weights[:, 0, 0])
    for row, layers, number in zip(found, mixed(weights), there.sum(1).tolist()):
        row[:number, :number] = flow(layers[:, :number, :number])
    return found / found.sum(-1, keepdim=True).clamp(min=1e-12)


def flow(layers):
    """Maximum flow from each token of the last layer to each of the input: (query, key).

    layers: capacities (layer, query, key), the first layer first."""
    if len(layers) == 1:
        return layers[0]
    if len(layers) == 2:  # one token of the middle is one path, and no two paths share an edge
        first, last = layers
        size = max(1, BLOCK // first.numel())
        return torch.cat([torch.minimum(part[..., None], first).sum(1) for part in last.split(size)])
    return torch.from_numpy(_searched(layers.double().cpu().numpy())).to(layers)


def _searched(layers):
    """``flow`` of any number of layers by Dinic's algorithm. layers: an array."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    depth, n = layers.shape[:2]
    query, key = np.divmod(np.arange(n * n), n)
    level = np.arange(depth)[:, None]
    ends = ((level + 1) * n + query).ravel(), (level * n + key).ravel()
    whole = np.rint(UNIT * layers).astype(np.int32).ravel()
    graph = coo_array((whole, ends), shape=((depth + 1) * n,) * 2).tocsr()
    flows = [[maximum_flow(graph, depth * n + q, k).flow_value for k in range(n)] for q in range(n)]
    return np.array(flows, float) / UNIT
