"""Logos: where letters lie, and that none is lost."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from xassay.core.dna import BASES
from xassay.report.letters import COLOURS, GLYPHS, bits, logo, outline, spelled


def drawn(heights, **how):
    """{letter: [(left, right, low, high)]} of what ``logo`` draws, one box a letter."""
    axis = Figure().add_subplot()
    logo(axis, heights, **how)
    found = {}
    for patch in axis.patches:
        letter = next(
            k for k, v in COLOURS.items() if tuple(patch.get_facecolor()[:3]) == pytest.approx(rgb(v))
        )
        vertices = patch.get_path().vertices
        for part in (
            np.split(vertices[: len(vertices)], len(vertices) // size(letter)) if letter != "A" else []
        ):
            found.setdefault(letter, []).append((*np.round(part.min(0), 6), *np.round(part.max(0), 6)))
    return found


def rgb(colour):
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def size(letter):
    return sum(len(ring) + 1 for ring in GLYPHS[letter])


def test_letters_stand_on_one_another_and_hang_below_the_line():
    heights = np.zeros((4, 3))
    heights[:, 0] = [0, 1, 2, 0]  # C on the line, G above it
    heights[:, 2] = [0, 0, -1.5, 3]
    found = drawn(heights, base=10.0, scale=2.0)
    (c,), (g, g2), (t,) = found["C"], found["G"], found["T"]
    assert (c[1], c[3]) == (10, 12) and (g[1], g[3]) == (12, 16)
    assert (g2[1], g2[3]) == (7, 10) and (t[1], t[3]) == (10, 16)
    assert c[0] > 0 and c[2] < 1 and t[0] > 2 and t[2] < 3


def test_nothing_is_drawn_of_nothing():
    assert drawn(np.zeros((4, 5))) == {} and drawn(np.full((4, 5), np.nan)) == {}


@pytest.mark.parametrize("letter", BASES)
def test_a_letter_fills_its_box(letter):
    path = outline(letter, np.array([[3.0, 1.0, 2.0]]))
    assert path.vertices[:, 1].min() == 1 and path.vertices[:, 1].max() == 3
    assert path.vertices[:, 0].min() >= 3 and path.vertices[:, 0].max() <= 4


def test_a_sequence_is_spelled_with_its_values():
    assert spelled("ANG", [1.0, 2.0, -3.0]).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, -3], [0, 0, 0]]


def test_information_is_two_bits_at_most():
    p = np.array([[1, 0.25, 0.5], [0, 0.25, 0.5], [0, 0.25, 0], [0, 0.25, 0]])
    assert bits(p).sum(0) == pytest.approx([2, 0, 1])
