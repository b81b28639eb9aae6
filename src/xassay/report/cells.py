"""Heatmaps whose cells have one size, so that the number in a cell always has room."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from xassay.report.panels import title
from xassay.report.style import BLACK, BLUE, QUIET, VERMILLION, WIDTH

DIVERGING = LinearSegmentedColormap.from_list("diverging", [VERMILLION, "white", BLUE])
CELL = 0.3  # inch
NARROWEST = 0.28  # inch: a cell that holds a number
GAP = 0.3  # of a cell: before a column that begins another test
HEAD, TITLE, APART, FOOT = 0.38, 0.3, 0.32, 0.5  # inch: data set, model, between plates, legend


class Plate(NamedTuple):
    """One heatmap: ``values`` (row, column) between -1 and 1; ``words``: {(row, first, last): text}."""

    dataset: str
    model: str
    values: Any
    rows: list
    columns: list
    words: dict = {}
    breaks: tuple = ()  # columns before which a gap stands
    groups: dict = {}  # {text: (first, last)}: named below these columns
    numbers: Any = None  # what the cells say, where it is not ``values``, which colours them
    signs: dict = {}  # {(row, column): text}: small, in a cell's corner


def plates(tables, found, handles, size=CELL, wide=1.0, named=True, foot=0.3):
    """Figure: one heatmap a plate, data set by data set, as many side by side as the page is wide.

    ``size``: height of a cell, ``wide`` times as wide; ``named``: every plate names its rows, or only the
    first of a line; ``foot``: inches below a plate."""
    label = 0.2 + 0.079 * max(len(row) for plate in found for row in plate.rows)
    widths = [size * wide * (len(plate.columns) + GAP * len(plate.breaks)) for plate in found]
    places, heads, x, y, line, dataset = [], [], 0.0, 0.0, 0.0, None
    for plate in found:
        new, left = plate.dataset != dataset, label if named else 0.0
        if new or x + left + max(widths) > WIDTH:
            x, y, line, left = 0.0, y + line, 0.0, label
        if new:
            dataset = plate.dataset
            heads.append((dataset, y))
            y += HEAD
        head = TITLE + 0.17 * (tables.learned(dataset, plate.model) is False)
        places.append((plate, x + left, y + head, left > 0))
        x, line = x + left + max(widths) + APART, max(line, head + size * len(plate.rows) + foot)
    total = y + line + FOOT
    figure = Figure(figsize=(WIDTH, total))
    for dataset, top in heads:
        figure.text(0.008, 1 - (top + 0.1) / total, dataset, va="top", fontsize=11, fontweight="bold")
    for (plate, left, top, names), width in zip(places, widths):
        height = size * len(plate.rows) / total
        axis = figure.add_axes([left / WIDTH, 1 - top / total - height, width / WIDTH, height])
        title(axis, tables, plate.dataset, plate.model)
        heat(axis, plate, numbers=size * wide >= NARROWEST, names=names)
    figure.legend(
        handles=handles, loc="lower left", ncols=min(6, len(handles)), handlelength=2.2, columnspacing=1.6,
        bbox_to_anchor=(0, 0), borderaxespad=0.2,
    )  # fmt: skip
    return figure


def heat(axis, plate, numbers, names):
    """Cells with their numbers, a dot where there is no value, words where they say more."""
    edges = np.array([j + GAP * sum(b <= j for b in plate.breaks) for j in range(len(plate.columns))])
    said = {(i, j) for i, first, last in plate.words for j in range(first, last + 1)}
    written = plate.values if plate.numbers is None else plate.numbers
    for (i, j), value in np.ndenumerate(plate.values):
        x = edges[j] + 0.5
        if (i, j) in said:
            continue
        if np.isnan(value):
            axis.text(x, i + 0.5, "·", ha="center", va="center", color=QUIET)
            continue
        axis.add_patch(Rectangle((edges[j], i), 1, 1, fc=DIVERGING((1 + value) / 2), ec="white", lw=1))
        if numbers:
            ink = "white" if abs(value) > 0.7 else "black"
            axis.text(x, i + 0.5, short(written[i, j]), ha="center", va="center", fontsize=7.5, color=ink)
        if sign := plate.signs.get((i, j)):
            corner = dict(ha="right", va="top", fontsize=7, fontweight="bold", color=BLACK)
            axis.text(x + 0.46, i + 0.02, sign, **corner)
    for (i, first, last), text in plate.words.items():
        x = (edges[first] + edges[last] + 1) / 2
        axis.text(x, i + 0.5, text, ha="center", va="center", fontsize=8, color=QUIET, style="italic")
    long = max(len(str(name)) for name in plate.columns) > 6
    turned = dict(rotation=45, ha="right", rotation_mode="anchor") if long else {}
    axis.set_xticks(edges + 0.5, plate.columns, **turned)
    for text, (first, last) in plate.groups.items():
        axis.annotate(
            text, ((edges[first] + edges[last] + 1) / 2, len(plate.rows)), xytext=(0, -17), ha="center",
            va="top", textcoords="offset points", fontsize=8.5, color=QUIET, annotation_clip=False,
        )  # fmt: skip
    axis.set_yticks(np.arange(len(plate.rows)) + 0.5, plate.rows if names else [""] * len(plate.rows))
    axis.set(ylim=(len(plate.rows), 0), xlim=(0, edges[-1] + 1))
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def short(value):
    """Two decimals without the zero before the point: ".47", "1", "−.03"; one of what is 10 or more."""
    if abs(value) >= 9.995:
        return f"{value:.1f}".replace("-", "−")
    text = f"{value:.2f}".replace("-", "−")
    if text.endswith("1.00"):
        return text[:-3]
    return ".00" if text == "−0.00" else text.replace("0.", ".", 1)


LIKENESS = {1.0: "1, the same order", 0.5: "0.5", 0.0: "0, unrelated", -0.5: "−0.5", -1.0: "−1, reversed"}


def colour_handles(words=LIKENESS):
    """Legend entries of a heatmap's colours. words: {value between -1 and 1: what it means}."""
    return [Patch(fc=DIVERGING((1 + v) / 2), ec="#c9ced6", lw=0.6, label=word) for v, word in words.items()]
