"""Test sequences at fixed quantiles of recovery: letters as high as their contribution, the truth below."""

import numpy as np
from matplotlib.figure import Figure

from xassay.report.figures.gallery import NAMES
from xassay.report.letters import logo, spelled
from xassay.report.style import INK, QUIET, VERMILLION, WIDTH

CARD = dict(
    title="What does it look like in single sequences?",
    caption="By rule and never by hand: for every method the test sequences of worst, median and best "
    "recovery. A letter is a base of the sequence, as high as its contribution, mean over seeds, "
    "scaled within the sequence; what speaks against hangs below the line, upside down. Bars below "
    "name what is known: dark elements have an effect, grey ones none. Number: the sequence's "
    "recovery. Good: the letters stand on the dark bars. {n}",
    category="Gallery",
)
HEAD, ROW = 0.55, 0.62  # inch: above a (data set, model), a row
LETTERS = (0.28, 1.0)  # of a row: where letters may lie
BAR = 0.07  # of a row


def rows(tables):
    """Rows of the gallery that are of sequences."""
    return tables.gallery[tables.gallery.dataset.map(tables.kind) == "sequence"]


def n(tables):
    number = rows(tables).groupby(["dataset", "model", "method", "quantile"]).ngroups
    return f"n = {number} sequences drawn." if number else ""


def draw(tables):
    known = rows(tables)
    if known.empty:
        return "no sequences of this study have a known truth, so none can be chosen by recovery"
    groups = dict(list(known.groupby(["dataset", "model", "method", "quantile"])))
    quantiles = sorted(known["quantile"].unique())
    bands = {}
    for dataset, model in tables.pairs:
        methods = [m for m in tables.methods if (dataset, model, m, quantiles[0]) in groups]
        if methods:
            bands[dataset, model] = [(m, q) for m in methods for q in quantiles]
    heights = [HEAD + ROW * len(lines) for lines in bands.values()]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.1))
    top = sum(heights) + 0.1
    for (pair, lines), height in zip(bands.items(), heights):
        band(figure, tables, pair, lines, groups, top)
        top -= height
    return figure


def band(figure, tables, pair, lines, groups, top):
    """One (data set, model): a row a method and quantile, under a common axis of positions."""
    whole = figure.get_figheight()
    fate = " · did not learn" if tables.learned(*pair) is False else ""
    figure.text(
        0.008, (top - 0.06) / whole, f"{pair[0]} · {tables.label(pair[1], 'models')}{fate}", va="top",
        fontsize=10.5, fontweight="bold", color=VERMILLION if fate else INK,
    )  # fmt: skip
    height = ROW * len(lines)
    axis = figure.add_axes([0.19, (top - HEAD + 0.18 - height) / whole, 0.765, height / whole])
    axis.set_gid(f"panel {pair[0]} {pair[1]}")
    longest = 0
    for row, (method, quantile) in enumerate(lines):
        part = groups[*pair, method, quantile].sort_values("instance")
        longest = max(longest, len(part))
        sequence(axis, part, -row)
        name = tables.label(method) + "†" * ((*pair, method) in tables.flags)
        said = NAMES.get(quantile, f"quantile {quantile:g}")
        axis.text(-0.012, -row + 0.62, name, transform=axis.get_yaxis_transform(), ha="right", va="center")
        axis.text(
            -0.012, -row + 0.28, said, transform=axis.get_yaxis_transform(), ha="right", va="center",
            fontsize=8, color=QUIET,
        )  # fmt: skip
        value = f"{part.value.iloc[0]:.2f}"
        axis.text(1.008, -row + 0.6, value, transform=axis.get_yaxis_transform(), va="center", fontsize=8.5)
    head = dict(transform=axis.get_yaxis_transform(), fontsize=8, color=QUIET)
    axis.text(
        1.008,
        1.06,
        tables.label(tables.recovery, "evaluation") if tables.recovery else "",
        ha="right",
        **head,
    )
    axis.set(xlim=(0, longest), ylim=(1 - len(lines), 1), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def sequence(axis, part, base):
    """Letters of one sequence above ``base``, and the bars of its elements."""
    values = np.nan_to_num(part.attribution.to_numpy(float))
    high, low = max(0.0, values.max()), min(0.0, values.min())
    scale = (LETTERS[1] - LETTERS[0] - 0.06) / ((high - low) or 1)
    zero = base + LETTERS[0] - low * scale
    axis.plot([0, len(values)], [zero, zero], color="#c9ced6", lw=0.5, zorder=0)
    logo(axis, spelled("".join(part.cell), values), base=zero, scale=scale)
    names, truth = part.planted.fillna("").to_numpy(), part.truth.to_numpy(float)
    edges = np.flatnonzero(np.append(True, names[1:] != names[:-1])).tolist() + [len(names)]
    for start, stop in zip(edges, edges[1:]):
        if names[start]:
            colour = INK if np.nan_to_num(truth[start:stop]).any() else "#b9c0c9"
            axis.barh(base + 0.16, stop - start, left=start, height=BAR, color=colour, lw=0)
            axis.text(
                (start + stop) / 2, base + 0.1, names[start], ha="center", va="top", fontsize=6.5, color=QUIET
            )
