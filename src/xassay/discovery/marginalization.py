"""Marginal effects: motifs put into sequences without a message. Koo et al. (2021), global importance."""

import pandas as pd

from xassay.core.errors import InputError
from xassay.core.experiments import answers, backgrounds, beside, chosen, mean, put, site, with_p

CARD = dict(
    label="Marginal effects of motifs",
    kinds=("sequence",),
    needs=(),
    finds="effects",
    reference="koo2021gia",
    limits=dict(n_backgrounds=(2, None), position=(0, None)),
)


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
    n_backgrounds=100,
    position: int | None = None,
):
    """What a motif does on its own: the mean change of the explained output when its likeliest bases are put
    into dinucleotide shuffles of the samples.

    motifs: names or ids (default: the planted ones, or else all known); position: of the first base, from 0
    (default: in the middle). Returns ``effects``, a row a motif and strand: effect and its standard error in
    logits, p (Student's t), q, and the same on f* where it is known. Raises InputError for a motif that is
    unknown or does not fit."""
    empty, of = backgrounds(x, target, n_backgrounds, rng)
    functions = beside(model, oracle)
    before = {name: answers(function, empty, of) for name, function in functions.items()}
    rows = []
    for motif in chosen(motifs, known, elements, "marginalization"):
        start = (x.shape[2] - motif.width) // 2 if position is None else position
        if start < 0 or start + motif.width > x.shape[2]:
            raise InputError(
                f"marginalization.position: {start}; allowed for {motif.width} bases of {motif.name}: 0 to "
                f"{x.shape[2] - motif.width}"
            )
        for strand in "+-":
            made = put(empty, start, site(motif, strand))
            row = dict(motif=motif.name, strand=strand, consensus=motif.consensus(), backgrounds=len(empty))
            for name, function in functions.items():
                row |= mean(answers(function, made, of) - before[name], name)
            rows.append(row)
    return {"effects": with_p(pd.DataFrame(rows), "backgrounds")}
