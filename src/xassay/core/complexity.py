"""How a map's weight is spread over the units: shares of the summed absolute attribution."""

import numpy as np

from xassay.core.ranks import ratio


def shares(attribution):
    """|attribution| over its sum, in ascending order, absent units first.

    attribution: (..., unit), NaN where absent. Returns (share, n): (..., unit), 0 where absent and NaN where
    the map is zero, and the number of units that are there, (...)."""
    size = np.sort(np.abs(np.where(np.isnan(attribution), 0, attribution)), -1)
    return ratio(size, size.sum(-1, keepdims=True)), (~np.isnan(attribution)).sum(-1)
