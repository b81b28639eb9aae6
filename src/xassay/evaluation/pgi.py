"""Prediction gap on important instances: does noise on the most relevant ones move the output?"""

import numpy as np

from xassay.core.curves import typical

CARD = dict(
    label="Prediction gap, important",
    family="faithfulness",
    range=(0, None),
    direction=1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="agarwal2022",
)


def score(gap, probe):
    """Mean over shares of E|f(x) - f(x + e)|, with noise e on the most relevant instances.

    In units of the typical |f(x) - f(b)|, so that data sets compare; times it, f = w.x gives s ||w_m|| sqrt(2
    / pi) for noise of standard deviation s on the set m. gap: core.contracts.Gap, its shares those of
    core.gaps; probe: core.contracts.Probe. Returns (replicate, sample), NaN where the gap is unknown or the
    model never answers. Source: agarwal2022."""
    return np.asarray(gap.important).mean(-1) / typical(probe)
