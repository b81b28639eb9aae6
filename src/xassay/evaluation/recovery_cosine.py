"""Cosine of the attribution with the exact one, where f* is known."""

import numpy as np

from xassay.core.ranks import ratio

CARD = dict(
    label="Cosine with the exact attribution",
    family="recovery",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=("control_truth", "control_random"),
    reference="guidotti2021",
)


def score(attribution, effect):
    """Cosine with phi*, whose scale and sign count as its order does: phi* 1, -phi* -1, chance 0.

    attribution: (replicate, sample, instance); effect: (sample, instance), phi* of f*, NaN where absent or
    unknown. Returns (replicate, sample), NaN where either is zero, or an instance has no attribution.
    Source: guidotti2021, section 3.2."""
    known = ~np.isnan(effect)
    map_, exact = np.where(known, attribution, 0), np.where(known, effect, 0)
    size = np.sqrt((map_**2).sum(-1) * (exact**2).sum(-1))
    return np.clip(ratio((map_ * exact).sum(-1), size), -1, 1)
