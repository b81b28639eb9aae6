"""The verdict of every method on every model of every data set: the page's first table, as a picture."""

from matplotlib.figure import Figure

from xassay.report.marks import mark
from xassay.report.panels import legend, method_rows
from xassay.report.style import INK, QUIET, RULE, VERDICTS, WIDTH

CARD = dict(
    title="Which explanations can be trusted?",
    caption="One mark a (data set, model, method). Trust: every criterion passed with its whole interval."
    " Caution: a criterion missed or not evaluated. Do not use: a negative control failed, or a "
    "claimed axiom is broken. Not assessed: the model did not learn, so there is nothing to "
    "explain. {n}",
    category="Verdict",
)


def n(tables):
    return f"n = {len(tables.verdicts)} verdicts."


def draw(tables):
    if tables.verdicts.empty:
        return "no explanation was assessed"
    marks = {(v.dataset, v.model, v.method): v.verdict for v in tables.verdicts.itertuples()}
    columns = {d: [m for e, m in tables.pairs if e == d] for d in tables.datasets}
    columns = {d: models for d, models in columns.items() if models}
    families = len({tables.family(method) for method in tables.methods})
    height = 0.3 * (len(tables.methods) + 1.2 * families) + 1.7
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(
        1, len(columns), squeeze=False, sharey=True, width_ratios=[len(m) for m in columns.values()]
    )
    for axis, (dataset, models) in zip(axes[0], columns.items()):
        place = method_rows(axis, tables, tables.methods)
        axis.grid(False)
        for x, model in enumerate(models):
            for method in tables.methods:
                draw_mark(axis, x, place[method], marks.get((dataset, model, method)))
        axis.set_title(dataset, loc="left", fontweight="bold", fontsize=11)
        names = [
            tables.label(m, "models") + "\n(did not learn)" * (tables.learned(dataset, m) is False)
            for m in models
        ]
        axis.set_xticks(range(len(models)), names, rotation=30, ha="right", rotation_mode="anchor")
        axis.set_xlim(-0.5, len(models) - 0.5)
        axis.spines[:].set_color(RULE)
        axis.tick_params(axis="x", length=0)
    handles = [
        mark(v, marker=m, color=c, ms=11, mfc=c if s else "white") for v, (c, m, s) in VERDICTS.items()
    ]
    legend(figure, handles)
    return figure


def draw_mark(axis, x, y, verdict):
    """Shape and sign of one verdict; a dash where the pair was refused."""
    if verdict not in VERDICTS:
        axis.text(x, y, "–", ha="center", va="center", color=QUIET)
        return
    colour, marker, sign = VERDICTS[verdict]
    axis.plot(x, y, marker=marker, ms=14, color=colour, mfc=colour if sign else "white", mew=1.2, ls="")
    axis.text(
        x,
        y + 0.02,
        sign,
        ha="center",
        va="center",
        color=INK if verdict == "caution" else "white",
        fontsize=9,
        fontweight="bold",
    )
