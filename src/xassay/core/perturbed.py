"""How fast a map changes as its input does."""

import numpy as np

from xassay.core.ranks import ratio


def rates(perturbed, distance):
    """||change of the map|| / ||change of x|| (L2) of every draw but the first, which is x itself.

    perturbed: (replicate, draw, sample, unit), NaN where absent; distance: (replicate, draw, sample). Returns
    (replicate, draw - 1, sample), NaN where x did not move, or where one of the two maps lacks a value that
    the other has, or all."""
    origin, moved = perturbed[:, :1], perturbed[:, 1:]
    change = np.where(np.isnan(origin) & np.isnan(moved), 0, moved - origin)
    size = np.sqrt((change**2).sum(-1))
    return ratio(np.where(np.isnan(origin).all(-1), np.nan, size), distance[:, 1:])
