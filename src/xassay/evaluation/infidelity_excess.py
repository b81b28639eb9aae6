"""Excess infidelity: what a better additive map would mend; the rest is interaction, which none can tell."""

import numpy as np

from xassay.core.additive import best_error, errors
from xassay.core.ranks import ratio

CARD = dict(
    label="Infidelity beyond the best additive map",
    family="faithfulness",
    range=(0, None),
    direction=-1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="yeh2019",
)


def score(attribution, probe):
    """Infidelity less that of the additive map that fits these masks best, by least squares.

    That map 0, and additive truth with it; on f = x1 x2 the Shapley values keep 1/6 - 1/9. attribution:
    (replicate, sample, instance), in logits; probe: core.contracts.Probe. Returns (replicate, sample), NaN
    where the model never answers, an instance has no attribution, or there are fewer than three masks an
    instance, as in samples of many units: such a fit would follow whatever the model answers. Source:
    yeh2019, proposition 2.1 (the optimal explanation)."""
    error, whole = errors(attribution, probe)
    return np.maximum(ratio(error - best_error(probe), whole), 0)
