"""Faithfulness correlation: do the attributions of a masked set tell what the model loses without it?"""

import numpy as np

from xassay.core.additive import beyond_size, sizes, sums
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
    alike = sizes(probe.masks)
    masked = beyond_size(sums(attribution, probe.masks), alike)
    return pearson(masked, beyond_size(np.asarray(probe.delta, float), alike))
