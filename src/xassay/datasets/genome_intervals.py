"""Intervals of a genome: a BED file and the genome's FASTA, read by pyfaidx (Shirley et al. 2015)."""

import numpy as np
import pandas as pd

from xassay.core.dna import decode, encode
from xassay.core.errors import InputError
from xassay.core.reading_dna import built
from xassay.core.shuffles import dinucleotide_shuffles

CARD = dict(
    label="Genome intervals",
    kind="sequence",
    reference="shirley2015",
    files=("path", "genome"),
    limits=dict(
        task=("classification", "regression"), length=(1, None), column=(4, None),
        negatives=("none", "shuffled", "random"),
    ),
)  # fmt: skip
TRIES = 200  # random intervals drawn for each that is kept
NEAR = 0.02  # difference in the share of G and C within which a random interval matches


def samples(
    rng,
    *,
    path: str,
    genome: str,
    length=200,
    column: int | None = None,
    negatives="none",
    task="classification",
    positive: str | None = None,
    validation_chromosomes: list[str] = (),
    test_chromosomes: list[str] = (),
    fractions=(0.7, 0.15, 0.15),
):
    """Read the sequences of intervals.

    path: BED, 0-based and half open; the sixth column, if there is one, is the strand. genome: FASTA, also
    bgzipped. length: bases about each interval's middle. column: of BED, from 4, that holds the label or the
    signal. negatives: "shuffled" or "random" (intervals of the same chromosomes whose share of G and C is the
    same within 0.02) make a class of their own, where no column is given. Splits are by chromosome: those
    that are named, or else chromosomes divided by ``fractions``. Raises InputError, also where pyfaidx is not
    installed."""
    try:
        from pyfaidx import Fasta
    except ImportError:
        raise InputError(
            "genome_intervals: needs the package pyfaidx; install it (pip install pyfaidx)"
        ) from None
    if column is None and negatives == "none":
        raise InputError("column: is missing; allowed: a column of labels, or negatives: shuffled, random")
    bed = intervals(path)
    with Fasta(genome, as_raw=True, sequence_always_upper=True) as opened:
        sizes = {name: len(opened[name]) for name in opened.keys()}  # noqa: SIM118
        rows = [cut(opened, sizes, row, length, path) for row in bed.itertuples(index=False)]
        found = pd.DataFrame(rows, columns=["id", "sequence", "group"])
        if column is not None:
            if column > bed.shape[1]:
                raise InputError(f"column: {column}; allowed: 4 to {bed.shape[1]}, the columns of {path}")
            found["label"] = bed.iloc[:, column - 1].to_numpy()
        else:
            other = (
                shuffled(found, rng)
                if negatives == "shuffled"
                else matched(opened, sizes, found, length, rng)
            )
            found = pd.concat(
                [found.assign(label="positive"), other.assign(label="negative")], ignore_index=True
            )
            positive = "positive"
    named = {**dict.fromkeys(validation_chromosomes, "validation"), **dict.fromkeys(test_chromosomes, "test")}
    if unknown := sorted(set(named) - set(found["group"])):
        raise InputError(
            f"{path}: no interval on {unknown[0]!r}; allowed: {', '.join(sorted(set(found['group'])))}"
        )
    if named:
        found["split"] = found["group"].map(named).fillna("train")
    options = dict(task=task, positive=positive, length=None, fractions=fractions, identity=0.95)
    source = {"title": f"intervals of {path}", "licence": "the user's own"}
    return built(found, path, rng, **options, source=source)


def intervals(path):
    """Rows of a BED file. Raises InputError for anything else."""
    try:
        bed = pd.read_csv(path, sep="\t", header=None, comment="#", dtype={0: str})
    except (OSError, ValueError) as fault:
        raise InputError(f"{path}: cannot be read as BED ({str(fault).splitlines()[0]})") from None
    if bed.shape[1] < 3 or not all(pd.api.types.is_integer_dtype(bed[k]) for k in (1, 2)):
        raise InputError(f"{path}: allowed: BED, with chromosome, start and end by tabs")
    if (bad := bed[bed[2] <= bed[1]]).size:
        raise InputError(f"{path}: line {bad.index[0] + 1} ends at {bad[2].iloc[0]}, before it starts")
    return bed


def cut(genome, sizes, row, length, path):
    """(id, sequence, chromosome) about the middle of an interval, N beyond the ends of a chromosome."""
    chromosome, start, stop = row[:3]
    if chromosome not in sizes:
        raise InputError(
            f"{path}: {chromosome!r} is not in the genome; allowed: {', '.join(list(sizes)[:5])}, ..."
        )
    first = (int(start) + int(stop)) // 2 - length // 2
    inside = max(0, first), min(sizes[chromosome], first + length)
    if inside[0] >= inside[1]:
        raise InputError(
            f"{path}: {chromosome}:{start}-{stop} lies beyond the chromosome's {sizes[chromosome]} bases"
        )
    text = "N" * (inside[0] - first) + str(genome[chromosome][inside[0] : inside[1]])
    text = text.ljust(length, "N")
    if len(row) > 5 and row[5] == "-":
        text = text.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    return f"{chromosome}:{first}-{first + length}", text, chromosome


def shuffled(found, rng):
    """A shuffle of every sequence that keeps its dinucleotides."""
    drawn = decode(dinucleotide_shuffles(encode(list(found["sequence"]), found["id"]), 1, rng)[0])
    return found.assign(id=found["id"] + "_shuffled", sequence=drawn)


def matched(genome, sizes, found, length, rng):
    """A random interval of the same chromosome and share of G and C for every sequence."""
    rows = []
    for name, text, chromosome in found[["id", "sequence", "group"]].itertuples(index=False):
        wanted, best = share(text), (np.inf, "", 0)
        for _ in range(TRIES):
            start = int(rng.integers(max(1, sizes[chromosome] - length)))
            other = str(genome[chromosome][start : start + length]).ljust(length, "N")
            best = min(best, (abs(share(other) - wanted), other, start))
            if best[0] <= NEAR:
                break
        rows.append((f"{chromosome}:{best[2]}_for_{name}", best[1], chromosome))
    return pd.DataFrame(rows, columns=["id", "sequence", "group"])


def share(text):
    """Share of G and C of a text; infinite where half of it is unknown."""
    return (text.count("G") + text.count("C")) / len(text) if text.count("N") < len(text) / 2 else np.inf
