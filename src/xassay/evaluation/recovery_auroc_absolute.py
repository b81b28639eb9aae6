"""Area under the ROC curve of the absolute attribution as a detector of the causal instances."""

import numpy as np

from xassay.core.ranks import auroc

CARD = dict(
    label="Recovery AUROC of |attribution|",
    family="recovery",
    range=(0, 1),
    direction=1,
    null=0.5,
    gate=("control_truth", "control_random"),
    reference="hanley1982",
)


def score(attribution, truth):
    """Probability that an instance with an effect is above one without, ties half: truth 1, chance 0.5.

    attribution: (replicate, sample, instance); truth: (sample, instance) in {-1, 0, 1}, NaN where absent or
    unknown. Returns (replicate, sample), NaN where no instance or every instance has an effect.
    Source: hanley1982."""
    return auroc(np.abs(attribution), np.abs(truth))
