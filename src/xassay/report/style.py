"""How every figure looks: palette, a method's colour and marker, files of the same bytes each time.

Colours: Okabe and Ito (2008), readable with any colour vision. Nothing is told by colour alone."""

import re
from contextlib import contextmanager
from io import StringIO

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from xassay.core.results import writing

WIDTH = 9.0  # inch; the page shows it at 864 px, so a 9.5 pt letter stays above 8 pt on an 800 px screen
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, YELLOW, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip
CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK)
MARKERS = {
    "attention": "DdpH",
    "gradient": "oh8p",
    "perturbation": "s^><",
    "other": "PXv<",
}
INK, QUIET, RULE, WASH = "#1b1f24", "#5b6470", "#c9ced6", "#f3f4f6"
LINES = {  # control: colour, dash
    "control_truth": (INK, "-"),
    "control_shapley": ("#7a3e9d", "-"),
    "control_random": (QUIET, (0, (4, 2))),
    "control_constant": (QUIET, (0, (1, 1.5))),
    "control_input": ("#9a6a00", (0, (6, 2, 1, 2))),
}
VERDICTS = {  # verdict: colour, marker, sign
    "trust": (GREEN, "o", "✓"),
    "caution": (ORANGE, "^", "!"),
    "do not use": (VERMILLION, "s", "×"),
    "not assessed": (QUIET, "o", ""),
}
RC = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "grid.color": "#e4e7eb",
    "grid.linewidth": 0.8,
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
    "svg.hashsalt": "xassay",
    "svg.fonttype": "none",
}


@contextmanager
def drawing():
    """The style, for the time of a ``with``; the reader's own matplotlib settings play no part."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def look(tables, method):
    """dict(color, marker) of a method, the same in every figure."""
    methods = tables.methods
    stem = method.split("~")[0]
    if stem not in methods:
        return dict(color=QUIET, marker="x")
    place, family = methods.index(stem), tables.family(stem)
    turn = place // len(CYCLE)
    return dict(color=CYCLE[place % len(CYCLE)], marker=MARKERS.get(family, MARKERS["other"])[turn % 4])


def words(reason):
    """A figure that says in words why there is nothing to draw, so that its file always exists."""
    figure = Figure(figsize=(WIDTH, 0.8))
    figure.text(0.02, 0.5, f"Not drawn: {reason}.", va="center", color=QUIET, style="italic")
    return figure


def save(figure, folder, stem):
    """Write ``stem``.svg and ``stem``.png into ``folder``. No date, no version: same figure, same bytes."""
    figure.set_dpi(200)
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()  # solves the layout, once for both files: savefig would do so four times
    figure.set_layout_engine("none")
    for axes in figure.findobj(Axes):  # the solver's last digits differ from run to run
        axes.set_position(np.round(axes.get_position().bounds, 6))
    with writing(folder / f"{stem}.png") as part:
        canvas.print_png(part, metadata={"Software": None})
    text = StringIO()
    FigureCanvasSVG(figure).print_svg(
        text, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    with writing(folder / f"{stem}.svg") as part:
        part.write_text(numbered(text.getvalue()), encoding="utf-8")


def numbered(svg):
    """The SVG with its hashed ids (of exact floats) counted instead."""
    hashed = dict.fromkeys(re.findall(r'id="([A-Za-z]+[0-9a-f]{10})"', svg))
    for number, name in enumerate(hashed):
        svg = svg.replace(name, f"shape_{number}")
    return svg
