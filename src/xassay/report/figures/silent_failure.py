"""Bag AUROC against instance AUROC for every seed, with the silent-failure corner."""

from matplotlib.patches import Patch, Rectangle

from xassay.report.marks import flag_handles, method_handles
from xassay.report.panels import by_dataset, grid, leftmost, legend
from xassay.report.style import VERMILLION, look

CARD = dict(
    title="Is a good model also explained well?",
    caption="Each mark is one method on one trained seed: how well the model tells bags apart (across) "
    "against how well the explanation tells cells apart (up). Good: top right. The marked corner "
    "is the silent failure: the model is right, its explanation points at the wrong cells, and "
    "nothing in the model's accuracy gives it away. Models that tell all bags apart share one place "
    "across, so every method's marks stand a little aside of it, in the order of the legend; no mark is moved"
    " over the corner's edge, and the count below is of the values themselves. {n}",
    category="Recovery",
)
ASIDE = 0.08  # of the axis, at most


def n(tables):
    inside, total = tables.silent
    if not total:
        return ""
    most = ASIDE * (1 - edges(tables)[0])
    return f"Moved by {most:.2g} at most. n = {total} (method, seed) marks, {inside} in the corner."


def limits(tables):
    """Where the corner begins: {"bag", "instance"} AUROC."""
    return {"bag": 0.9, "instance": 0.7} | (tables.config.get("silent_failure") or {})


def edges(tables):
    """Left and lower edge of every panel."""
    rows = tables.contests
    return min(limits(tables)["bag"] - 0.1, rows.bag_auroc.min() - 0.03), min(
        0.4, rows.instance_auroc.min() - 0.05
    )


def draw(tables):
    rows = tables.contests
    if rows.empty:
        return "no data set of this study has a known truth, so instance AUROC cannot be measured"
    limit = limits(tables)
    pairs = [pair for pair in tables.pairs if ((rows.dataset == pair[0]) & (rows.model == pair[1])).any()]
    figure, panels = grid(tables, by_dataset(tables, pairs), 1.9, across=4, foot=0.75, gap=0.78)
    methods = [method for method in tables.methods if method in set(rows.method)]
    left, low = edges(tables)
    right = 1 + ASIDE * (1 - left)
    for (_, dataset, model), axis in panels.items():
        here = rows[(rows.dataset == dataset) & (rows.model == model)]
        corner(axis, limit, low, right, int(here.silent_failure.sum()), len(here))
        for method in methods:
            dots = here[here.method == method]
            axis.plot(
                aside(dots.bag_auroc, methods.index(method), len(methods), limit["bag"], left),
                dots.instance_auroc,
                ls="",
                ms=5,
                mec="white",
                mew=0.6,
                zorder=3,
                **look(tables, method),
            )
        axis.axhline(0.5, color="#9aa2ad", lw=0.8, ls=(0, (4, 2)), zorder=0)
        axis.set(xlim=(left, right + 0.04 * (1 - left)), ylim=(low, 1.04))
        axis.set_xticks([tick for tick in axis.get_xticks() if left <= tick <= 1])
        axis.grid(True)
        axis.set_ylabel("AUROC of the map" if leftmost(axis) else "")
    words = f"silent failure: model ≥ {limit['bag']:g}, map < {limit['instance']:g}"
    key = Patch(fc="none", ec=VERMILLION, hatch="////", label=words)
    legend(figure, [*method_handles(tables, methods), *flag_handles(tables), key])
    return figure


def aside(values, place, places, edge, left):
    """Bag AUROCs moved aside by a method's place among ``places``, none of them over ``edge``."""
    step = ASIDE * (1 - left) * (2 * (place + 0.5) / places - 1)
    return [max(v + step, edge) if v >= edge else min(v + step, edge) for v in values]


def corner(axis, limit, low, right, inside, total):
    """The silent-failure corner, and below the axis how many marks lie in it."""
    place = (limit["bag"], low), right - limit["bag"], limit["instance"] - low
    axis.add_patch(Rectangle(*place, fc=VERMILLION, alpha=0.1, lw=0, zorder=0))
    hatched = dict(fc="none", ec=VERMILLION, hatch="////", alpha=0.35)  # apart: SVG fills behind a hatch
    axis.add_patch(Rectangle(*place, lw=1, zorder=0, **hatched))
    axis.set_xlabel(f"AUROC of the model\nsilent failure: {inside} of {total}")
