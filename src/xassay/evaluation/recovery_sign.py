"""Sign of the attribution: does it say rightly which instances speak for and against?"""

import numpy as np

from xassay.core.ranks import ratio

CARD = dict(
    label="Sign of the exact attribution",
    family="recovery",
    range=(0, 1),
    direction=1,
    null=0.5,
    gate=("control_truth", "control_random"),
    reference="krishna2022",
)


def score(attribution, effect):
    """Share of the instances with an effect whose attribution has its sign: phi* 1, -phi* 0, chance 0.5.

    An attribution of 0 takes no side and counts half. attribution: (replicate, sample, instance); effect:
    (sample, instance), phi* of f*, NaN where absent or unknown. Returns (replicate, sample), NaN where no
    instance has an effect, or one has no attribution. Source: krishna2022, sign agreement."""
    side = np.sign(np.nan_to_num(effect))
    match = np.where(side != 0, (1 + side * np.sign(attribution)) / 2, 0)
    return ratio(match.sum(-1), np.abs(side).sum(-1))
