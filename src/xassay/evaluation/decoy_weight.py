"""Decoy weight: how much does a map give to elements without an effect, beside what causal ones get?"""

import numpy as np

CARD = dict(
    label="Decoy weight", family="recovery", kinds=("sequence",), range=(None, None), direction=0, null=0,
    gate=None, reference="koo2021",
)  # fmt: skip


def score(attribution, truth, decoy):
    """Mean |attribution| of a sample's decoys above that of its background, over that of causal positions.

    0: no more than the background; 1: about as much as a causal element. What a causal position gets is the
    mean over all samples of a replicate, since a sequence of the other class has none. Ranks
    (``decoy_auroc``) cannot tell this: an exact map of a function that ignores the decoy differs there from
    the background by next to nothing, yet always in one direction, and so ranks it first. It describes, and
    ranks nothing: a map should weigh a decoy if the model uses it. attribution: (replicate, sample,
    position); truth: (sample, position), not 0 where an element has an effect, NaN where unknown; decoy:
    (sample, position), 1, 0, or NaN where an element has an effect. Returns (replicate, sample), NaN without
    a decoy or where no position is causal or every causal one is 0. Source: koo2021, whose scores of false
    motifs it puts on a scale."""
    size = np.abs(attribution)
    causal = np.where(np.nan_to_num(truth) != 0, size, np.nan)
    known = np.isfinite(causal)
    unit = np.where(known, causal, 0).sum((1, 2)) / np.maximum(known.sum((1, 2)), 1)
    inside, outside = (mean_where(size, decoy == side) for side in (1, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(unit[:, None] > 0, (inside - outside) / unit[:, None], np.nan)


def mean_where(size, chosen):
    """Mean of the chosen positions of each sample, NaN where none is chosen."""
    number = (chosen & np.isfinite(size)).sum(-1)
    return np.where(number > 0, np.where(chosen, size, 0).sum(-1) / np.maximum(number, 1), np.nan)
