"""A user's DNA sequences in FASTA files, labelled by a table, in the header, or by a file of negatives."""

import pandas as pd

from xassay.core import known_sites
from xassay.core.errors import InputError
from xassay.core.reading_dna import column, frame_of, records
from xassay.core.sequence_sets import built, shuffled

CARD = dict(
    label="FASTA sequences",
    kind="sequence",
    reference=None,
    files=("path", "labels", "negatives", "elements"),
    limits=dict(
        task=("classification", "regression"), length=(1, None), fractions=(0, 1), identity=(0.5, 1),
        duplicates=("group", "drop", "refuse"), conflicts=("refuse", "drop", "keep", "mean"),
    ),
)  # fmt: skip


def samples(
    rng,
    *,
    path: str,
    labels: str | None = None,
    negatives: str | None = None,
    shuffled_negatives=False,
    key="label",
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

    path: FASTA, also gzipped; a record's id is the first word of its header. Labels are one of: column
    ``key`` of the table ``labels``, which has a column id; those that come with ``negatives``, another FASTA
    file, or with ``shuffled_negatives``, of each sequence a shuffle that keeps its dinucleotides and goes
    where it goes: the classes are negative and positive; or ``key=value`` in the header. split, group:
    columns of ``labels``, or keys in the header. The rest: as in ``sequence_table``. Raises InputError."""
    ways = [name for name, given in (("labels", labels), ("negatives", negatives)) if given is not None]
    ways += ["shuffled_negatives"] * shuffled_negatives
    if len(ways) > 1:
        raise InputError(
            f"{' and '.join(ways)} are both given; allowed: one of them, or labels in the header"
        )
    if ways[:1] not in ([], ["labels"]) and task == "regression":
        raise InputError(
            f"{ways[0]}: makes classes; allowed for a regression: labels, or labels in the header"
        )
    wanted = {"label": key} | {name: own for name, own in (("split", split), ("group", group)) if own}
    found = read(path, wanted)
    if labels is not None:
        found = with_table(found, labels, wanted, path)
    elif ways:
        found["label"], positive = "positive", "positive"
        if negatives is None:
            found["pair"] = found["id"]
            other = shuffled(found, length, path, rng)
        else:
            other = read(negatives, wanted)
            same = other["id"].isin(set(found["id"]))
            other["id"] = other["id"].where(~same, other["id"] + "_negative")
        found = pd.concat([found, other.assign(label="negative")], ignore_index=True)
    for name, own in wanted.items():
        if found[name].isna().any():
            lacking = found["id"][found[name].isna()].iloc[0]
            more = "; allowed: that, or labels, negatives or shuffled_negatives" * (name == "label")
            raise InputError(f"{path}: {lacking} has no {own}= in its header{more}")
    options = dict(task=task, positive=positive, length=length, fractions=fractions, identity=identity)
    options |= dict(duplicates=duplicates, conflicts=conflicts, elements=elements)
    options["sites"] = None if elements is None else known_sites.sites(elements)
    source = {"title": f"sequences of {path}", "licence": "the user's own"}
    return built(found, path, rng, **options, source=source)


def read(path, wanted):
    """A FASTA file: id, sequence, and what is wanted of the header under its own name."""
    found = records(path, list(wanted.values()))
    return found[["id", "sequence"]].assign(**{name: found[own] for name, own in wanted.items()})


def with_table(found, labels, wanted, path):
    """Records with what a table says of them. Raises InputError for a record that it lacks or has twice."""
    given = frame_of(labels)
    ids = column(given, "id", "labels", labels)
    if (twice := ids.duplicated()).any():
        raise InputError(f"{labels}: id {ids[twice].iloc[0]!r} occurs twice; allowed: each once")
    given = given.assign(**{own: column(given, own, name, labels) for name, own in wanted.items()})
    given.index = ids
    if missing := [name for name in found["id"] if name not in given.index]:
        raise InputError(f"{labels}: has no row of {missing[0]}; allowed: one for each sequence of {path}")
    rows = given.loc[found["id"]]
    return found.assign(**{name: rows[own].to_numpy() for name, own in wanted.items()})
