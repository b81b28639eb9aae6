"""A user's table of DNA sequences: CSV or TSV, a row a sequence, a label or a signal as a column."""

import pandas as pd

from xassay.core.reading_dna import built, column, frame_of

CARD = dict(
    label="Table of sequences",
    kind="sequence",
    reference=None,
    files=("path", "elements"),
    limits=dict(task=("classification", "regression"), length=(1, None), fractions=(0, 1), identity=(0.5, 1)),
)


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
    positive: str | None = None,
    length: int | None = None,
    fractions=(0.7, 0.15, 0.15),
    identity=0.8,
    elements: str | None = None,
):
    """Read sequences.

    path: CSV or TSV, also .gz. sequence, label, id, split, group: names of columns; without an id rows are
    numbered; split: train, validation, test, else groups are divided by ``fractions``; group: what may not be
    in two splits (a chromosome, a locus), else sequences that are alike from ``identity`` on. task: labels
    are classes, or numbers. positive: the class that is explained, against all others. length: bases to which
    sequences are cut about their middle or filled with N. elements: a table of known sites (id, start, stop,
    name, sign), 0-based and half open.

    Letters may be lower case; U is T; N and other ambiguity codes are shares of bases. Raises InputError."""
    given = frame_of(path)
    found = pd.DataFrame({"sequence": column(given, sequence, "sequence", path)})
    found["label"] = column(given, label, "label", path)
    rows = [f"row_{k}" for k in range(1, len(given) + 1)]
    found["id"] = rows if id is None else column(given, id, "id", path).astype(str)
    for name, chosen in {"split": split, "group": group}.items():
        if chosen is not None:
            found[name] = column(given, chosen, name, path)
    options = dict(task=task, positive=positive, length=length, fractions=fractions, identity=identity)
    source = {"title": f"sequences of {path}", "licence": "the user's own"}
    return built(found, path, rng, **options, source=source, elements=elements)
