"""Scores of the positive control as more and more noise is added to it: does every metric notice?"""

import numpy as np

from xassay.report.gating import dilutions, family, gates
from xassay.report.gating import metrics as gated
from xassay.report.marks import line, mark, note
from xassay.report.panels import by_dataset, grid, legend, metric_rows
from xassay.report.style import BLUE, QUIET, RULE, VERMILLION, WASH

CARD = dict(
    title="Does the score fall as truth drowns in noise?",
    caption="Every line is one metric on the positive control with noise added, none at the left, then a "
    "quarter, half, once, twice and four times its own size, as a dilution series. The top of its "
    "band is the pure control, the line below the negative control. Good: down all the way. Bad: "
    "flat, the metric does not look at the map; or up, the metric likes noise. Then it ranks "
    "nothing on that data set. A rise counts if its whole 95 % interval, paired by seed and bag, "
    "exceeds 5 % of the distance between the controls. {n}",
    category="Assay quality",
)
ROW = 0.29  # inch
SPAN = 0.7  # of a row, between the two controls
LEAST, MOST = -0.3, 1.25  # scores beyond are drawn there


def n(tables):
    return f"n = {len(dilutions(tables))} series of {len(levels(tables))} amounts of noise."


def levels(tables):
    """Every amount of noise, none first."""
    return sorted({noise for known, _ in dilutions(tables).values() for noise in known})


def draw(tables):
    found = dilutions(tables)
    if not found:
        return "no positive control of this study was scored with noise added"
    rows = gates(tables)
    pairs = [pair for pair in rows if any(key[:2] == pair for key in found)]
    metrics = [metric for metric in gated(tables) if any(key[2] == metric for key in found)]
    amounts = levels(tables)
    height = ROW * (len(metrics) + 1.2 * len({family(tables, metric) for metric in metrics}))
    figure, panels = grid(tables, by_dataset(tables, pairs), height)
    for (_, dataset, model), axis in panels.items():
        place = metric_rows(axis, tables, metrics)
        axis.set_xlim(-0.3, len(amounts) - 0.7)
        axis.set_xticks(range(len(amounts)), [short(noise) for noise in amounts])
        axis.tick_params(axis="both", length=0)
        axis.tick_params(axis="x", labelsize=7.5)
        axis.spines[:].set_visible(False)
        axis.figure.supxlabel("Noise added, over the control's own size", fontsize=9.5)
        for metric, y in place.items():
            row = rows[dataset, model].get(metric)
            if (dataset, model, metric) in found:
                curve(axis, y, found[dataset, model, metric], row, amounts)
            else:
                note(axis, y, "no value")
    handles = [
        line("falls, ranks", color=BLUE, marker="o", ms=3.5, lw=1.4),
        line("falls; does not rank for another reason", color=QUIET, marker="o", ms=3.5, lw=1.4),
        line("rises or flat: does not rank", color=VERMILLION, marker="s", ms=4.5, lw=1.8),
        mark("where a rise ends", marker="^", color=VERMILLION),
    ]
    legend(figure, handles)
    return figure


def curve(axis, y, found, row, amounts):
    """One metric's series in its row."""
    noise, scores = found
    x = np.array([amounts.index(level) for level in noise])
    height = y + SPAN / 2 - SPAN * np.clip(scores, LEAST, MOST)
    axis.axhspan(y - SPAN / 2, y + SPAN / 2, color=WASH, lw=0, zorder=1)
    axis.axhline(y + SPAN / 2, color=RULE, lw=0.8, zorder=1.5)
    broken = row["monotone"] is False
    colour = VERMILLION if broken else BLUE if row["passes"] is True else QUIET
    look = dict(marker="s", ms=4, lw=1.8) if broken else dict(marker="o", ms=3, lw=1.4)
    axis.plot(x, height, color=colour, zorder=3, **look)
    if broken and row["rise"] > 0 and row["rise_at"] in amounts:
        at = amounts.index(row["rise_at"])
        axis.plot(at, height[list(x).index(at)], marker="^", ms=8, color=VERMILLION, ls="", zorder=4)


def short(noise):
    """ "0", "¼", "½", "1"."""
    return {0.25: "¼", 0.5: "½"}.get(noise, f"{noise:g}")
