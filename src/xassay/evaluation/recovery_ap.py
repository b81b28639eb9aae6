"""Average precision of the attribution for the witness instances, chance-corrected."""

import numpy as np

from xassay.core.ranks import average_precision, count, expected_precision

CARD = dict(
    label="Recovery AP",
    family="recovery",
    range=(None, 1),
    direction=1,
    null=0,
    gate=("control_truth", "control_random"),
    reference="bestgen2015",
)


def score(attribution, truth):
    """Average precision for witnesses, corrected by its exact expectation: truth 1, chance 0.

    attribution: (replicate, sample, instance); truth: (sample, instance) in {-1, 0, 1}, NaN where absent or
    unknown. Returns (replicate, sample), NaN where no instance or every instance is a witness.
    Source: bestgen2015."""
    sought = np.maximum(truth, 0)
    maps = attribution
    chance = expected_precision(*count(maps, sought))
    return (average_precision(maps, sought) - chance) / (1 - chance)
