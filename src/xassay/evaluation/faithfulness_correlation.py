"""Faithfulness correlation: do the attributions of a masked set tell what the model loses without it?"""

import numpy as np

from xassay.core.ranks import pearson

CARD = dict(
    label="Faithfulness correlation",
    family="faithfulness",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=("control_truth", "control_random"),
    reference="bhatt2020",
)


def score(attribution, probe):
    """Correlation over masks of the summed attribution and f(x) - f(masked x): additive truth 1, chance 0.

    attribution: (replicate, sample, instance); probe: core.contracts.Probe. Returns (replicate, sample),
    NaN where either is constant or an instance has no attribution. Source: bhatt2020."""
    masks = np.asarray(probe.masks, float)
    masked = np.einsum("smi,rsi->rsm", masks, np.nan_to_num(attribution))
    lost = np.einsum("smi,rsi->rsm", masks, np.isnan(attribution).astype(float)) > 0
    return pearson(np.where(lost, np.nan, masked), probe.delta)
