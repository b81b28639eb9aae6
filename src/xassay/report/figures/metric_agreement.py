"""Which metrics measure the same thing: how alike they rank the methods, a clustered heatmap a data set."""

import textwrap

import numpy as np

from xassay.report.cells import CELL, NARROWEST, Plate, colour_handles, plates
from xassay.report.clustering import clustered
from xassay.report.style import QUIET, WIDTH

CARD = dict(
    title="Which metrics measure the same thing?",
    caption="Kendall's tau between two metrics' rankings of the methods, averaged over the models of a "
    "data set: 1 the same ranking, 0 unrelated, -1 reversed; larger is better for every metric. "
    "Metrics that rank alike stand together (average linkage): several of one block are one piece "
    "of evidence, not several. Kendall's W over all of them: 1 if all rank the methods alike; p is"
    " how often unrelated families of metrics agree as much. Only metrics that rank there, methods without "
    "controls and ensembles, models that learned. Columns are the rows in the same order, by their"
    " numbers; a dot is a pair without a value. {n}",
    category="Assay quality",
)
LEAST = 3  # metrics, and methods, below which nothing is drawn


def n(tables):
    known = tables.metric_agreement[tables.metric_agreement.tau.notna()].n_methods
    if known.empty:
        return ""
    low, high = int(known.min()), int(known.max())
    return f"n = {low if low == high else f'{low} to {high}'} methods a ranking."


def draw(tables):
    pairs = tables.metric_agreement[tables.metric_agreement.tau.notna()]
    seen = [pair for pair in tables.pairs if tables.learned(*pair) is not False]
    pairs = pairs.loc[[pair in seen for pair in zip(pairs.dataset, pairs.model)]]
    found, texts = [], []
    for dataset in tables.datasets:
        rows = pairs[pairs.dataset == dataset]
        metrics = tables.order(dict.fromkeys([*rows.metric, *rows.other]), "evaluation")
        if len(metrics) < LEAST:
            continue
        maps = [matrix(here, metrics) for _, here in rows.groupby("model", sort=True)]
        order = clustered(maps)
        known = np.sum([~np.isnan(m) for m in maps], axis=0)
        mean = np.where(known > 0, np.nansum(maps, axis=0) / np.maximum(known, 1), np.nan)
        names = [f"{tables.label(metrics[i], 'evaluation')}  {k + 1}" for k, i in enumerate(order)]
        numbers = [str(k + 1) for k in range(len(metrics))]
        found.append(Plate(dataset, None, mean[np.ix_(order, order)], names, numbers))
        texts.append(concordances(tables, [pair for pair in seen if pair[0] == dataset]))
    if not found:
        return f"no model has {LEAST} metrics that rank {LEAST} methods or more"
    label = 0.35 + 0.079 * max(len(name) for plate in found for name in plate.rows)  # as ``plates`` has it
    size = min(CELL, (WIDTH - label) / max(len(plate.columns) for plate in found))
    figure = plates(tables, found, colour_handles(), size)
    for axis, words, plate in zip(figure.axes, texts, found):
        axis.set_title(words, loc="left", fontsize=8.5, color=QUIET, linespacing=1.15, pad=4)
        if size < NARROWEST:
            figures(axis, plate.values)
    return figure


def figures(axis, values):
    """Numbers of one decimal, where a cell is too narrow for two."""
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value) and i != j:
            ink = "white" if abs(value) > 0.65 else "black"
            words = f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")
            words = words[:-2] if words.endswith("1.0") else words.replace("0.", ".", 1)
            axis.text(j + 0.5, i + 0.5, words, ha="center", va="center", fontsize=6.8, color=ink)


def concordances(tables, pairs):
    """ "Kendall's W: f* 0.61 (p = 0.001), ...", on two lines at most."""
    rows = tables.concordance[tables.concordance.w.notna()].set_index(["dataset", "model"])
    here = [(model, rows.loc[dataset, model]) for dataset, model in pairs if (dataset, model) in rows.index]
    if not here:
        return "Kendall's W: no model has three metrics that rank the same three methods"
    told = [
        f"{tables.label(model, 'models')} {row.w:.2f}" + f" (p = {row.p:.2g})" * bool(row.p == row.p)
        for model, row in here
    ]
    lines = textwrap.wrap("Kendall's W: " + ", ".join(told), 78)
    if len(lines) > 2:
        w = [row.w for _, row in here]
        return f"Kendall's W: {min(w):.2f} to {max(w):.2f} over {len(w)} models"
    return "\n".join(lines)


def matrix(rows, metrics):
    """(metric, metric) tau of one model, both triangles; the diagonal of a metric that ranks there is 1."""
    place = {metric: i for i, metric in enumerate(metrics)}
    found = np.full((len(metrics), len(metrics)), np.nan)
    for row in rows.itertuples():
        i, j = place[row.metric], place[row.other]
        found[i, j] = found[j, i] = row.tau
        found[i, i] = found[j, j] = 1
    return found
