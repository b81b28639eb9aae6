"""Simulated DNA: sites of real motifs planted in backgrounds, labelled by a known grammar f* of the sequence.

f* scans with the motifs' matrices, lets sites be bound, and applies a grammar to what is bound; so what every
base, site and pair of sites does to it is known exactly. The ways in which such data deceive are options,
among them matched negatives (prakash2022) and sites of other motifs (koo2021).
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from xassay.core import dna_checks, dna_design, planted_truth, planting
from xassay.core.errors import InputError
from xassay.core.samples import SPLITS
from xassay.core.sequences import Sequences

CARD = dict(
    label="Simulated DNA",
    kind="sequence",
    reference=("rauluseviciute2024", "prakash2022", "koo2021"),
    files=("motif_file", "background_file"),
    limits=dict(
        n_sequences=(2, None),
        length=(1, None),
        background=("iid", "markov", "shuffled"),
        order=(0, 2),
        gc=(0, 1),
        program=(
            "single", "count", "position", "and", "or", "xor", "not", "spacing", "orientation", "order",
            "heterodimer", "multi_task",
        ),
        copies=(1, None),
        more=(0, None),
        window=(1, None),
        spacing=(None, None),  # below 0: sites that overlap
        decay=(0, None),
        task=("classification", "regression"),
        positive_share=(0, 1),
        label_noise=(0, None),
        sharpness=(0, None),
        gain=(0, None),
        margin=(0, None),
        site_p=(0, 1),
        affinity=(0, 1),
        sites=("sampled", "consensus"),
        fill=("scrambled", "others", "none"),
        decoys=("matched_negatives", "non_causal", "half_site", "low_affinity", "gc", "spurious", "snps"),
        decoy_rate=(0, 1),
        spurious_share=(0, 1),
        gc_shift=(0, 1),
    ),
)  # fmt: skip


def samples(
    rng,
    *,
    n_sequences=(2000, 500, 500),
    length=200,
    program="and",
    motifs: list[str] = ("CEBPB", "FOS::JUN"),
    motif_file: str | None = None,
    task="classification",
    background="iid",
    order=1,
    gc=0.5,
    background_file: str | None = None,
    copies=3,
    more=2,
    window=60,
    spacing=5,
    decay=5.0,
    sharpness=1.0,
    gain=8.0,
    margin=1.0,
    site_p=1e-4,
    affinity=0.9,
    sites="sampled",
    fill="scrambled",
    positive_share=0.5,
    label_noise=0.0,
    decoys: list[str] = (),
    decoy_rate=0.5,
    non_causal_motif="RUNX1",
    spurious_motif="NRF1",
    spurious_share=0.9,
    gc_shift=0.1,
):
    """Draw sequences.

    n_sequences: of train, validation and test. length: bases. motifs: of the grammar, by name or id, from
    ``motif_file`` (MEME, JASPAR or PFM; default resources/motifs.meme) or, by id, from pyjaspar.

    program: single, a site of the motif; count, ``copies`` sites or more (up to ``more`` beyond are planted),
    of any of the motifs; position, the same within the central ``window``; and, or, xor, not (all but the
    last, which represses); spacing, two sites at best ``spacing`` bases apart, their effect falling to 1/e
    within ``decay``; orientation, a site on the given strand; order, a site of the first motif before one of
    the second; heterodimer, both on one strand, ``spacing`` apart (below 0: overlapping); multi_task, an
    output and a class for each motif. core/programs.py has the formulas.

    background: iid bases, a markov chain of ``order`` 0 to 2, or shuffled (dinucleotides kept) windows of
    ``background_file`` (FASTA, or a sequence a line), to which iid and markov are fitted where it is given;
    gc: share of G and C elsewhere.

    f*: a site of score S bits is bound with odds exp(sharpness (S - t)), t the score that a random site
    reaches with probability ``site_p``; logits are gain (q - 1/2), q the probability that the grammar is met.
    Planted sites are drawn from the matrix, occupancy ``affinity`` or more, or are its consensus. Sequences
    whose logit is nearer to 0 than ``margin`` are drawn again. fill: what stands in for a site that an
    arrangement lacks: its bases scrambled, so that composition tells nothing; a site of another motif of the
    file; nothing.

    task: classification, labels f*(x) > 0 of which ``label_noise`` are flipped, ``positive_share`` positive;
    regression, labels f*(x) with normal noise of ``label_noise`` times its SD, no margin.

    decoys: matched_negatives, each made of a positive, the same sites and the same background, shuffled;
    non_causal, a site of another motif in ``decoy_rate`` of both classes; half_site, low_affinity: half a
    site of the grammar's motifs, one that is hardly bound, at that rate; gc, classes that differ by
    ``gc_shift``; spurious, a motif in ``spurious_share`` of positives and of the rest the complement, in
    train and validation, and in half of either in test; snps, a table of single-base changes and what they do
    to f*.

    ``planted`` and ``elements``: core/planted_truth.py. Raises InputError, in one line, for options that give
    no data."""
    options = SimpleNamespace(**{key: value for key, value in locals().items() if key != "rng"})
    dna_checks.check(options, CARD["limits"])
    design = dna_design.Design(options)
    drawn = [design.draw(shares(design, n), rng, test=k == 2) for k, n in enumerate(n_sequences)]
    planted = planting.joined([part for part, _ in drawn])
    x = dna_design.one_hot(planted.letters)
    names = [f"{split}_{k:05d}" for split, n in zip(SPLITS, n_sequences) for k in range(n)]
    table = pd.DataFrame(
        {"split": np.repeat(SPLITS, n_sequences), "group": names}, pd.Index(names, name="sample")
    )
    label, classes = labelled(design, x, np.concatenate([label for _, label in drawn]), rng, table)
    table["label"] = label
    library = design.library
    signs, elements = planted_truth.truth(design.f, x, label, planted, design.sites, library.n_grammar)
    changes = planted_truth.variants(design.f, x, label, elements, rng) if "snps" in decoys else None
    tables = [
        part if part is None else part.assign(sample=np.array(names)[part["sample"]])
        for part in (elements, changes)
    ]
    return Sequences.of(
        x.numpy(),
        table,
        classes=classes,
        source={
            "title": "Simulated DNA with sites of JASPAR's motifs" if motif_file is None else "Simulated DNA",
            "licence": "matrices of JASPAR: CC BY 4.0" if motif_file is None else "not stated",
            "motifs": [motif.name for motif in library.motifs[: library.n_grammar]],
            "decoys": {key: library.motifs[k].name for key, k in library.decoys.items()},
        },
        planted=signs,
        elements=tables[0],
        variants=tables[1],
        noise={"law": "substitution", "rate": 0.02},
        oracle=design.parameters,
    )


def shares(design, n):
    """Sequences of each class: {label: number}."""
    kinds = len(design.arrangements)
    if kinds > 2:
        if n < kinds:
            raise InputError(f"n_sequences: {n} in a split; allowed: {kinds} or more, one of each class")
        return {label: n // kinds + (label < n % kinds) for label in range(kinds)}
    positive = int(np.clip(np.rint(design.options.positive_share * n), 1, n - 1))
    return {0: n - positive, 1: positive}


def labelled(design, x, label, rng, table):
    """Labels with their noise, and the names of the classes. Of several tasks each has its own column too."""
    o = design.options
    logit = design.logits(x)
    if o.task == "regression":
        return logit[:, 0] + rng.normal(0, o.label_noise * logit.std(), len(logit)), ()
    kinds = len(design.arrangements)
    flipped = rng.random(len(label)) < o.label_noise
    label = np.where(flipped, (label + rng.integers(1, kinds, len(label))) % kinds, label)
    if kinds == 2:
        return label, ("negative", "positive")
    names = tuple(motif.name for motif in design.library.motifs[:kinds])
    for name, column in zip(names, logit.T):
        table[f"task_{name}"] = (column > 0).astype(int)
    return label, names


def oracle(parameters):
    """f*: Grammar, from the arrays that ``Samples.oracle`` keeps."""
    return dna_design.oracle(parameters)
