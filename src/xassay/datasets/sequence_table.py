"""A user's table of DNA sequences: CSV or TSV, a row a sequence, a label or a signal as a column."""

import pandas as pd

from xassay.core import known_sites
from xassay.core.reading_dna import column, frame_of
from xassay.core.sequence_sets import built

CARD = dict(
    label="Table of sequences",
    kind="sequence",
    reference=None,
    files=("path", "elements"),
    limits=dict(
        task=("classification", "regression"), length=(1, None), fractions=(0, 1), identity=(0.5, 1),
        duplicates=("group", "drop", "refuse"), conflicts=("refuse", "drop", "keep", "mean"),
    ),
)  # fmt: skip


def samples(
    rng,
    *,
    path: str,
    sequence="sequence",
    label="label",
    id: str | None = None,
    split: str | None = None,
    group: str | None = None,
    task="classification",
    positive: str | int | float | bool | None = None,
    length: int | None = None,
    fractions=(0.7, 0.15, 0.15),
    identity: float | None = 0.8,
    duplicates="group",
    conflicts="refuse",
    elements: str | None = None,
):
    """Read sequences.

    path: columns parted by commas, tabs or semicolons, also gzipped. sequence, label, id, split, group: names
    of columns; without an id rows are numbered. task: labels are classes, or numbers. positive: the class
    that is explained, of more than two against all others; needed where the names of two do not say it, as 0
    and 1 or control and another do.

    split: train, validation, test; where none is validation, it is drawn from train. Without, groups are
    divided by ``fractions``. group: what may not be in two splits (a chromosome, a locus); without, sequences
    that are alike from ``identity`` on (core/similar.py), null for copies alone.

    length: bases to which sequences are cut about their middle or filled with N. duplicates: copies, letter
    by letter or of the other strand, all go to the split of that held out ("group"); "drop": the first
    stays; "refuse": an error where a given split parts them. conflicts: copies with different labels:
    "refuse" (classes alone), "drop", "keep", "mean" (of numbers). elements: known sites, id, start, stop,
    name, sign (1, -1, 0, or empty), 0-based and half open on the sequence as given, or BED.

    Letters may be lower case; U is T; N and other ambiguity codes are shares of bases. Raises InputError."""
    given = frame_of(path)
    found = pd.DataFrame({"sequence": column(given, sequence, "sequence", path)})
    found["label"] = column(given, label, "label", path)
    rows = [f"row_{k}" for k in range(1, len(given) + 1)]
    found["id"] = rows if id is None else column(given, id, "id", path)
    for name, chosen in {"split": split, "group": group}.items():
        if chosen is not None:
            found[name] = column(given, chosen, name, path)
    options = dict(task=task, positive=positive, length=length, fractions=fractions, identity=identity)
    options |= dict(duplicates=duplicates, conflicts=conflicts, elements=elements)
    options["sites"] = None if elements is None else known_sites.sites(elements)
    source = {"title": f"sequences of {path}", "licence": "the user's own"}
    return built(found, path, rng, **options, source=source)
