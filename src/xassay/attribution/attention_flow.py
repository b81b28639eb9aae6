"""Attention flow: Abnar and Zuidema (2020), the most that can flow from the output to each input token.

Attention with its residuals, half each, is the capacity of the edges between layers. All tokens of the last
layer are fed equally, as the read-out takes their mean; the flow to one token of the input is that of a
network of its own.
"""

import numpy as np
import torch

from xassay.core.attention import mixed
from xassay.core.tokens import members, spread

CARD = dict(
    label="Attention flow", family="attention", kinds=("sequence",), needs=("layers_attention",),
    signed=False, level="instance", axioms=(), reference="abnar2020",
)  # fmt: skip
UNIT = 100_000  # of capacity: scipy's flows are whole numbers


def attribute(model, x):
    """x: (sample, 4, position). Returns (sample, position), shares of the flow that add up to one."""
    with torch.no_grad():
        weights, home = model.attentions(x)
    there = members(home, weights.shape[-1]) > 0
    flows = torch.zeros(there.shape, dtype=torch.float64)
    for k, layers in enumerate(mixed(weights).cpu().double().numpy()):
        number = int(there[k].sum())  # padding comes last
        flows[k, :number] = torch.from_numpy(flow(layers[:, :number, :number]))
    flows = flows / flows.sum(1, keepdim=True)
    return spread(flows.to(x.device), home).to(x.dtype)


def flow(layers):
    """Maximum flow from all tokens of the last layer, fed equally, to each token of the input: (token,).

    layers: capacities (layer, query, key), the first layer first."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    depth, n = layers.shape[:2]
    source, rows, columns, capacities = n * (depth + 1), [], [], []
    for level, capacity in enumerate(layers):
        query, key = np.divmod(np.arange(n * n), n)
        rows.append((level + 1) * n + query)
        columns.append(level * n + key)
        capacities.append(np.rint(UNIT * capacity).astype(np.int32).ravel())
    rows.append(np.full(n, source))
    columns.append(depth * n + np.arange(n))
    capacities.append(np.full(n, UNIT // n, np.int32))
    edges = np.concatenate(capacities), (np.concatenate(rows), np.concatenate(columns))
    graph = coo_array(edges, shape=(source + 1, source + 1)).tocsr()
    return np.array([maximum_flow(graph, source, token).flow_value for token in range(n)], float)
