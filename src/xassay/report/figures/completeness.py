"""Completeness gap of the methods that claim the axiom: the median that the verdict used."""

import numpy as np

from xassay.report.dots import row_of
from xassay.report.judged import judged, threshold
from xassay.report.marks import flag_handles, line, mark
from xassay.report.panels import by_dataset, grid, height_of, legend, method_rows
from xassay.report.style import INK

CARD = dict(
    title="Do the parts add up to the answer?",
    caption="Gap between the sum of a map and the change of the logit that it should explain, over the "
    "typical change: the median over seeds and bags, with its interval, as on the trust cards. 0: exact."
    " Good: the whole bar left of the line, which is what the study allows. Bad: the whole bar right of it; "
    "the method then breaks an axiom that it claims. A dagger marks a median right of the line. Only methods "
    "that claim the axiom are drawn: for the others the sum promises nothing. Logarithmic right of the line. "
    "The table of all numbers holds means, which a few bags with an answer near 0 can make large. {n}",
    category="Faithfulness",
)


def n(tables):
    rows = judged(tables, "completeness")
    known = int(rows["mean"].notna().sum())
    return f"n = {known} cards; " + tables.n_of(*tables.metrics("completeness")[:1]).removeprefix("n = ")


def draw(tables):
    rows = judged(tables, "completeness")
    if rows["mean"].isna().all():
        return "no method of this study claims completeness, or none was measured"
    allowed = threshold(tables, "completeness")
    methods = [method for method in tables.methods if method in set(rows.method)]
    pairs = [pair for pair in tables.pairs if pair in set(zip(rows.dataset, rows.model))]
    figure, panels = grid(tables, by_dataset(tables, pairs), height_of(tables, methods))
    most = np.nanmax([*rows.upper, *rows["mean"], allowed or 0])
    for (_, dataset, model), axis in panels.items():
        place = method_rows(axis, tables, methods)
        here = rows[(rows.dataset == dataset) & (rows.model == model)].set_index("method")
        if allowed is not None:
            axis.axvline(allowed, color=INK, lw=1.2, zorder=1.5)
        for method in methods:
            row_of(axis, tables, here, method, place[method], (dataset, model))
        linear = allowed or 0.1
        axis.set_xscale("symlog", linthresh=linear)
        axis.set_xlim(-0.12 * linear, 1.6 * max(most, linear))
        axis.xaxis.set_major_formatter("{x:g}")
        axis.figure.supxlabel("Completeness gap, median", fontsize=9.5)
    words = [line(f"allowed: below {allowed:g}", color=INK, lw=1.2)] if allowed is not None else []
    legend(figure, [mark("median, 95 % interval"), *words, *flag_handles(tables)])
    return figure
