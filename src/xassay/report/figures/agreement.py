"""Agreement between methods: a heatmap a (data set, model), in clustered order."""

import numpy as np

from xassay.report.cells import CELL, Plate, colour_handles, plates
from xassay.report.clustering import clustered
from xassay.report.marks import flag_handles
from xassay.report.style import WIDTH

CARD = dict(
    title="Do the methods agree with one another?",
    caption="Mean agreement of two methods' maps of the same bag: 1 the same order of cells, 0 unrelated,"
    " -1 reversed. Methods that agree stand together (average linkage over the models of a data "
    "set). Agreement is not correctness: two methods may share a mistake. Good: agreement among "
    "methods that recover the truth. Columns are the rows in the same order, by their numbers, one numbering "
    "a data set; a refused method has no row, and a dot is a pair without a value. {n}",
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
    found = []
    for dataset in dict.fromkeys(d for d, _ in pairs):
        order = clustered([maps[pair] for pair in pairs if pair[0] == dataset])
        for pair in (pair for pair in pairs if pair[0] == dataset):
            kept = [k for k, i in enumerate(order) if not tables.refusal(*pair, methods[i])]
            names = [f"{tables.marked(methods[order[k]], dataset)}  {k + 1}" for k in kept]
            places = order[kept]
            values = maps[pair][np.ix_(places, places)]
            found.append(Plate(*pair, values, names, [str(k + 1) for k in kept]))
    size = min(CELL, 0.7 * WIDTH / len(methods))
    return plates(tables, found, [*colour_handles(), *flag_handles(tables)], size)


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
