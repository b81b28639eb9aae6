"""What stands in a panel: means with intervals, control lines, daggers; their legend entries."""

from matplotlib.lines import Line2D

from xassay.report.style import INK, LINES, QUIET, VERMILLION, look


def interval(axis, tables, method, row, y, hollow=False):
    """Mean as a marker, interval as a bar; a missing value in words."""
    style = look(tables, method)
    colour = style["color"]
    if row["mean"] != row["mean"]:
        return note(axis, y, "not defined")
    axis.plot([row["lower"], row["upper"]], [y, y], color=colour, lw=1 if hollow else 1.8, zorder=3)
    axis.plot(
        row["mean"],
        y,
        marker=style["marker"],
        ms=4.2 if hollow else 6,
        mfc="white" if hollow else colour,
        mec=colour,
        mew=1,
        ls="",
        zorder=4,
    )


def dagger(axis, y):
    """The mark of a broken axiom, right of a method's row."""
    axis.annotate(
        "†",
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(2, 0),
        textcoords="offset points",
        va="center",
        color=VERMILLION,
        fontsize=11,
        fontweight="bold",
        annotation_clip=False,
    )


def note(axis, y, text):
    """Words where a value would stand."""
    axis.annotate(
        text,
        (0, y),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=QUIET,
        style="italic",
        zorder=6,
        bbox=dict(fc=axis.get_facecolor(), ec="none", pad=0.8),
    )


def tick(axis, rows, method, y):
    """A grey tick with its interval: what a row is compared with."""
    if method in rows.index and rows["mean"][method] == rows["mean"][method]:
        row = rows.loc[method]
        axis.plot(
            [row["lower"], row["upper"]],
            [y, y],
            color=QUIET,
            alpha=0.35,
            lw=5,
            solid_capstyle="butt",
            zorder=2,
        )
        axis.plot(row["mean"], y, marker="|", ms=10, mew=2, color=QUIET, ls="", zorder=2.5)


def control_lines(axis, rows, names):
    """Vertical lines at the controls' means, intervals as bands; ``rows`` by method. Returns those drawn."""
    drawn = [name for name in names if name in rows.index and rows["mean"][name] == rows["mean"][name]]
    for name in drawn:
        colour, dash = LINES[name]
        axis.axvspan(rows["lower"][name], rows["upper"][name], color=colour, alpha=0.1, lw=0, zorder=1)
        axis.axvline(rows["mean"][name], color=colour, ls=dash, lw=1.2, zorder=2)
    return drawn


def mark(label, hollow=False, **style):
    """A legend entry that is a marker."""
    style = dict(color=INK, marker="o", ls="", ms=6, label=label) | style
    return Line2D([], [], **style, **({"mfc": "white"} if hollow else {}))


def line(label, **style):
    """A legend entry that is a line."""
    return Line2D([], [], label=label, **style)


def method_handles(tables, methods, joined=False):
    """Legend entries of methods."""
    return [
        mark(tables.marked(m), **look(tables, m) | dict(ls="-" if joined else "", mec="white"))
        for m in methods
    ]


def control_handles(tables, names):
    """Legend entries of control lines."""
    return [line(f"control: {tables.label(n)}", color=LINES[n][0], ls=LINES[n][1], lw=1.2) for n in names]


def flag_handles(tables):
    """Legend entry that explains the dagger, where one is drawn: right of a row, or behind a name."""
    flags = sorted(set(tables.flags.values()))
    return [mark("; ".join(flags), marker="$†$", color=VERMILLION, ms=7)] if flags else []
