"""Off-simplex angle: how much of a map of bases tells no base from another. Majdandzic et al. (2023)."""

import numpy as np

CARD = dict(
    label="Off-simplex angle", family="complexity", kinds=("sequence",), range=(0, 90), direction=0,
    null=None, gate=None, reference="majdandzic2023",
)  # fmt: skip


def score(angle):
    """Mean angle between a map's columns and the plane of the simplex, degrees: describes, and ranks nothing.

    0 where the four values of each position add up to zero, 90 where they are the same. One-hot inputs lie on
    the simplex, so what points off it is no evidence for any base; a random gradient has 27 degrees on
    average. angle: (replicate, sample). Returns (replicate, sample), NaN where a map has no value for
    each base. Source: majdandzic2023."""
    return np.asarray(angle, float)
