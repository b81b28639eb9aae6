"""Faithfulness correlation: do the attributions of a masked set tell what the model loses without it?"""

import numpy as np

from xassay.core.ranks import pearson

CARD = dict(
    label="Faithfulness correlation",
    family="faithfulness",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=("control_shapley", "control_random"),
    reference="bhatt2020",
)


def score(attribution, probe):
    """Correlation over masks of the summed attribution and f(x) - f(masked x): additive truth 1, chance 0.

    Masks are compared with masks of their own size: a larger one changes the model more whatever it hides, so
    across sizes even a constant map would correlate. attribution: (replicate, sample, instance); probe:
    core.contracts.Probe. Returns (replicate, sample), NaN where either is constant or an instance has no
    attribution. Source: bhatt2020."""
    masks = np.asarray(probe.masks, float)
    masked = np.einsum("smi,rsi->rsm", masks, np.nan_to_num(attribution))
    lost = np.einsum("smi,rsi->rsm", masks, np.isnan(attribution).astype(float)) > 0
    size = masks.sum(-1)
    masked, delta = (beyond_size(values, size) for values in (masked, np.asarray(probe.delta)))
    return pearson(np.where(lost, np.nan, masked), delta)


def beyond_size(values, size):
    """Values less the mean over the sample's masks of the same size.

    values: (replicate, sample, mask); size: (sample, mask). Returns values' shape, rounding errors as 0."""
    alike = (size[:, :, None] == size[:, None]).astype(float)
    left = values - np.einsum("smn,rsn->rsm", alike, values) / alike.sum(-1)
    return np.where(np.abs(left) > 1e-12 * np.abs(values).max(-1, keepdims=True), left, 0)
