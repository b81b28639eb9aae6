"""Infidelity at the best scale: the part of it that no rescaling of the map mends."""

import numpy as np

from xassay.core.additive import sums
from xassay.core.ranks import ratio

CARD = dict(
    label="Infidelity at the best scale",
    family="faithfulness",
    range=(0, 1),
    direction=-1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="yeh2019",
)


def score(attribution, probe):
    """Infidelity of the attribution times the non-negative number that makes it smallest.

    Additive truth 0 at any scale, a map of zeros 1, and -phi* 1, since a negative scale would turn an
    explanation into its opposite. attribution: (replicate, sample, instance); probe: core.contracts.Probe.
    Returns (replicate, sample), NaN where the model never answers, or an instance has no attribution.
    Source: yeh2019, section 2 (its optimal scale), with masks as perturbations."""
    masked, delta = sums(attribution, probe.masks), np.asarray(probe.delta, float)
    mean = np.maximum((masked * delta).sum(-1), 0)  # times the number of masks, as all sums here
    mended = ratio(mean**2, (masked**2).sum(-1), 0)
    lost = np.isnan(masked).any(-1)
    whole = np.where(lost, np.nan, (delta**2).sum(-1))
    return np.clip(1 - ratio(mended, np.where(whole > 0, whole, np.nan)), 0, 1)
