"""Intervals of a genome: a BED file and the genome's FASTA, read by pyfaidx (Shirley et al. 2015)."""

import pandas as pd

from xassay.core import genome as genomes
from xassay.core import known_sites
from xassay.core.errors import InputError
from xassay.core.sequence_sets import built, shuffled

CARD = dict(
    label="Genome intervals",
    kind="sequence",
    reference="shirley2015",
    files=("path", "genome", "elements"),
    limits=dict(
        task=("classification", "regression"), length=(1, None), column=(4, None),
        centre=("middle", "summit"),
        negatives=("none", "shuffled", "random"), split_by=("chromosome", "identity"), fractions=(0, 1),
        identity=(0.5, 1), duplicates=("group", "drop", "refuse"),
        conflicts=("refuse", "drop", "keep", "mean"),
    ),
)  # fmt: skip


def samples(
    rng,
    *,
    path: str,
    genome: str,
    length=200,
    centre="middle",
    column: int | None = None,
    negatives="none",
    task="classification",
    positive: str | int | float | bool | None = None,
    split_by="chromosome",
    validation_chromosomes: list[str | int] = (),
    test_chromosomes: list[str | int] = (),
    fractions=(0.7, 0.15, 0.15),
    identity: float | None = 0.8,
    duplicates="group",
    conflicts="refuse",
    elements: str | None = None,
):
    """Read the sequences of intervals.

    path: BED, 0-based and half open; the sixth column, if there is one, is the strand. genome: FASTA, also
    bgzipped. length: bases about each interval's middle, or the summit of a narrowPeak file; a window with
    more than a tenth unknown is left out. column: of BED, from 4, that holds the label or the signal.
    negatives: "shuffled" (same dinucleotides, same split) or "random" (windows of the same chromosome, apart
    from all intervals, whose share of G and C is the same within 0.02) make a class of their own, where no
    column is given.

    split_by: chromosomes, those that are named for validation and test, or else divided by ``fractions``; or
    the identity of sequences. elements: known sites in places of the genome, BED, or a table of chromosome,
    start, stop, name, sign. The rest: as in ``sequence_table``. Raises InputError, also where pyfaidx is not
    installed."""
    if (column is None) == (negatives == "none"):
        told = "is missing" if column is None else f"{column} and negatives: {negatives} are both given"
        raise InputError(f"column: {told}; allowed: a column of labels, or negatives: shuffled, random")
    if negatives != "none" and task == "regression":
        raise InputError(f"negatives: {negatives} make classes; allowed for a regression: none, and a column")
    with genomes.opened(genome) as opened:
        bed = genomes.intervals(path)
        found = genomes.windows(opened, bed, length, centre, path)
        left_out = len(bed) - len(found)
        if column is not None:
            if column > bed.shape[1]:
                raise InputError(f"column: {column}; allowed: 4 to {bed.shape[1]}, the columns of {path}")
            found["label"] = bed[column - 1].to_numpy()[found["row"]]
        else:
            found, positive = found.assign(label="positive", pair=found["id"]), "positive"
            if negatives == "random":
                other = genomes.matched(opened, bed, found, length, path, rng)
                other["pair"] = other["id"]
            else:
                other = shuffled(found, None, path, rng)
            whole = found = pd.concat([found, other.assign(label="negative")], ignore_index=True)
            if negatives == "shuffled":  # no place of the genome
                whole = found[found["label"] == "positive"]
    sites = None
    if elements is not None:
        sites = genomes.placed(known_sites.sites(elements), found if column else whole, length)
    source = {"title": f"intervals of {path}", "licence": "the user's own"}
    if left_out:
        source["intervals"] = f"{left_out} of {len(bed)} left out: too many unknown bases"
    named = parts(found["group"], validation_chromosomes, test_chromosomes, path)
    if split_by == "identity":
        if len(named):
            raise InputError(
                "split_by: 'identity' takes no chromosomes; allowed: 'chromosome', or none named"
            )
        found = found.drop(columns="group")
    elif len(named):
        found["split"] = found["group"].map(named).fillna("train")
    options = dict(task=task, positive=positive, length=None, fractions=fractions, identity=identity)
    options |= dict(duplicates=duplicates, conflicts=conflicts, elements=elements, sites=sites)
    return built(found, path, rng, **options, source=source)


def parts(group, validation, test, path):
    """Split of each chromosome that is named, with or without chr. Raises InputError for one that is not
    there, or is named twice."""
    own = {str(name).removeprefix("chr"): name for name in group}
    out = {}
    for split, names in (("validation", validation), ("test", test)):
        for name in map(str, names):
            chromosome = own.get(name.removeprefix("chr"))
            if chromosome is None:
                allowed = ", ".join(sorted(own.values()))
                raise InputError(f"{path}: no interval on {name!r}; allowed: {allowed}")
            if out.setdefault(chromosome, split) != split:
                raise InputError(f"{path}: {name} is named for validation and for test; allowed: one of them")
    if validation and not test:
        raise InputError(f"{path}: test_chromosomes: none; allowed: one or more, or none for validation too")
    return out
