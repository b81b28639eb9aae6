"""The limit of detection of every method, on f* beside the trained models."""

import numpy as np

from xassay.core.contracts import ORACLE
from xassay.report.doses import axis_of, bands, known_doses, no_doses
from xassay.report.marks import mark, note
from xassay.report.panels import grid, height_of, legend, method_rows
from xassay.report.style import QUIET, look

CARD = dict(
    title="From which dose on is the signal found?",
    caption="The limit of detection: the smallest dose from which this and all larger ones exceed the 95th "
    "percentile of the same method on models trained on permuted labels. Grey star: on f*, the known "
    "function that made the labels, against random maps, since it has no such twin. Left is better; the"
    " right edge means that not even the largest dose is detected. Star and mark together: the method's"
    " own limit. Mark far right of the star: the limit is the model's, which has not learned the signal"
    " at the doses between. Where there is no effect at all, one method in twenty is detected at the "
    "largest dose by chance. {n}",
    category="Dose-response and limit of detection",
)


def n(tables):
    return tables.n_of(tables.recovery) if known_doses(tables).size else ""


def draw(tables):
    rows = known_doses(tables)
    if rows.empty:
        return no_doses(tables)
    found = tables.dose_response[tables.dose_response.metric == tables.recovery]
    found = found[found.method.isin(tables.methods)]
    if not found.detection.isin(["reached", "not reached"]).any():
        return "no limit of detection was evaluated: " + "; ".join(dict.fromkeys(found.reason))
    methods = [method for method in tables.methods if method in set(found.method)]
    trained = [model for model in tables.models if model != ORACLE] or [ORACLE]
    height = height_of(tables, methods)
    figure, panels = grid(tables, bands(tables, rows, trained), height, across=3, gap=0.85, sharex=False)
    for (_, series, model), axis in panels.items():
        here = found[found.series == series]
        place = method_rows(axis, tables, methods)
        doses = axis_of(axis, rows[rows.series == series])
        edge = right_edge(axis, doses)
        own, exact = (here[here.model == name].set_index("method") for name in (model, ORACLE))
        for method in methods:
            join(axis, tables, own, exact if model != ORACLE else exact.iloc[:0], method, place[method], edge)
    marks = [mark("on f*", marker="*", color=QUIET, ms=9), mark("on the model of the panel")]
    legend(figure, [*marks, mark("not reached", hollow=True)])
    return figure


def right_edge(axis, doses):
    """Where "not reached" stands, right of the largest dose, with its name on the axis."""
    step = (doses.max() / doses.min()) ** 0.16 if doses.min() > 0 else 0.16 * (doses.max() - doses.min())
    edge = doses.max() * step if doses.min() > 0 else doses.max() + step
    low = axis.get_xlim()[0]
    axis.set_xlim(low, edge * (edge / doses.max()) ** 0.6 if doses.min() > 0 else edge + 0.6 * step)
    names = [*(f"{dose:g}" for dose in doses), "not reached"]
    axis.set_xticks([*doses, edge], names, rotation=45, ha="right", rotation_mode="anchor")
    axis.axvline(np.sqrt(edge * doses.max()) if doses.min() > 0 else edge - step / 2, color=QUIET, lw=0.8)
    axis.minorticks_off()
    return edge


def join(axis, tables, own, exact, method, y, edge):
    """A method's row: its mark on the model, the star of f*, and the line between the two."""
    at = {name: where(table, method, edge) for name, table in (("own", own), ("exact", exact))}
    if at["own"] is not None and at["exact"] is not None:
        axis.plot([at["own"], at["exact"]], [y, y], color=QUIET, lw=1, zorder=2.5)
    if at["exact"] is not None:
        face = "white" if at["exact"] == edge else QUIET
        axis.plot(at["exact"], y, marker="*", ms=9, mfc=face, mec=QUIET, mew=0.8, ls="", zorder=3)
    if at["own"] is None:
        return note(axis, y, "not evaluated" if method in own.index else "refused")
    style = look(tables, method)
    face = "white" if at["own"] == edge else style["color"]
    axis.plot(
        at["own"], y, marker=style["marker"], ms=6, mfc=face, mec=style["color"], mew=1, ls="", zorder=4
    )


def where(table, method, edge):
    """The limit, the edge where it was not reached, None where it was not evaluated."""
    if method not in table.index:
        return None
    row = table.loc[method]
    return {"reached": row.limit_of_detection, "not reached": edge}.get(row.detection)
