"""Epistasis maps: what every two motifs do together beyond what each does alone, on f* and on the models."""

import numpy as np

from xassay.report.cells import Plate, colour_handles, plates
from xassay.report.marks import mark
from xassay.report.style import BLACK

CARD = dict(
    title="Which motifs work together?",
    caption="Epistasis of every two motifs, f(ab) - f(a) - f(b) + f(0), in logits: blue, more together than "
    "apart; red, less. Below the diagonal the motifs are put into shuffled sequences, above it they "
    "are taken out where they stand, on it two sites of one motif. A star: told from none, false "
    "discovery rate below 5 %. What f* says is exact; a model that learned the grammar looks like "
    "it. Colours are relative to the largest value of a data set. {n}",
    category="Discoveries",
)
COLOURS = {1.0: "more together", 0.0: "as each alone", -1.0: "less together"}
CLEAR, LEAST = 0.05, 0.005  # of q; logits, that a number shows as none


def maps(tables):
    """[(data set, model, names, {(row, column): row of a table})] of the discoveries of interactions."""
    found = []
    place = {pair: k for k, pair in enumerate(tables.pairs)}
    for one in tables.discoveries:
        if one.about["finds"] != "interactions":
            continue
        cells = {}
        parts = {name: one.tables.get(name) for name in ("inserted", "in_place")}
        rows = [(name, row) for name, part in parts.items() if part is not None for row in part.itertuples()]
        names = sorted({name for _, row in rows for name in (row.first, row.second)})
        for name, row in rows:
            low, high = sorted((names.index(row.first), names.index(row.second)))
            cells[(high, low) if name == "inserted" else (low, high)] = row
        if cells:
            found.append((one.about["dataset"], one.about["model"], names, cells))
    return sorted(found, key=lambda each: place.get(each[:2], len(place)))


def n(tables):
    rows = [row for *_, cells in maps(tables) for row in cells.values() if hasattr(row, "samples")]
    if not rows:
        return ""
    low, high = min(row.samples for row in rows), max(row.samples for row in rows)
    return f"n = {low if low == high else f'{low} to {high}'} samples a pair in place."


def draw(tables):
    found = maps(tables)
    if not found:
        return "no discovery of this study tells of interactions of two motifs"
    longest = max(len(name) for *_, names, _ in found for name in names)
    largest = {}  # one scale for f* and the models of a data set
    for dataset, _, _, cells in found:
        sizes = [abs(row.effect) for row in cells.values() if row.effect == row.effect]
        largest[dataset] = max([LEAST, largest.get(dataset, 0), *sizes])
    keys = [*colour_handles(COLOURS), mark("false discovery rate below 5 %", marker="*", color=BLACK)]
    shown = [plate(*each, largest[each[0]]) for each in found]
    return plates(tables, shown, keys, 0.42, foot=0.4 + 0.06 * longest)


def plate(dataset, model, names, cells, largest):
    """One map; ``largest``: the effect that has the full colour."""
    numbers, signs = np.full((len(names), len(names)), np.nan), {}
    for at, row in cells.items():
        numbers[at] = row.effect
        if row.q < CLEAR and abs(row.effect) >= LEAST:
            signs[at] = "*"
    return Plate(dataset, model, numbers / largest, names, names, numbers=numbers, signs=signs)
