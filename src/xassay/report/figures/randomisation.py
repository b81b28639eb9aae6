"""Parameter randomisation: similarity to the original map down the cascade."""

from xassay.report.marks import flag_handles, method_handles
from xassay.report.panels import by_dataset, grid, leftmost, legend
from xassay.report.style import QUIET, look

CARD = dict(
    title="Does the explanation need the trained parameters?",
    caption="Signed rank correlation of a map with the original while more and more of the model is drawn"
    " anew, from the output to everything (right). Good: falls to 0, since another model deserves"
    " another explanation. Bad: stays high, so the map shows the input and not the model. Bars "
    "are 95 % intervals. {n}",
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
    figure, panels = grid(tables, by_dataset(tables, pairs), 1.9, across=4, foot=0.9, sharex=False)
    lowest = min(-0.3, tables.summary["mean"][tables.summary.metric == metrics[0]].min() - 0.1)
    for (_, dataset, model), axis in panels.items():
        rows = tables.rows(metrics[0], dataset, model, variant=None)
        levels = sorted(set(rows.variant), key=depth)
        cascade(axis, tables, rows, levels)
        axis.axhline(0, color=QUIET, lw=0.8, zorder=1)
        axis.set_ylim(lowest, 1.05)
        axis.set_xticks(range(len(levels)), levels, rotation=30, ha="right", rotation_mode="anchor")
        axis.set_xlim(-0.4, len(levels) - 0.6)
        axis.grid(axis="y")
        axis.set_ylabel("similarity to the original" if leftmost(axis) else "")
    legend(figure, [*method_handles(tables, tables.methods, joined=True), *flag_handles(tables)])
    return figure


def depth(level):
    """Order of the cascade: from the output ("output", "top_2", "top_3", ...) to everything ("full")."""
    tail = level.rpartition("_")[2]
    return level == "full", int(tail) if tail.isdigit() else 0, level


def cascade(axis, tables, rows, levels):
    """One line a method, moved a little aside so that intervals can be told apart."""
    methods = [method for method in tables.methods if method in rows.index]
    for i, method in enumerate(methods):
        line = rows.loc[[method]].set_index("variant").reindex(levels)
        style = look(tables, method)
        x = [k + 0.3 * ((i + 0.5) / len(methods) - 0.5) for k in range(len(levels))]
        axis.vlines(x, line.lower, line.upper, color=style["color"], lw=1.4)
        axis.plot(x, line["mean"], lw=1.2, ms=5.5, mec="white", mew=0.6, **style)
