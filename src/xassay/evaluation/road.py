"""ROAD: the output while relevant instances are told from those that are left, against irrelevant ones."""

import numpy as np

from xassay.core.curves import swing

CARD = dict(
    label="Remove and debias (ROAD)",
    family="faithfulness",
    range=(None, None),
    direction=1,
    null=0,
    gate=("control_shapley", "control_random"),
    reference="rong2022",
)


def score(imputed, curve):
    """Logit without the least relevant instances less that without the most relevant, mean over shares.

    What is removed is imputed from what is left, so that neither a foreign value nor a gap tells the model of
    it: where others say the same, an instance is worth nothing. In units of how far f moves in that sample:
    chance 0, the reversed order gives the negative. imputed: core.contracts.Imputed, its shares those of
    core.road; bases become their conditional probabilities, without noise. curve: core.contracts.Curve.
    Returns (replicate, sample), NaN in a bag of one or where the model never answers. Source: rong2022, with
    logits in the place of accuracy and both orders at once."""
    return (np.asarray(imputed.least) - np.asarray(imputed.most)).mean(-1) / swing(curve)
