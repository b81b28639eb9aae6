"""Recovery AUROC of the same method on the twin that was trained on permuted labels: an assay's blank."""

import numpy as np

from xassay.core.ranks import auroc

CARD = dict(
    label="Recovery AUROC on permuted labels",
    family="recovery",
    range=(0, 1),
    direction=0,
    null=None,
    gate=None,
    reference="adebayo2018",
)


def score(truth, label_permutation):
    """Probability that the twin's map ranks a witness above another instance of its bag, ties half.

    It describes, and ranks nothing: the spread of the twins is what a limit of detection is read from, and
    one twin by itself may lie far from chance. label_permutation: (replicate, sample, instance); truth:
    (sample, instance) in {-1, 0, 1}. Returns (replicate, sample), NaN where no instance or every instance is
    a witness. Source: adebayo2018."""
    return auroc(label_permutation, np.maximum(truth, 0))
