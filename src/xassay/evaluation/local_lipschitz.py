"""Local Lipschitz constant: the largest change of a map that a small change of its input brings."""

import numpy as np

from xassay.core.perturbed import rates

CARD = dict(
    label="Local Lipschitz constant",
    family="robustness",
    range=(0, None),
    direction=0,
    null=None,
    gate=None,
    reference="alvarezmelis2018",
    draws="together",
)


def score(attribution, local_perturbation, distance):
    """Largest ||change of the map|| / ||change of x|| over the draws of one seed, in logits per unit of x.

    It ranks nothing: a constant map has 0, and so has a random one whose draws are fixed, so that a small
    value is no merit by itself. On f = w.x the gradient has 0, and input x gradient max |w| once every
    instance had its turn. attribution: (replicate, sample, instance); local_perturbation: (replicate, draw,
    sample, instance); distance: (replicate, draw, sample), ||change of x||. Returns (replicate, sample), NaN
    where no draw moved x or an instance has no attribution. Source: alvarezmelis2018."""
    rate = rates(attribution, local_perturbation, distance)
    known = ~np.isnan(rate)
    return np.where(known.any(1), np.where(known, rate, 0).max(1), np.nan)
