"""Null leakage: how much attribution goes to what the output does not depend on?"""

import numpy as np

from xassay.core.ranks import count, ratio

CARD = dict(
    label="Leakage to null instances",
    family="recovery",
    range=(0, 1),
    direction=-1,
    null=None,
    gate=("control_truth", "control_random"),
    reference="sundararajan2017",
)


def score(attribution, truth):
    """Largest |attribution| of an instance without effect over the largest of all: truth 0.

    The axiom Sensitivity (b) asks for 0. A random map's value depends on the numbers of both kinds, so there
    is no null value. attribution: (replicate, sample, instance); truth: (sample, instance) in {-1, 0, 1}, NaN
    where absent or unknown. Returns (replicate, sample), NaN where no instance or every instance has an
    effect, or the map is zero. Source: sundararajan2017, section 2.2."""
    m, n = count(attribution, np.abs(truth))
    size = np.where(np.isnan(truth) | np.isnan(attribution), 0, np.abs(attribution))
    leaked = np.where(truth == 0, size, 0).max(-1)
    return ratio(leaked, size.max(-1) * (m > 0) * (m < n))
