"""Agreement between methods: a heatmap a (data set, model), in clustered order."""

import numpy as np

from xassay.report.marks import colour_handles, flag_handles, heat
from xassay.report.panels import by_dataset, grid, legend

CARD = dict(
    title="Do the methods agree with one another?",
    caption="Mean agreement of two methods' maps of the same bag: 1 the same order of cells, 0 unrelated,"
    " -1 reversed. Methods that agree stand together (average linkage over the models of a data "
    "set). Agreement is not correctness: two methods may share a mistake. Good: agreement among "
    "methods that recover the truth. A dot: refused here, or not defined. {n}",
    category="Agreement and repeatability",
)


def n(tables):
    return tables.n_of(*tables.metrics("agreement")[:1])


def draw(tables):
    metrics = tables.metrics("agreement")
    pairs = [
        pair for pair in tables.pairs if metrics and not tables.rows(metrics[0], *pair, variant=None).empty
    ]
    methods = [
        m
        for m in tables.methods
        if metrics and m in set(tables.summary.query("metric == @metrics[0]").method)
    ]
    if len(methods) < 2:
        return "agreement needs two methods that explain the same model"
    maps = {pair: matrix(tables.rows(metrics[0], *pair, variant=None), methods) for pair in pairs}
    across, size = (4, 1.6) if len(methods) <= 8 else (2, 3.6)
    figure, panels = grid(tables, by_dataset(tables, pairs), size, across=across, foot=0.4, gap=1.2)
    for (_, dataset, model), axis in panels.items():
        order = clustered([maps[pair] for pair in pairs if pair[0] == dataset])
        names = [tables.marked(methods[i], dataset) for i in order]
        heat(axis, maps[dataset, model][np.ix_(order, order)], names, names, numbers=len(methods) <= 12)
        axis.set_aspect("equal", anchor="N")
    legend(figure, [*colour_handles(), *flag_handles(tables)], columns=6)
    return figure


def matrix(rows, methods):
    """(method, method) means, both triangles filled from whichever is in the table; the diagonal is 1."""
    found = np.full((len(methods), len(methods)), np.nan)
    for first, row in rows.iterrows():
        if first in methods and row.variant in methods:
            i, j = methods.index(first), methods.index(row.variant)
            found[i, j] = row["mean"]
            found[j, i] = row["mean"] if np.isnan(found[j, i]) else found[j, i]
    present = ~np.isnan(found).all(axis=1)
    found[present, present] = 1
    return found


def clustered(maps):
    """Order of methods by average linkage on 1 - mean agreement; an unknown pair counts as unrelated."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    stack = np.stack(maps)
    known = np.sum(~np.isnan(stack), axis=0)
    mean = np.nansum(stack, axis=0) / np.maximum(known, 1)
    distance = np.clip(1 - (mean + mean.T) / 2, 0, None)
    np.fill_diagonal(distance, 0)
    return leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
