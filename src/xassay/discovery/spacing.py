"""Spacing: the effect of two motifs together against the distance between them. Koo et al. (2021)."""

from itertools import combinations, product

import numpy as np
import pandas as pd

from xassay.core.errors import InputError
from xassay.core.experiments import answers, backgrounds, beside, chosen, mean, put, site, with_p

CARD = dict(
    label="Effect of two motifs against their distance",
    kinds=("sequence",),
    needs=(),
    finds="interactions",
    reference="koo2021gia",
    limits=dict(gaps=(0, None), n_backgrounds=(2, None), orientations=("++", "+-", "-+", "--")),
)
PAIRS = 6  # of motifs, where none are named


def discover(
    model,
    x,
    target,
    elements,
    known,
    oracle,
    rng,
    *,
    motifs: list[str] = (),
    gaps: list[int] = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50),
    orientations: list[str] = ("++", "+-", "-+", "--"),
    n_backgrounds=50,
):
    """Mean effect of two motifs ``gap`` bases apart in dinucleotide shuffles, and how much of it neither has.

    motifs: names or ids, every two of which are tried in this order (default: the planted ones, or else all
    known, at most six pairs); orientations: strands of the first and the second. The first lies where the
    pair with the largest gap that fits is in the middle. Returns ``curves``, a row a pair, orientation and
    gap: pair, f(ab) - f(0), logits; effect, the epistasis f(ab) - f(a) - f(b) + f(0), its standard error, p
    (Student's t) and q; on f* too where it is known. Raises InputError where no gap fits."""
    names = chosen(motifs, known, elements, "spacing")
    pairs = list(combinations(names, 2)) or [(names[0], names[0])]
    pairs = pairs if motifs else pairs[:PAIRS]
    widest = max(one.width + other.width for one, other in pairs)
    fit = sorted({gap for gap in gaps if widest + gap <= x.shape[2]})
    if not fit:
        raise InputError(
            f"spacing.gaps: {', '.join(map(str, gaps))}; allowed: {x.shape[2] - widest} or less, with motifs "
            f"of {widest} bases in sequences of {x.shape[2]}"
        )
    first = (x.shape[2] - widest - fit[-1]) // 2
    empty, of = backgrounds(x, target, n_backgrounds, rng)
    functions = beside(model, oracle)
    asked = Asked(functions, empty, of)
    rows = []
    for (one, other), strands in product(pairs, orientations):
        for gap in fit:
            a = (first, one, strands[0])
            b = (first + one.width + gap, other, strands[1])
            row = dict(first=one.name, second=other.name, orientation=strands, gap=gap)
            row |= dict(backgrounds=len(empty))
            for name in functions:
                none, alone, next_to, both = (asked(name, *parts) for parts in ((), (a,), (b,), (a, b)))
                row |= {f"{name}pair": float(np.mean(both - none))}
                row |= mean(both - alone - next_to + none, name)
            rows.append(row)
    out = {"curves": with_p(pd.DataFrame(rows), "backgrounds")}
    left = [str(gap) for gap in gaps if gap not in fit]
    return out | ({"note": f"gaps that do not fit are left out: {', '.join(left)}"} if left else {})


class Asked:
    """Answers to backgrounds with motifs in them; those of fewer than two are kept."""

    def __init__(self, functions, empty, target):
        self.functions, self.empty, self.target, self.kept = functions, empty, target, {}

    def __call__(self, name, *parts):
        """parts: (start, motif, strand) each. Returns (background,)."""
        key = (name, *((start, motif.name, strand) for start, motif, strand in parts))
        if key in self.kept:
            return self.kept[key]
        made = self.empty
        for start, motif, strand in parts:
            made = put(made, start, site(motif, strand))
        found = answers(self.functions[name], made, self.target)
        if len(parts) < 2:
            self.kept[key] = found
        return found
