"""How fast a map changes as its input does."""

import numpy as np

from xassay.core.ranks import ratio


def rates(attribution, perturbed, distance):
    """||change of the map|| / ||change of x|| (L2) of every draw.

    attribution: (replicate, sample, unit); perturbed: (replicate, draw, sample, unit), NaN where absent;
    distance: (replicate, draw, sample). Returns (replicate, draw, sample), NaN where x did not move, or where
    one of the two maps lacks a value that the other has, or all."""
    attribution = attribution[:, None]
    change = np.where(np.isnan(attribution) & np.isnan(perturbed), 0, perturbed - attribution)
    size = np.sqrt((change**2).sum(-1))
    return ratio(np.where(np.isnan(attribution).all(-1), np.nan, size), distance)
