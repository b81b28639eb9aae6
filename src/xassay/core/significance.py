"""What is left of many p-values once it is said how many there were."""

import numpy as np


def benjamini_hochberg(p):
    """q-values: the least false discovery rate at which each would be called (benjamini1995).

    p: (test,), NaN where there was none. Returns (test,)."""
    from scipy.stats import false_discovery_control

    p = np.asarray(p, np.float64)
    out, known = np.full(p.shape, np.nan), ~np.isnan(p)
    out[known] = false_discovery_control(p[known])
    return out
