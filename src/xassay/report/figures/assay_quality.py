"""Z' of every gated metric, and what the input's size earns: can the metric tell truth from noise here?"""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from xassay.report.gating import family
from xassay.report.gating import metrics as gated
from xassay.report.marks import mark
from xassay.report.panels import legend, metric_rows, title
from xassay.report.style import BLUE, GREEN, ORANGE, PURPLE, QUIET, SKY, VERMILLION, WIDTH

CARD = dict(
    title="Can the metric itself be believed?",
    caption="Left: Z' sets the distance between the positive and the negative control against their "
    "spread, as for a screening assay: over 20 draws of 50-bag means. Above 0.5 excellent, 0 to "
    "0.5 marginal; below 0 the metric cannot tell truth from noise on this data set and leaves its"
    " ranking. A hollow mark does not rank: its Z' is below 0, random maps miss its null value, or"
    " its score does not fall under noise. Values below -1 stand at the left edge with their "
    "number. Right: what the size of the input by itself earns, on the way from the negative "
    "control (0) to the positive one (1); right of one half the metric rewards large cells, "
    "whatever the model does. {n}",
    category="Assay quality",
)
FLOOR = -1.0
LOW, HIGH = -0.25, 1.05  # of the share that the input earns
SHAPES = "*oDs^vph"
COLOURS = (QUIET, BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
ROW, HEAD, FOOT = 0.28, 1.1, 0.55  # inch: a metric; what stands above and below a data set's rows; the legend


def n(tables):
    return (
        f"n = {tables.gates.z_prime.notna().sum()} gates evaluated, {tables.gates.z_prime.isna().sum()} not."
    )


def draw(tables):
    gates = tables.gates
    if gates.z_prime.isna().all():
        return "no metric has both of its controls in this study"
    metrics = gated(tables)
    datasets = [dataset for dataset in tables.datasets if dataset in set(gates.dataset)]
    size = ROW * (len(metrics) + 1.2 * len({family(tables, metric) for metric in metrics})) + HEAD
    figure = Figure(figsize=(WIDTH, size * len(datasets) + FOOT), layout="constrained")
    parts = figure.subfigures(len(datasets), 1, squeeze=False)[:, 0]
    for part, dataset in zip(parts, datasets):
        part.suptitle(dataset, x=0.008, ha="left", fontsize=11, fontweight="bold")
        left, right = part.subplots(1, 2, sharey=True, width_ratios=(1.7, 1))
        here = gates[gates.dataset == dataset]
        for axis in (left, right):
            title(axis, tables, dataset, None)
            place = metric_rows(axis, tables, metrics)
        quality(left, tables, here, place)
        size_of_input(right, tables, here, place)
    models = [model for model in tables.models if model in set(gates.model)]
    entries = [mark(tables.label(m, "models"), **shape(tables, m)) for m in models]
    legend(figure, [*entries, mark("does not rank", color=QUIET, mfc="white", ms=7)], columns=5)
    return figure


def quality(axis, tables, rows, place):
    """Z' of one data set, a row a metric, a mark a model. place: {metric: y}."""
    zones(axis, place)
    axis.set_xlim(FLOOR - 0.12, 1.05)
    axis.set_xticks([-1, -0.5, 0, 0.5, 1])
    axis.set_xlabel("Z'")
    for row in rows[rows.z_prime.notna()].itertuples():
        x, y = max(row.z_prime, FLOOR - 0.06), place[row.metric] + aside(tables, row.model)
        axis.plot(x, y, ls="", zorder=3, **shape(tables, row.model, hollow=not row.passes))
    for metric, low in rows[rows.z_prime < FLOOR].groupby("metric").z_prime:
        ends = dict.fromkeys(f"{value:.1f}" if value > -100 else "< -100" for value in (low.min(), low.max()))
        beside(axis, FLOOR - 0.06, place[metric], " to ".join(ends))
    for metric, y in place.items():
        nothing(axis, tables, rows[rows.metric == metric], y)


def size_of_input(axis, tables, rows, place):
    """What control_input earns on one data set, a row a metric, a mark a model. place: {metric: y}."""
    axis.set_xlim(LOW - 0.1, HIGH)
    axis.set_xticks([0, 0.5, 1], ["0\nnegative", "½", "1\npositive"])
    axis.set_xlabel("earned by the size of the input")
    axis.axvspan(0.5, HIGH, color=ORANGE, alpha=0.1, lw=0)
    axis.axvline(0, color=QUIET, lw=0.8)
    for y in place.values():
        axis.axhline(y, color="#e4e7eb", lw=1, zorder=1)
    known = rows[rows.input_share.notna()]
    for row in known.itertuples():
        x, y = np.clip(row.input_share, LOW, HIGH - 0.03), place[row.metric] + aside(tables, row.model)
        axis.plot(x, y, ls="", zorder=3, **shape(tables, row.model, hollow=not row.passes))
    for metric, least in known.groupby("metric").input_share.min().items():
        if least < LOW:
            beside(axis, LOW, place[metric], f"down to {least:.1f}" if least > -100 else "below -100")


def aside(tables, model):
    """How far a model's mark stands from the middle of its row, so that none hides another."""
    return 0.5 * (np.linspace(0, 1, max(len(tables.models), 2))[tables.models.index(model)] - 0.5)


def beside(axis, x, y, words):
    """A number right of a mark that stands at the edge."""
    axis.annotate(
        words.replace("-", "−"),
        (x, y),
        xytext=(6, 0),
        va="center",
        fontsize=7.5,
        textcoords="offset points",
        color=QUIET,
    )


def nothing(axis, tables, rows, y):
    """Words in a metric's row: no value, and why; which models, where others have one."""
    lost = rows[rows.z_prime.isna()]
    if lost.empty:
        return
    models = ", ".join(tables.label(m, "models") for m in tables.models if m in set(lost.model))
    reasons = [reason for reason in dict.fromkeys(lost.reason.dropna()) if reason]
    where = f" on {models}" if len(lost) < len(rows) else ""
    words = textwrap.wrap(f"no value{where}: " + ("; ".join(reasons) or "not evaluated"), 58)
    axis.annotate(
        "\n".join(words[:2]) + " …" * (len(words) > 2),
        (0, y),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        color=QUIET,
        style="italic",
        linespacing=1.05,
    )


def shape(tables, model, hollow=False):
    """Marker of a model; the same place in the list, the same mark. Hollow where the metric does not rank."""
    place = tables.models.index(model)
    marker, colour = SHAPES[place % len(SHAPES)], COLOURS[place % len(COLOURS)]
    look = dict(marker=marker, color=colour, mec="white", mew=0.6, ms=10 if marker == "*" else 6)
    return look | dict(mfc="white", mec=colour, mew=1.2) if hollow else look


def zones(axis, place):
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
    for y in place.values():
        axis.axhline(y, color="white", lw=1, zorder=1)
