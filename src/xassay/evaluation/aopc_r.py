"""AOPC-R: the output's fall when the most relevant go first, less its fall along random orders."""

import numpy as np

from xassay.core.curves import drop, swing

CARD = dict(
    label="AOPC-R",
    family="faithfulness",
    range=(None, None),
    direction=1,
    null=0,
    gate=("control_shapley", "control_random"),
    reference="early2022",
)


def score(curve):
    """Mean fall beyond that of random orders, in units of how far f moves in that sample: chance 0.

    curve: core.contracts.Curve. Returns (replicate, sample), NaN where the model never answers.
    Source: early2022."""
    by_chance = drop(np.asarray(curve.random)).mean(-1)
    return (drop(curve.most) - by_chance) / swing(curve)
