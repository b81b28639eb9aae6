"""N90: the number of units that hold nine tenths of a map."""

import numpy as np

from xassay.core.complexity import shares

CARD = dict(
    label="Instances with 90 % of |attribution|",
    family="complexity",
    range=(1, None),
    direction=0,
    null=None,
    gate=None,
    reference="nguyen2020",
    limits=dict(share=(0.01, 1)),
)


def score(attribution, *, share=0.9):
    """Smallest number of instances with a share of the summed |attribution|: one 1, n alike ceil(share n).

    attribution: (replicate, sample, instance). Returns (replicate, sample), NaN where the map is zero.
    Source: nguyen2020, effective complexity."""
    held, _ = shares(attribution)
    reached = (
        np.cumsum(held[..., ::-1], -1) >= share - 1e-9
    )  # a sum of n equal shares falls short by rounding
    return np.where(np.isnan(held[..., 0]), np.nan, reached.shape[-1] - reached.sum(-1) + 1)
