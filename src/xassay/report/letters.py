"""Letters of DNA, stretched to a height: logos of sequences and of motifs.

Block letters of straight lines, all of one base in one path: a page of logos stays small."""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from xassay.core.dna import BASES
from xassay.report.style import BLUE, GREEN, ORANGE, VERMILLION

COLOURS = dict(zip(BASES, (GREEN, BLUE, ORANGE, VERMILLION)))
GLYPHS = {  # outlines in the unit square; the A's hole runs the other way round, so that it stays empty
    "A": [
        [(0, 0), (0.36, 1), (0.64, 1), (1, 0), (0.78, 0), (0.7, 0.22), (0.3, 0.22), (0.22, 0)],
        [(0.37, 0.4), (0.5, 0.78), (0.63, 0.4)][::-1],
    ],
    "C": [
        [(0.95, 0.62), (0.95, 0.75), (0.7, 1), (0.3, 1), (0, 0.72), (0, 0.28), (0.3, 0), (0.7, 0),
         (0.95, 0.25),
         (0.95, 0.38), (0.72, 0.38), (0.72, 0.3), (0.62, 0.2), (0.38, 0.2), (0.24, 0.34), (0.24, 0.66),
         (0.38, 0.8), (0.62, 0.8), (0.72, 0.7), (0.72, 0.62)],
    ],
    "G": [
        [(0.95, 0.62), (0.95, 0.75), (0.7, 1), (0.3, 1), (0, 0.72), (0, 0.28), (0.3, 0), (0.7, 0),
         (0.95, 0.22),
         (0.95, 0.52), (0.52, 0.52), (0.52, 0.34), (0.72, 0.34), (0.72, 0.28), (0.62, 0.2), (0.38, 0.2),
         (0.24, 0.34), (0.24, 0.66), (0.38, 0.8), (0.62, 0.8), (0.72, 0.7), (0.72, 0.62)],
    ],
    "T": [[(0.39, 0), (0.39, 0.8), (0.03, 0.8), (0.03, 1), (0.97, 1), (0.97, 0.8), (0.61, 0.8), (0.61, 0)]],
}  # fmt: skip


def logo(axis, heights, start=0.0, base=0.0, scale=1.0):
    """Letters of (4, position) heights in A, C, G, T, stacked, the largest outermost.

    Positive ones stand on ``base``, negative ones hang from it, upside down; ``start``: left edge of the
    first position, each of width 1; ``scale``: units of the axis per unit of height."""
    heights = np.nan_to_num(np.asarray(heights, float)) * scale
    order = np.argsort(np.abs(heights), axis=0, kind="stable")
    ordered = np.take_along_axis(heights, order, 0)
    up = np.cumsum(np.maximum(ordered, 0), 0) - np.maximum(ordered, 0)
    down = np.cumsum(np.minimum(ordered, 0), 0) - np.minimum(ordered, 0)
    bottom = np.empty_like(heights)
    np.put_along_axis(bottom, order, base + np.where(ordered > 0, up, down), 0)
    for row, letter in enumerate(BASES):
        places = np.flatnonzero(heights[row])
        if len(places):
            boxes = np.stack([start + places, bottom[row, places], heights[row, places]], 1)
            axis.add_patch(PathPatch(outline(letter, boxes), fc=COLOURS[letter], ec="none", lw=0))


def outline(letter, boxes):
    """One path of a letter at (left, bottom, height) boxes; a negative height turns it round."""
    vertices, codes = [], []
    for ring in GLYPHS[letter]:
        points = np.array([*ring, ring[0]], float)
        x = boxes[:, :1] + 0.03 + 0.94 * points[:, 0]
        y = boxes[:, 1:2] + boxes[:, 2:] * points[:, 1]
        vertices.append(np.stack([x, y], -1).reshape(-1, 2))
        code = [Path.MOVETO] + [Path.LINETO] * (len(ring) - 1) + [Path.CLOSEPOLY]
        codes.append(np.tile(code, len(boxes)))
    return Path(np.concatenate(vertices), np.concatenate(codes))


def spelled(text, values):
    """Heights (4, position) of a sequence whose bases have one value each; another letter has none."""
    out = np.zeros((4, len(text)))
    for place, (letter, value) in enumerate(zip(text, values)):
        if letter in BASES:
            out[BASES.index(letter), place] = value
    return out


def bits(probabilities):
    """Heights (4, width) of a motif: probabilities times the information content of the column, in bits."""
    p = np.asarray(probabilities, float)
    return p * (2 + np.sum(p * np.log2(np.maximum(p, 1e-12)), 0))
