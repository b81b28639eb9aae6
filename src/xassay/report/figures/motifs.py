"""Motifs that were discovered, as logos."""

import numpy as np
from matplotlib.figure import Figure

from xassay.report.letters import bits, logo
from xassay.report.style import INK, QUIET, WIDTH

CARD = dict(
    title="Which motifs do the maps hold?",
    caption="Patterns that a discovery found, the first eight of each. Letters of what a base contributes "
    "where the discovery tells it, below the line where the pattern speaks against the target; else "
    "the information content of the aligned sequences, in bits. Compare them with the names beside: "
    "the best match among the known motifs, where there is one. {n}",
    category="Discoveries",
)
MOST, ACROSS = 8, 4  # patterns of a discovery, side by side
HEAD, ROW = 0.45, 0.85  # inch


def found(tables):
    """Discoveries that hold motifs."""
    return [one for one in tables.discoveries if one.motifs]


def n(tables):
    return f"n = {sum(len(one.motifs) for one in found(tables))} patterns found." if found(tables) else ""


def draw(tables):
    if not found(tables):
        return "no discovery of this study holds a motif"
    lines = [-(-min(len(one.motifs), MOST) // ACROSS) for one in found(tables)]
    whole = sum(HEAD + ROW * count for count in lines) + 0.1
    figure, top = Figure(figsize=(WIDTH, whole)), whole
    for one, count in zip(found(tables), lines):
        about = one.about
        title = f"{about['label']} · {about['dataset']} · {tables.label(about['model'], 'models')}"
        title += f" · maps of {tables.label(about['maps'])}" if about["maps"] else ""
        figure.text(0.008, (top - 0.08) / whole, title, va="top", fontsize=10, fontweight="bold", color=INK)
        for place, motif in enumerate(one.motifs[:MOST]):
            row, column = divmod(place, ACROSS)
            bottom = (top - HEAD - ROW * (row + 1) + 0.3) / whole
            width = 1 / ACROSS - 0.02
            axis = figure.add_axes([0.01 + column / ACROSS, bottom, width, (ROW - 0.4) / whole])
            axis.set_gid(f"panel {about['dataset']} {about['model']}")
            pattern(axis, motif)
        top -= HEAD + ROW * count
    return figure


def pattern(axis, motif):
    """One motif in its own axis."""
    weights = motif.get("weights")
    heights = bits(motif["probabilities"]) if weights is None else np.asarray(weights, float)
    logo(axis, heights)
    high, low = np.maximum(heights, 0).sum(0).max(), np.minimum(heights, 0).sum(0).min()
    axis.axhline(0, color="#c9ced6", lw=0.6, zorder=0)
    axis.set(
        xlim=(0, max(heights.shape[1], 12)),
        ylim=(min(low * 1.05, 0), max(high * 1.05, 1e-9)),
        xticks=[],
        yticks=[],
    )
    axis.spines[:].set_visible(False)
    axis.set_title(motif["name"], fontsize=8.5, color=QUIET, pad=2)
