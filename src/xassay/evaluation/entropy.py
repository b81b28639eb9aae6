"""Entropy: over how many units does a map spread its weight?"""

import numpy as np

from xassay.core.complexity import shares

CARD = dict(
    label="Entropy of |attribution|",
    family="complexity",
    range=(0, None),
    direction=0,
    null=None,
    gate=None,
    reference="bhatt2020",
)


def score(attribution):
    """Entropy of |attribution| over its sum, in nats: one instance 0, n alike ln n.

    attribution: (replicate, sample, instance). Returns (replicate, sample), NaN where the map is zero.
    Source: bhatt2020, complexity."""
    share, _ = shares(attribution)
    return -(share * np.log(np.where(share == 0, 1, share))).sum(-1) + 0.0  # not -0
