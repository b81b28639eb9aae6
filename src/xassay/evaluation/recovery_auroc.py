"""Area under the ROC curve of the attribution as a detector of the witness instances."""

import numpy as np

from xassay.core.ranks import auroc

CARD = dict(
    label="Recovery AUROC",
    family="recovery",
    range=(0, 1),
    direction=1,
    null=0.5,
    gate=("control_truth", "control_random"),
    reference="hanley1982",
)


def score(attribution, truth):
    """Probability that a witness is ranked above another instance, ties half: truth 1, chance 0.5.

    attribution: (replicate, sample, instance); truth: (sample, instance) in {-1, 0, 1}, NaN where absent or
    unknown. Returns (replicate, sample), NaN where no instance or every instance is a witness.
    Source: hanley1982."""
    return auroc(attribution, np.maximum(truth, 0))
