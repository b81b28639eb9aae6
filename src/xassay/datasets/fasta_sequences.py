"""A user's DNA sequences in FASTA files, labelled by a table, in the header, or by a file of negatives."""

import gzip
import re

import pandas as pd

from xassay.core.dna import decode, encode
from xassay.core.errors import InputError
from xassay.core.reading_dna import built, column, frame_of
from xassay.core.shuffles import dinucleotide_shuffles

CARD = dict(
    label="FASTA sequences",
    kind="sequence",
    reference=None,
    files=("path", "labels", "negatives", "elements"),
    limits=dict(task=("classification", "regression"), length=(1, None), fractions=(0, 1), identity=(0.5, 1)),
)


def samples(
    rng,
    *,
    path: str,
    labels: str | None = None,
    negatives: str | None = None,
    shuffled_negatives=False,
    key="label",
    task="classification",
    positive: str | None = None,
    length: int | None = None,
    fractions=(0.7, 0.15, 0.15),
    identity=0.8,
    elements: str | None = None,
):
    """Read sequences.

    path: FASTA, also .gz; a record's id is the first word of its header. Labels are, in this order: of the
    table ``labels`` (columns id and ``key``); those that come with ``negatives``, another FASTA file, or with
    ``shuffled_negatives``, a shuffle of each sequence that keeps its dinucleotides: the classes are negative
    and positive; or ``key=value`` in the header. The rest: as in ``sequence_table``. Raises InputError."""
    found = records(path, key)
    if labels is not None:
        given = frame_of(labels)
        label = dict(
            zip(column(given, "id", "labels", labels).astype(str), column(given, key, "key", labels))
        )
        if missing := [name for name in found["id"] if name not in label]:
            raise InputError(
                f"{labels}: has no label of {missing[0]}; allowed: one for each sequence of {path}"
            )
        found["label"] = found["id"].map(label)
    elif negatives is not None or shuffled_negatives:
        other = records(negatives, key) if negatives is not None else shuffles(found, length, rng)
        found = pd.concat([found.assign(label="positive"), other.assign(label="negative")], ignore_index=True)
        positive = "positive"
    elif found["label"].isna().any():
        lacking = found["id"][found["label"].isna()].iloc[0]
        raise InputError(
            f"{path}: {lacking} has no {key}= in its header; allowed: that, or labels, negatives or "
            "shuffled_negatives"
        )
    options = dict(task=task, positive=positive, length=length, fractions=fractions, identity=identity)
    source = {"title": f"sequences of {path}", "licence": "the user's own"}
    return built(found, path, rng, **options, source=source, elements=elements)


def records(path, key):
    """id, sequence and label of every record. Raises InputError for what is no FASTA."""
    try:
        with (gzip.open if str(path).endswith(".gz") else open)(path, "rt") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: cannot be read as text ({type(fault).__name__})") from None
    if not text.startswith(">"):
        raise InputError(f"{path}: does not begin with '>'; allowed: FASTA")
    rows = []
    for part in text[1:].split("\n>"):
        header, _, body = part.partition("\n")
        words = header.split()
        if not words:
            raise InputError(f"{path}: record {len(rows) + 1} has no id; allowed: >id ...")
        value = re.search(rf"(?:^|\s){re.escape(key)}=(\S+)", header)
        rows.append((words[0], "".join(body.split()), value.group(1) if value else None))
    return pd.DataFrame(rows, columns=["id", "sequence", "label"])


def shuffles(found, length, rng):
    """A shuffle of every sequence; it shares no word with it, yet stays with it in its group by its id."""
    out = []
    for name, text in zip(found["id"], found["sequence"]):
        x = encode([text], [name])
        out.append((f"{name}_shuffled", decode(dinucleotide_shuffles(x, 1, rng)[0])[0], None))
    return pd.DataFrame(out, columns=["id", "sequence", "label"])
