"""Local Lipschitz constant: the largest change of a map that a small change of its input brings."""

import numpy as np

from xassay.core.perturbed import rates

CARD = dict(
    label="Local Lipschitz constant, at least",
    family="robustness",
    range=(0, None),
    direction=0,
    null=None,
    gate=None,
    reference="alvarezmelis2018",
    draws="together",
)


def score(local_perturbation, distance):
    """Largest ||change of the map|| / ||change of x|| over the draws of one seed, in logits per unit of x.

    A lower bound: the largest over a few random directions, on everything and on one unit at a time. On f =
    w.x of one feature an instance, input x gradient has max |w| once every instance had its turn; with many
    features, directions that matter are missed. It ranks nothing: a constant map has 0, and so has a random
    one whose draws are fixed, so that a small value is no merit by itself. local_perturbation: (replicate,
    draw, sample, instance), draw 0 the map of x itself; distance: (replicate, draw, sample), ||change of x||.
    Returns (replicate, sample), NaN where no draw moved x or an instance has no attribution. Source:
    alvarezmelis2018."""
    rate = rates(local_perturbation, distance)
    known = ~np.isnan(rate)
    return np.where(known.any(1), np.where(known, rate, 0).max(1), np.nan)
