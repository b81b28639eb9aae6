"""The method failed, or the model did not learn it: f* joined to each trained model."""

from xassay.core.contracts import ORACLE
from xassay.report.dots import row_of
from xassay.report.marks import control_handles, control_lines, flag_handles, mark
from xassay.report.panels import by_dataset, grid, height_of, legend, method_rows
from xassay.report.style import QUIET

LINES = ("control_truth", "control_shapley", "control_random")

CARD = dict(
    title="Did the method fail, or did the model not learn it?",
    caption="Every method twice: on f*, the known function that made the labels (grey star), and on a "
    "trained model (coloured mark; no star where f* cannot be explained so). Both high: the "
    "method works and the model learned. Star low: the method fails even on the plain rule. Star "
    "high, mark low, a long line: look at the Shapley line, the exact attribution of the trained "
    "model. If it is high, the model is right and the method fails on this architecture (leaving one "
    "of several witnesses out changes little where attention moves to the others); if it is low too, "
    "the model decides by something else. {n}",
    category="Recovery",
)


def n(tables):
    return tables.n_of(tables.recovery)


def draw(tables):
    metric = tables.recovery
    known = [d for d, m in tables.pairs if metric and m == ORACLE and not tables.rows(metric, d, m).empty]
    pairs = [(d, m) for d, m in tables.pairs if d in known and m != ORACLE]
    if not pairs:
        return "no data set of this study has both a known function f* and a trained model"
    methods = [method for method in tables.methods if method in set(tables.summary.method)]
    figure, panels = grid(tables, by_dataset(tables, pairs), height_of(tables, methods), across=4)
    drawn = []
    for (_, dataset, model), axis in panels.items():
        place = method_rows(axis, tables, methods)
        trained, exact = (tables.rows(metric, dataset, name) for name in (model, ORACLE))
        drawn += control_lines(axis, trained, LINES)
        for method in methods:
            join(axis, trained, exact, method, place[method])
            row_of(axis, tables, trained, method, place[method], (dataset, model))
        axis.set_xlabel(tables.label(metric, "evaluation"))
    stars = [mark("on f*", marker="*", color=QUIET, ms=9), mark("on the trained model")]
    lines = [name for name in LINES if name in drawn]
    legend(figure, [*stars, *control_handles(tables, lines), *flag_handles(tables)])
    return figure


def join(axis, trained, exact, method, y):
    """The star of f* and the line to the trained model's mark."""
    if method not in exact.index or exact["mean"][method] != exact["mean"][method]:
        return
    if method in trained.index:
        axis.plot([exact["mean"][method], trained["mean"][method]], [y, y], color=QUIET, lw=1, zorder=2.5)
    axis.plot(exact["mean"][method], y, marker="*", ms=9, color=QUIET, mec="white", mew=0.6, ls="", zorder=3)
