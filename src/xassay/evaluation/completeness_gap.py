"""Completeness: attributions should add up to what the model loses when everything is replaced."""

import numpy as np

from xassay.core.curves import typical

CARD = dict(
    label="Completeness gap",
    family="completeness",
    range=(0, None),
    direction=-1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="sundararajan2017",
)


def score(total, probe):
    """Distance of the sum of attributions from f(x) - f(b), in units of its typical size: complete 0.

    total: (replicate, sample), the sum of the map at its own level; probe: core.contracts.Probe.
    Returns (replicate, sample), NaN where the model never answers. Source: sundararajan2017, proposition
    1."""
    return np.abs(total - probe.total) / typical(probe)
