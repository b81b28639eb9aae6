"""Prediction gap on unimportant instances: does noise on all but the most relevant move the output?"""

import numpy as np

from xassay.core.curves import typical

CARD = dict(
    label="Prediction gap, unimportant",
    family="faithfulness",
    range=(0, None),
    direction=-1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="agarwal2022",
)


def score(gap, probe):
    """Mean over shares of E|f(x) - f(x + e)|, with noise e on all but the most relevant instances.

    In units of the typical |f(x) - f(b)|, so that data sets compare; times it, f = w.x gives s ||w_m|| sqrt(2
    / pi) for noise of standard deviation s on the set m. gap: core.contracts.Gap, its shares those of
    core.gaps; probe: core.contracts.Probe. Returns (replicate, sample), NaN where the gap is unknown, the
    model never answers, or nothing is left beside the most relevant. Source: agarwal2022."""
    return np.asarray(gap.rest).mean(-1) / typical(probe)
