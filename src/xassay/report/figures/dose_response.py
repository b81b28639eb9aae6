"""Recovery along a series: dose-response of every method on f* and on the trained models."""

import numpy as np

from xassay.report.doses import axis_of, bands, known_doses, no_doses
from xassay.report.marks import line, mark, method_handles
from xassay.report.panels import grid, leftmost, legend
from xassay.report.style import LINES, QUIET, WASH, look

CARD = dict(
    title="How strong must the signal be?",
    caption="Recovery of the witnesses while the strength of the signal grows, a data set of its own at "
    "every dose; mean and 95 % interval, dodged for sight. Filled: above the 95th percentile of the same "
    "method on models trained on permuted labels (on f*, which has no such twin, of random maps); "
    "hollow: not above it, or not compared. Arrow: the limit of detection, from which on every mark is "
    "filled. Thin line: the fitted Hill curve, its floor fixed at the mean of the random maps (dashed);"
    " none where recovery does not rise, or where half of the rise lies outside the doses. A curve "
    "further right needs more signal. Far right on a model and not on f*: the model has not learned it."
    " Far right on both: the method fails. Grey ground: the model did not learn at this dose. {n}",
    category="Dose-response and limit of detection",
)


def n(tables):
    return tables.n_of(tables.recovery) if known_doses(tables).size else ""


def draw(tables):
    rows = known_doses(tables)
    if rows.empty:
        return no_doses(tables)
    curves = tables.dose_response[tables.dose_response.metric == tables.recovery]
    methods = [method for method in tables.methods if method in set(rows.method)]
    figure, panels = grid(tables, bands(tables, rows), 2.5, across=3, foot=0.75, gap=0.8, sharex=False)
    for (_, series, model), axis in panels.items():
        here = rows[(rows.series == series) & (rows.model == model)]
        fits = curves[(curves.series == series) & (curves.model == model)].set_index("method")
        doses = axis_of(axis, here)
        unlearned(axis, tables, here, doses)
        if len(fits) and np.isfinite(fits.floor.iloc[0]):
            axis.axhline(fits.floor.iloc[0], color=QUIET, ls=LINES["control_random"][1], lw=1.2, zorder=1.5)
        for place, method in enumerate(methods):
            shift = (place - (len(methods) - 1) / 2) * 0.06 / max(len(methods) - 1, 1)
            points(axis, tables, here[here.method == method], method, shift, doses)
            if method in fits.index:
                fitted(axis, tables, fits.loc[method], method, doses, place)
        axis.set_ylabel(tables.label(tables.recovery, "evaluation") if leftmost(axis) else "")
    shown = rows[rows.method.isin(methods)]
    low = min(shown.lower.min(), shown["mean"].min())
    for axis in panels.values():  # room for the arrows below the lowest bar
        axis.set_ylim(low - 0.04 - 0.035 * len(methods) * (1.02 - low), 1.02)
    floor = line("floor: mean of random maps", color=QUIET, ls=LINES["control_random"][1], lw=1.2)
    told = [mark("not detected", hollow=True), mark("limit of detection", marker="^", ms=5), floor]
    legend(figure, [*method_handles(tables, methods, joined=True), *told])
    return figure


def points(axis, tables, rows, method, shift, doses):
    """A method's means with intervals, moved by a share of the axis so that none hides another."""
    style, rows = look(tables, method), rows.dropna(subset=["mean"]).sort_values("dose")
    at = moved(rows.dose.to_numpy(float), shift, doses)
    axis.vlines(at, rows.lower, rows.upper, color=style["color"], lw=1.2, zorder=2.5)
    for x, y, seen in zip(at, rows["mean"], rows.detected):
        face = style["color"] if seen is True or seen == 1 else "white"
        axis.plot(
            x,
            y,
            ls="",
            marker=style["marker"],
            ms=5,
            mfc=face,
            mec=style["color"],
            mew=1,
            zorder=4,
            clip_on=False,
        )


def moved(at, shift, doses):
    """Doses moved by a share of the axis' width."""
    if doses.min() > 0:
        return at * (doses.max() / doses.min()) ** shift
    return at + shift * (doses.max() - doses.min())


def fitted(axis, tables, row, method, doses, place):
    """The Hill curve where one was fitted, and the arrow at the limit of detection."""
    colour = look(tables, method)["color"]
    if np.isfinite(row.ec50):
        x = np.geomspace(doses.min(), doses.max(), 80)
        y = row.floor + (row.top - row.floor) / (1 + (row.ec50 / x) ** row.hill)
        axis.plot(x, y, color=colour, lw=0.8, alpha=0.8, zorder=2)
    if np.isfinite(row.limit_of_detection):
        across = axis.get_xaxis_transform()  # x in doses, y a share of the panel
        axis.plot(
            row.limit_of_detection, 0.025 + 0.035 * place, marker="^", ms=5, color=colour, mec="white",
            mew=0.5, ls="", transform=across, zorder=5,
        )  # fmt: skip


def unlearned(axis, tables, rows, doses):
    """Grey ground at the doses at which the model did not learn."""
    failed = {row.dose for row in rows.itertuples() if tables.learned(row.dataset, row.model) is False}
    middle = np.sqrt(doses[1:] * doses[:-1]) if doses.min() > 0 else (doses[1:] + doses[:-1]) / 2
    edges = np.concatenate([[axis.get_xlim()[0]], middle, [axis.get_xlim()[1]]])
    for k, dose in enumerate(doses):
        if dose in failed:
            axis.axvspan(edges[k], edges[k + 1], color=WASH, lw=0, zorder=0)
