"""Test bags at fixed quantiles of recovery: cells in the order of their attribution."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from xassay.report.lists import witness_types
from xassay.report.marks import mark
from xassay.report.style import INK, QUIET, VERMILLION, WIDTH

CARD = dict(
    title="What does it look like in single bags?",
    caption="Three bags a method, by rule and never by hand: the worst, the median and the best recovery "
    "among the test bags. Each bar is a cell, left the largest attribution; colour is the cell's "
    "type (each data set has its own legend), a black triangle below marks a witness. Bars below the grey "
    "line are negative. Height is the attribution, mean over seeds, scaled "
    "within the bag. Number: the bag's recovery. Good: all triangles at the left. Bad: triangles "
    "spread out. {n}",
    category="Gallery",
)
NAMES = {0.0: "worst", 0.5: "median", 1.0: "best"}
TYPES = ("#56B4E9", "#0072B2", "#009E73", "#CC79A7", "#F0E442", "#8c6d46", "#4b3f8f", "#9ccc65", "#E69F00")
OTHER = "#b9c0c9"
HEAD, ROW, ACROSS = 0.72, 0.4, 4  # inch: above a model's rows, a row; entries of a legend side by side
TOP, BOTTOM = 0.4, -0.28  # of a row: where its bars lie; triangles stand below


def n(tables):
    return f"n = {bags(tables).groupby(['dataset', 'model', 'method', 'quantile']).ngroups} bags drawn."


def bags(tables):
    """Rows of the gallery that are of bags."""
    kinds = tables.gallery.dataset.map(tables.kind)
    return tables.gallery[kinds == "bag"]


def draw(tables):
    gallery = bags(tables)
    if gallery.empty:
        return "no bags of this study have a known truth, so none can be chosen by recovery"
    quantiles = sorted(gallery["quantile"].unique())
    groups = dict(list(gallery.groupby(["dataset", "model", "method", "quantile"])))
    models = {
        d: [m for e, m in tables.pairs if e == d and (d, m) in {key[:2] for key in groups}]
        for d in tables.datasets
    }
    parts = []  # (height in inch, what draws it)
    for dataset in (dataset for dataset in tables.datasets if models[dataset]):
        colours = palette(gallery[gallery.dataset == dataset])
        for model in models[dataset]:
            methods = [x for x in tables.methods if (dataset, model, x, quantiles[0]) in groups]
            more = (tables, (dataset, model), methods, quantiles, groups, colours)
            parts += [(HEAD + ROW * len(methods), band, more)] * bool(methods)
        parts.append((0.24 * -(-(len(set(colours.values())) + 1) // ACROSS) + 0.22, key, (dataset, colours)))
    heights = [height for height, *_ in parts]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.02, hspace=0)
    places = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, (_, fill, more) in zip(places, parts):
        fill(part, *more)
    return figure


def key(part, dataset, colours):
    """The legend of one data set."""
    names = {}
    for kind, colour in colours.items():
        names.setdefault(colour, []).append(kind)
    entries = [
        Patch(color=colour, label=kinds[0] if len(kinds) == 1 else f"{len(kinds)} rarer types")
        for colour, kinds in names.items()
    ]
    part.legend(
        handles=[*entries, mark("witness", marker="^", color=INK)], loc="center left", ncols=ACROSS,
        handlelength=1.6, columnspacing=1.4, fontsize=8.5,
    )  # fmt: skip


def band(part, tables, block, methods, quantiles, groups, colours):
    """One (data set, model): a row a method, a column a quantile."""
    dataset, model = block
    fate = " · did not learn" if tables.learned(dataset, model) is False else ""
    part.suptitle(
        f"{dataset} · {tables.label(model, 'models')}{fate}",
        x=0.008,
        ha="left",
        fontsize=10.5,
        fontweight="bold",
        color=VERMILLION if fate else INK,
    )
    axes = part.subplots(1, len(quantiles), squeeze=False, sharey=True)[0]
    for axis, quantile in zip(axes, quantiles):
        axis.set_gid(f"panel {dataset} {model}")
        for row, method in enumerate(methods):
            if (*block, method, quantile) in groups:
                bag(axis, groups[*block, method, quantile], colours, -row)
        axis.set_title(NAMES.get(quantile, f"quantile {quantile:g}"), color=QUIET, fontsize=9, pad=3)
        axis.set(xlim=(-0.01, 1.14), ylim=(0.1 - len(methods), 0.55), xticks=[])
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    names = [tables.label(method) + "†" * ((*block, method) in tables.flags) for method in methods]
    axes[0].set_yticks([-row for row in range(len(methods))], names)


def bag(axis, cells, colours, middle):
    """Bars of one bag around ``middle``, largest attribution left; below them triangles at the witnesses.

    The bars fill a slot of fixed height, so that the zero line lies where their signs put it."""
    cells = cells.sort_values("attribution", ascending=False, kind="stable")
    height = np.nan_to_num(cells.attribution.to_numpy(float))
    high, low = max(0, height.max()), min(0, height.min())
    scale = (TOP - BOTTOM) / ((high - low) or 1.0)
    base = middle + BOTTOM - low * scale
    width = 1 / max(len(cells), 20)
    x = (np.arange(len(cells)) + 0.5) * width
    kinds = cells.planted.fillna("unknown").to_numpy()
    axis.bar(
        x,
        height * scale,
        bottom=base,
        width=0.9 * width,
        color=[colours[kind] for kind in kinds],
        lw=0,
        rasterized=True,
    )
    axis.plot([0, 1], [base, base], color="#c9ced6", lw=0.6, zorder=0)
    witness = x[cells.truth.to_numpy() > 0]
    axis.plot(witness, np.full(len(witness), middle + BOTTOM - 0.11), "^", color=INK, ms=3.4, mew=0)
    axis.annotate(f"{cells.value.iloc[0]:.2f}", (1.02, middle), va="center", fontsize=8.5)


def palette(cells):
    """{type: colour} of one data set: the witnesses' types first, then the frequent; the rest one grey."""
    kinds = cells.planted.fillna("unknown")
    witnesses = witness_types(cells)
    often = kinds.value_counts()
    rest = sorted((kind for kind in often.index if kind not in witnesses), key=lambda k: (-often[k], k))
    found = {kind: VERMILLION if i == 0 else "#8b1a1a" for i, kind in enumerate(witnesses)}
    return found | {kind: TYPES[i] if i < len(TYPES) else OTHER for i, kind in enumerate(rest)}
