"""Test bags at fixed quantiles of recovery: cells in the order of their attribution."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from xassay.report.marks import mark
from xassay.report.panels import legend
from xassay.report.style import CYCLE, INK, QUIET, VERMILLION, WIDTH

CARD = dict(
    title="What does it look like in single bags?",
    caption="Three bags a method, by rule and never by hand: the worst, the median and the best recovery "
    "among the test bags. Each bar is a cell, left the largest attribution; colour is the cell's "
    "type, a black triangle marks a witness. Height is the attribution, mean over seeds, scaled "
    "within the bag. Number: the bag's recovery. Good: all triangles at the left. Bad: triangles "
    "spread out. {n}",
    category="Gallery",
)
NAMES = {0.0: "worst", 0.5: "median", 1.0: "best"}
TYPES = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2", "#F0E442", "#8c6d46", "#7f8893")


def n(tables):
    return f"n = {tables.gallery.groupby(['dataset', 'model', 'method', 'quantile']).ngroups} bags drawn."


def draw(tables):
    gallery = tables.gallery
    if gallery.empty:
        return "no data set of this study has a known truth, so bags cannot be chosen by recovery"
    quantiles = sorted(gallery["quantile"].unique())
    groups = dict(list(gallery.groupby(["dataset", "model", "method", "quantile"])))
    blocks = [(d, m) for d, m in tables.pairs if (d, m) in {key[:2] for key in groups}]
    rows = {block: [x for x in tables.methods if (*block, x, quantiles[0]) in groups] for block in blocks}
    blocks = [block for block in blocks if rows[block]]
    heights = [0.5 + 0.36 * len(rows[block]) for block in blocks]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.8), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.015, hspace=0)
    parts = figure.subfigures(len(blocks), 1, height_ratios=heights, squeeze=False)[:, 0]
    colours = palette(gallery)
    for part, block in zip(parts, blocks):
        band(part, tables, block, rows[block], quantiles, groups, colours)
    entries = [Patch(color=colour, label=kind) for kind, colour in colours.items()]
    legend(figure, [*entries, mark("witness", marker="^", color=INK)], columns=5)
    return figure


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
        axis.set_title(NAMES.get(quantile, f"quantile {quantile:g}"), color=QUIET, fontsize=9, pad=2)
        axis.set(xlim=(-0.01, 1.14), ylim=(0.5 - len(methods), 0.62), xticks=[])
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    names = [tables.label(method) + "†" * ((*block, method) in tables.flags) for method in methods]
    axes[0].set_yticks([-row for row in range(len(methods))], names)


def bag(axis, cells, colours, base):
    """Bars of one bag around ``base``, largest attribution left; triangles mark the witnesses."""
    cells = cells.sort_values("attribution", ascending=False, kind="stable")
    height = cells.attribution.to_numpy(float)
    height = 0.55 * height / (np.nanmax(np.abs(height)) or 1.0)
    width = 1 / max(len(cells), 20)
    x = (np.arange(len(cells)) + 0.5) * width
    kinds = cells.planted.fillna("unknown").to_numpy()
    axis.bar(
        x,
        height,
        bottom=base,
        width=0.9 * width,
        color=[colours[kind] for kind in kinds],
        lw=0,
        rasterized=True,
    )
    axis.plot([0, 1], [base, base], color="#c9ced6", lw=0.6, zorder=0)
    witness = x[cells.truth.to_numpy() > 0]
    low = base + min(0, np.nanmin(height)) - 0.14
    axis.plot(witness, np.full(len(witness), low), "^", color=INK, ms=3.6, mew=0)
    axis.annotate(f"{cells.value.iloc[0]:.2f}", (1.02, base), va="center", fontsize=8.5)


def palette(gallery):
    """{type: colour}: the witnesses' type first, in vermillion; then by name, the rarest share one grey."""
    kinds = gallery.planted.fillna("unknown")
    witnesses = sorted(kinds[gallery.truth > 0].unique())
    rest = [kind for kind in sorted(kinds.unique()) if kind not in witnesses]
    return {kind: VERMILLION if i == 0 else CYCLE[4] for i, kind in enumerate(witnesses)} | {
        kind: TYPES[i] if i < len(TYPES) else "#b9c0c9" for i, kind in enumerate(rest)
    }
