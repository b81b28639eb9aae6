"""Z' of every gated metric: can the metric itself tell truth from noise here?"""

import textwrap

import numpy as np

from xassay.report.marks import mark
from xassay.report.panels import grid, legend
from xassay.report.style import BLUE, GREEN, ORANGE, PURPLE, QUIET, SKY, VERMILLION

CARD = dict(
    title="Can the metric itself be believed?",
    caption="Z' sets the distance between the positive and the negative control against their spread, as "
    "for a screening assay: over 20 draws of 50-bag means. Above 0.5 excellent, 0 to 0.5 "
    "marginal; below 0 the metric cannot tell truth from noise on this data set and leaves its "
    "ranking. Values below -1 stand at the left edge with their number. A metric without a "
    "value says why, here and among what was not evaluated. {n}",
    category="Assay quality",
)
FLOOR = -1.0
SHAPES = "*oDs^vph"
COLOURS = (QUIET, BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)


def n(tables):
    return (
        f"n = {tables.gates.z_prime.notna().sum()} gates evaluated, {tables.gates.z_prime.isna().sum()} not."
    )


def draw(tables):
    gates = tables.gates
    if gates.z_prime.isna().all():
        return "no metric has both of its controls in this study"
    metrics = tables.order(gates.metric, "evaluation")
    pairs = [(dataset, None) for dataset in tables.datasets if dataset in set(gates.dataset)]
    figure, panels = grid(tables, {"": pairs}, 0.3 * len(metrics) + 0.3, across=2)
    for (_, dataset, _), axis in panels.items():
        zones(axis, len(metrics))
        axis.set_title(dataset, loc="left", fontweight="bold", pad=16)
        axis.set_yticks(range(len(metrics)), [tables.label(metric, "evaluation") for metric in metrics])
        axis.set_ylim(len(metrics) - 0.4, -0.6)
        axis.tick_params(axis="y", length=0)
        axis.set_xlim(FLOOR - 0.12, 1.05)
        axis.set_xticks([-1, -0.5, 0, 0.5, 1])
        axis.set_xlabel("Z'")
        for model in tables.models:
            here = (
                gates[(gates.dataset == dataset) & (gates.model == model)]
                .set_index("metric")
                .z_prime.dropna()
            )
            points(axis, tables, here, metrics, model)
        for row, metric in enumerate(metrics):
            nothing(axis, tables, gates[(gates.dataset == dataset) & (gates.metric == metric)], row)
    models = [model for model in tables.models if model in set(gates.model)]
    legend(figure, [mark(tables.label(m, "models"), **shape(tables, m)) for m in models])
    return figure


def nothing(axis, tables, rows, row):
    """Words in a metric's row: no value, and why; which models, where others have one."""
    lost = rows[rows.z_prime.isna()]
    if lost.empty:
        return
    models = ", ".join(tables.label(m, "models") for m in tables.models if m in set(lost.model))
    reasons = [reason for reason in dict.fromkeys(lost.reason.dropna()) if reason]
    where = f" on {models}" if len(lost) < len(rows) else ""
    words = textwrap.wrap(f"no value{where}: " + ("; ".join(reasons) or "not evaluated"), 46)
    axis.annotate(
        "\n".join(words[:2]) + " …" * (len(words) > 2),
        (0, row),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        color=QUIET,
        style="italic",
        linespacing=1.05,
    )


def shape(tables, model):
    """Marker of a model; the same place in the list, the same mark."""
    place = tables.models.index(model)
    marker = SHAPES[place % len(SHAPES)]
    return dict(
        marker=marker,
        color=COLOURS[place % len(COLOURS)],
        mec="white",
        mew=0.6,
        ms=11 if marker == "*" else 7,
    )


def zones(axis, rows):
    """Grounds of the three grades, named on top."""
    for left, right, colour, word in (
        (FLOOR - 0.12, 0, VERMILLION, "fails"),
        (0, 0.5, ORANGE, "marginal"),
        (0.5, 1.05, GREEN, "excellent"),
    ):
        axis.axvspan(left, right, color=colour, alpha=0.1, lw=0)
        axis.annotate(
            word,
            ((left + right) / 2, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            ha="center",
            textcoords="offset points",
            fontsize=8.5,
            color=QUIET,
        )
    for row in range(rows):
        axis.axhline(row, color="white", lw=1, zorder=1)


def points(axis, tables, values, metrics, model):
    """One model's mark in every row, a little aside from the others'."""
    step = 0.5 * (np.linspace(0, 1, max(len(tables.models), 2))[tables.models.index(model)] - 0.5)
    for row, metric in enumerate(metrics):
        if metric not in values.index:
            continue
        value = values[metric]
        axis.plot(max(value, FLOOR - 0.06), row + step, ls="", zorder=3, **shape(tables, model))
        if value < FLOOR:
            axis.annotate(
                f"{value:.1f}",
                (FLOOR - 0.06, row + step),
                xytext=(6, 0),
                va="center",
                fontsize=8,
                textcoords="offset points",
                color=QUIET,
            )
