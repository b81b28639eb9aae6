"""The order in which a heatmap shows what is alike side by side."""

import numpy as np


def clustered(maps):
    """Order by average linkage on 1 - mean agreement; an unknown pair counts as unrelated.

    maps: (item, item) each, between -1 and 1, NaN where unknown."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    stack = np.stack(maps)
    known = np.sum(~np.isnan(stack), axis=0)
    mean = np.nansum(stack, axis=0) / np.maximum(known, 1)
    distance = np.clip(1 - (mean + mean.T) / 2, 0, None)
    np.fill_diagonal(distance, 0)
    return leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
