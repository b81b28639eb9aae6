"""Decoy AUROC: does a map point at elements that were planted without an effect?"""

import numpy as np

from xassay.core.ranks import auroc

CARD = dict(
    label="Decoy AUROC", family="recovery", kinds=("sequence",), range=(0, 1), direction=0, null=0.5,
    gate=None, reference="koo2021",
)  # fmt: skip


def score(attribution, decoy):
    """AUROC of |attribution| of positions in decoys above those of the background; causal elements aside.

    It describes, and ranks nothing: a map should point at a decoy if the model uses it, as one does that
    learned a motif which goes with the label in training alone. It sees the order alone, also of what is next
    to nothing; how much a decoy gets is ``decoy_weight``. attribution: (replicate, sample, position); decoy:
    (sample, position), 1, 0, or NaN where an element has an effect. Returns (replicate, sample), NaN without
    a decoy. Source: koo2021."""
    return auroc(np.where(np.isnan(decoy), np.nan, np.abs(attribution)), decoy)
