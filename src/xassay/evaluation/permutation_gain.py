"""Permuted labels: recovery beyond that of the same method on a model that learnt permuted labels."""

import numpy as np

from xassay.core.ranks import auroc

CARD = dict(
    label="Recovery gained over permuted labels",
    family="permutation",
    range=(-1, 1),
    direction=1,
    null=None,
    gate=None,
    reference="adebayo2018",
)


def score(attribution, truth, label_permutation):
    """Recovery AUROC less that on the permuted-label twin, of the same seed and sample.

    attribution and label_permutation: (replicate, sample, instance), in pairs; truth: (sample, instance) in
    {-1, 0, 1}. A twin's own recovery is not at chance seed by seed, so only the difference is a test.
    Returns (replicate, sample), NaN where recovery is undefined. Source: adebayo2018."""
    sought = np.maximum(truth, 0)
    return auroc(attribution, sought) - auroc(label_permutation, sought)
