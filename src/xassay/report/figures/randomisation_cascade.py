"""Parameter randomisation layer by layer: a line a method down the cascade, a mark for each layer alone."""

from xassay.report.marks import flag_handles, mark, method_handles
from xassay.report.panels import by_dataset, grid, leftmost, legend
from xassay.report.style import QUIET, look

CARD = dict(
    title="How much of the model must change before the explanation does?",
    caption="The same correlation while more and more layers are drawn anew, from the output layer (left) to "
    "all layers (right, the figure above). Good: the line falls at once. Bad: it stays high until the first "
    "layers go, so the map hangs on the input's path and not on what was learned above it. Hollow marks: one "
    "layer drawn anew by itself, counted from the output; high means that the map does not ask that layer. "
    "Means only: intervals stand in the table of all numbers, those of the last level in the figure above. "
    "{n}",
    category="Negative controls",
)


def n(tables):
    return tables.n_of(*tables.of("randomisation_similarity")[:1])


def draw(tables):
    metrics = tables.of("randomisation_similarity")
    pairs = [
        pair for pair in tables.pairs if metrics and not tables.rows(metrics[0], *pair, variant=None).empty
    ]
    if not pairs:
        return "the study has no parameter randomisation of a trained model"
    figure, panels = grid(tables, by_dataset(tables, pairs), 1.9, across=3, foot=0.7, gap=0.85, sharex=False)
    means = tables.summary["mean"][tables.summary.metric == metrics[0]]
    for (_, dataset, model), axis in panels.items():
        rows = tables.rows(metrics[0], dataset, model, variant=None)
        levels = sorted({level for level in rows.variant if not alone(level)}, key=depth)
        for method in (method for method in tables.methods if method in rows.index):
            mean, style = rows.loc[[method]].set_index("variant")["mean"], look(tables, method)
            axis.plot(range(len(levels)), mean.reindex(levels), lw=1, ms=4.5, mec="white", mew=0.5, **style)
            single = mean[[alone(level) for level in mean.index]]
            at = [number(level) - 0.85 for level in single.index]  # a little aside of the cascade's mark
            axis.plot(at, single, **style | dict(ls="", ms=4, mfc="white", mew=0.8))
        axis.axhline(0, color=QUIET, lw=0.8, zorder=1)
        axis.set_ylim(min(-0.1, means.min() - 0.05), max(1.03, means.max() + 0.03))
        names = [name(level) for level in levels]
        axis.set_xticks(range(len(levels)), names, rotation=30, ha="right", rotation_mode="anchor")
        axis.set_xlim(-0.3, len(levels) - 0.55)
        axis.grid(axis="y")
        axis.set_ylabel("similarity" if leftmost(axis) else "")
    single = [mark("one layer alone", hollow=True)] if means_alone(tables, metrics[0]) else []
    legend(figure, [*method_handles(tables, tables.methods, joined=True), *single, *flag_handles(tables)])
    return figure


def means_alone(tables, metric):
    """Whether the study redraws layers one at a time."""
    rows = tables.summary[tables.summary.metric == metric]
    return rows.variant.fillna("").map(alone).any()


def alone(level):
    """Is it a layer drawn anew by itself ("only_2", ...)?"""
    return level.rpartition("_")[0].endswith("only")


def number(level):
    """Which layer or how many, counted from the output."""
    return int(level.rpartition("_")[2])


def depth(level):
    """Order of the cascade: from the output ("output", "top_2", "top_3", ...) to everything ("full")."""
    tail = level.rpartition("_")[2]
    return level == "full", int(tail) if tail.isdigit() else 0, level


def name(level):
    """A level in words."""
    known = {"output": "output layer", "full": "all layers"}
    _, _, tail = level.rpartition("top_")
    return known.get(level) or (f"top {tail} layers" if tail.isdigit() else level.replace("_", " "))
