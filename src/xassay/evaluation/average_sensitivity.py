"""Average sensitivity: the typical change of a map that a small change of its input brings."""

import numpy as np

from xassay.core.perturbed import rates
from xassay.core.ranks import ratio

CARD = dict(
    label="Average sensitivity",
    family="robustness",
    range=(0, None),
    direction=0,
    null=None,
    gate=None,
    reference="bhatt2020",
    draws="together",
)


def score(local_perturbation, distance):
    """Root mean square of ||change of the map|| / ||change of x|| over the draws of one seed.

    It ranks nothing: a constant map has 0, and so has a random one whose draws are fixed, so that a small
    value is no merit by itself. On f = w.x the gradient has 0. local_perturbation: (replicate, draw,
    sample, instance), draw 0 the map of x itself; distance: (replicate, draw, sample), ||change of x||.
    Returns (replicate, sample), NaN where no draw moved x or an instance has no attribution. Source:
    bhatt2020."""
    rate = rates(local_perturbation, distance)
    known = ~np.isnan(rate)
    return np.sqrt(ratio(np.where(known, rate**2, 0).sum(1), known.sum(1)))
