"""Bag AUROC against instance AUROC for every seed, with the silent-failure corner."""

from matplotlib.colors import to_rgb
from matplotlib.patches import Patch, Rectangle

from xassay.report.marks import flag_handles, method_handles
from xassay.report.panels import by_dataset, grid, leftmost, legend
from xassay.report.style import VERMILLION, look

CARD = dict(
    title="Is a good model also explained well?",
    caption="Each mark is one method on one trained seed: how well the model tells bags apart (across) "
    "against how well the explanation tells cells apart (up). Good: top right. The marked corner "
    "is the silent failure: the model is right, its explanation points at the wrong cells, and "
    "nothing in the model's accuracy gives it away. Marks in a column belong to one seed. {n}",
    category="Recovery",
)


def n(tables):
    inside, total = tables.silent
    return f"n = {total} (method, seed) marks, {inside} in the corner."


def draw(tables):
    rows = tables.contests
    if rows.empty:
        return "no data set of this study has a known truth, so instance AUROC cannot be measured"
    limit = {"bag": 0.9, "instance": 0.7} | (tables.config.get("silent_failure") or {})
    pairs = [pair for pair in tables.pairs if ((rows.dataset == pair[0]) & (rows.model == pair[1])).any()]
    figure, panels = grid(tables, by_dataset(tables, pairs), 1.9, across=4, foot=0.75, gap=0.78)
    left, low = min(0.48, rows.bag_auroc.min() - 0.03), min(0.4, rows.instance_auroc.min() - 0.05)
    for (_, dataset, model), axis in panels.items():
        here = rows[(rows.dataset == dataset) & (rows.model == model)]
        corner(axis, limit, low, int(here.silent_failure.sum()), len(here))
        for method in (method for method in tables.methods if method in set(here.method)):
            dots = here[here.method == method]
            axis.plot(
                dots.bag_auroc,
                dots.instance_auroc,
                ls="",
                ms=5.5,
                mec="white",
                mew=0.6,
                clip_on=False,
                **look(tables, method),
            )
        axis.axhline(0.5, color="#9aa2ad", lw=0.8, ls=(0, (4, 2)), zorder=0)
        axis.set(xlim=(left, 1.015), ylim=(low, 1.03))
        axis.grid(True)
        axis.set_ylabel("instance AUROC" if leftmost(axis) else "")
    methods = [method for method in tables.methods if method in set(rows.method)]
    words = f"silent failure: bag ≥ {limit['bag']:g}, instance < {limit['instance']:g}"
    key = Patch(fc=(*to_rgb(VERMILLION), 0.13), ec=VERMILLION, hatch="////", label=words)
    legend(figure, [*method_handles(tables, methods), *flag_handles(tables), key])
    return figure


def corner(axis, limit, low, inside, total):
    """The silent-failure corner, and below the axis how many marks lie in it."""
    box = Rectangle(
        (limit["bag"], low),
        1.015 - limit["bag"],
        limit["instance"] - low,
        fc=VERMILLION,
        alpha=0.13,
        ec=VERMILLION,
        lw=1,
        hatch="////",
        zorder=0,
    )
    axis.add_patch(box)
    axis.set_xlabel(f"bag AUROC\nsilent failure: {inside} of {total}")
