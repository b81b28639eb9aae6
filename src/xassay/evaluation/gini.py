"""Gini index: how unequally does a map spread its weight?"""

import numpy as np

from xassay.core.complexity import shares
from xassay.core.ranks import ratio

CARD = dict(
    label="Gini index of |attribution|",
    family="complexity",
    range=(0, 1),
    direction=0,
    null=None,
    gate=None,
    reference="chalasani2020",
)


def score(attribution):
    """Gini index of |attribution|: all alike 0, one instance of n 1 - 1/n.

    attribution: (replicate, sample, instance). Returns (replicate, sample), NaN where the map is zero.
    Source: chalasani2020."""
    share, n = shares(attribution)
    place = np.arange(1, share.shape[-1] + 1) - (share.shape[-1] - n)[..., None]  # zeros of absent ones first
    return np.clip(ratio((share * (2 * place - n[..., None] - 1)).sum(-1), n), 0, 1)
