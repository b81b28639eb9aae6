"""What is left of many p-values once it is said how many there were."""

import numpy as np


def benjamini_hochberg(p):
    """q-values: the least false discovery rate at which each would be called (benjamini1995).

    p: (test,), NaN where there was none. Returns (test,)."""
    p = np.asarray(p, np.float64)
    out, known = np.full(p.shape, np.nan), np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return out
