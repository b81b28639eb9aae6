"""The frame of a figure: named bands of panels, rows of methods, one legend."""

from math import ceil

from matplotlib.figure import Figure

from xassay.core.contracts import ORACLE
from xassay.report.style import QUIET, VERMILLION, WASH, WIDTH

ACROSS = 5  # panels side by side


def grid(tables, bands, height, across=ACROSS, foot=0.55, gap=0.45, sharex=True, sharey=True):
    """(figure, {(band, data set, model): axes}): a named band, in it a panel a model.

    ``bands``: {name: [(data set, model), ...]}. In inch: ``height`` of a panel, ``gap`` for what is below it,
    ``foot`` of the legend."""
    most = max(map(len, bands.values()))
    across = ceil(most / ceil(most / across))  # rows of equal length
    depth = [ceil(len(pairs) / across) for pairs in bands.values()]
    heads = [
        0.62 if any(tables.learned(*pair) is False for pair in pairs) else 0.45 for pairs in bands.values()
    ]
    heights = [head + n * (height + gap) for head, n in zip(heads, depth)]
    figure = Figure(figsize=(WIDTH, sum(heights) + foot), layout="constrained")
    parts = figure.subfigures(len(bands), 1, height_ratios=heights, squeeze=False)[:, 0]
    panels = {}
    for part, rows, (band, pairs) in zip(parts, depth, bands.items()):
        if band:
            part.suptitle(band, x=0.008, ha="left", fontsize=11, fontweight="bold")
        axes = list(part.subplots(rows, across, squeeze=False, sharex=sharex, sharey=sharey).flat)
        for axis, pair in zip(axes, pairs):
            title(axis, tables, *pair)
            panels[band, *pair] = axis
        for axis in axes[len(pairs) :]:
            axis.set_axis_off()
    return figure, panels


def by_dataset(tables, pairs=None):
    """Bands, one a data set."""
    pairs = tables.pairs if pairs is None else pairs
    return {dataset: [pair for pair in pairs if pair[0] == dataset] for dataset in dict(pairs)}


def title(axis, tables, dataset, model):
    """Name of the model; one that did not learn says so, on a grey ground."""
    axis.set_gid(f"panel {dataset} {model or '*'}")
    if model is None:
        return
    label = tables.label(model, "models")
    if tables.learned(dataset, model) is False:
        axis.set_facecolor(WASH)
        axis.set_title(f"{label}\ndid not learn", loc="left", color=VERMILLION, linespacing=1.15)
    else:
        axis.set_title(label, loc="left", fontweight="bold" if model == ORACLE else "normal")


def leftmost(axis):
    """Does the panel stand at the left, where the names of rows are written?"""
    return axis.get_subplotspec().is_first_col()


def method_rows(axis, tables, methods):
    """{method: y}: methods from top to bottom, each family under its name."""
    families = [tables.family(method) for method in methods]
    axis.grid(axis="x")
    return rows_of(axis, methods, families, [tables.label(method) for method in methods])


def metric_rows(axis, tables, metrics):
    """{metric: y}: metrics from top to bottom, each family under its name."""
    families = [tables.card("evaluation", metric).get("family", "other") for metric in metrics]
    return rows_of(axis, metrics, families, [tables.label(metric, "evaluation") for metric in metrics])


def rows_of(axis, items, families, labels):
    """{item: y}: labels from top to bottom, a family's name before its first."""
    place, ticks, names, y = {}, [], [], 0.0
    for i, (item, family, label) in enumerate(zip(items, families, labels, strict=True)):
        if i == 0 or family != families[i - 1]:
            y += 0.25 if i else 0
            ticks.append(y)
            names.append(family)
            y += 0.95
        place[item] = y
        ticks.append(y)
        names.append(label)
        y += 1
    axis.set_yticks(ticks, names)
    axis.set_ylim(y - 0.35, -0.55)
    axis.tick_params(axis="y", length=0)
    for tick, text in zip(ticks, axis.get_yticklabels()):
        if tick not in place.values():
            text.set(color=QUIET, fontsize=8.5, style="italic")
    return place


def height_of(tables, methods, line=0.225):
    """Inches that ``method_rows`` needs."""
    return max(1.1, line * (len(methods) + 1.2 * len({tables.family(method) for method in methods})) + 0.1)


def legend(figure, handles, columns=4):
    """One legend below all panels."""
    if handles:
        figure.legend(
            handles=handles,
            loc="outside lower left",
            ncols=min(columns, len(handles)),
            handlelength=2.2,
            columnspacing=1.6,
            borderaxespad=0.2,
        )
