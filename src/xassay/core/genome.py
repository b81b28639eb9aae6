"""Windows of a genome: BED intervals, the bases about their middles, random windows that match them."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from xassay.core.errors import InputError
from xassay.core.reading_dna import turned
from xassay.core.text_files import text_of

ROUNDS, DRAWN = 40, 50  # rounds of random windows, and how many are drawn a round for each that is lacking
NEAR = 0.02  # difference in the share of G and C within which a random window matches
UNKNOWN = 0.1  # share of unknown bases above which a window is left out
LETTERS = np.zeros(256, np.uint8)  # 1 A or T, 2 G or C, 0 anything else
LETTERS[[ord(base) for base in "ATat"]] = 1
LETTERS[[ord(base) for base in "CGcg"]] = 2


@contextmanager
def opened(path):
    """A genome as pyfaidx reads it: chromosomes by name, texts by slices. Its index is kept beside it where
    that can be written. Raises InputError, also where pyfaidx is not installed."""
    try:
        from pyfaidx import Fasta
    except ImportError:
        raise InputError(
            "genome_intervals: needs the package pyfaidx; install it (pip install pyfaidx)"
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        index, own = f"{path}.fai", Path(path).resolve().parent
        if not Path(index).is_file() and not os.access(own, os.W_OK):
            index = f"{folder}/genome.fai"
        try:
            genome = Fasta(str(path), as_raw=True, sequence_always_upper=True, indexname=index)
        except Exception as fault:  # pyfaidx raises many kinds here
            told = (str(fault).splitlines() or [type(fault).__name__])[0]
            raise InputError(
                f"{path}: is no genome that can be indexed: {told}; allowed: FASTA, or with bgzip"
            ) from None
        with genome:
            yield genome


def intervals(path):
    """Rows of a BED file: columns 0, 1, ... as text but for start and stop (1, 2); "" where one is short.

    Raises InputError, with the line's number, for anything else."""
    rows = []
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        cells = [cell.strip() for cell in (line.split("\t") if "\t" in line else line.split())]
        ends = cells[1:3]
        if len(ends) < 2 or not all(end.isdecimal() for end in ends):
            raise InputError(f"{path}, line {number}: allowed: BED, with chromosome, start and end by tabs")
        start, stop = map(int, ends)
        if stop <= start:
            raise InputError(f"{path}, line {number}: ends at {stop}, not after its start, {start}")
        rows.append([cells[0], start, stop, *cells[3:]])
    if not rows:
        raise InputError(f"{path}: holds no interval")
    return pd.DataFrame(rows).fillna("")


def windows(genome, bed, length, centre, path):
    """Windows about the middles, or the summits (column 10), of intervals: id, sequence, group (chromosome),
    strand, start; ``row`` of the interval. N stands beyond a chromosome's ends; the strand "-" (column 6) is
    read in its own direction; what is unknown in more than ``UNKNOWN`` is left out. Raises InputError."""
    middle = (bed[1] + bed[2]) // 2
    if centre == "summit":
        summit = pd.to_numeric(bed[9], errors="coerce") if 9 in bed else pd.Series(np.nan, bed.index)
        if not (summit >= 0).all():
            raise InputError(f"{path}: centre: 'summit' needs column 10 of narrowPeak; allowed: 'middle'")
        middle = bed[1] + summit.astype(int)
    sizes, rows, seen = {name: len(genome[name]) for name in genome.keys()}, [], {}  # noqa: SIM118
    for number, (chromosome, at) in enumerate(zip(bed[0], middle)):
        if chromosome not in sizes:
            raise InputError(
                f"{path}: {chromosome!r} is not in the genome; allowed: {', '.join(list(sizes)[:5])}, ..."
            )
        size, start = sizes[chromosome], int(at) - length // 2
        if bed[2].iloc[number] > size:
            raise InputError(
                f"{path}: {chromosome}:{bed[1].iloc[number]}-{bed[2].iloc[number]} lies beyond the "
                f"chromosome's {size} bases"
            )
        text = "N" * max(0, -start) + str(genome[chromosome][max(0, start) : min(size, start + length)])
        text, strand = text.upper().ljust(length, "N"), bed[5].iloc[number] if 5 in bed else "."
        name = f"{chromosome}:{start}-{start + length}"
        seen[name] = seen.get(name, 0) + 1
        name += f"_{seen[name]}" * (seen[name] > 1)
        text = turned(text) if strand == "-" else text
        known = (LETTERS[np.frombuffer(text.encode(), np.uint8)] > 0).mean()
        if known >= 1 - UNKNOWN:
            rows.append((name, text, chromosome, strand, start, number))
    if not rows:
        raise InputError(f"{path}: every window is unknown in more than {UNKNOWN:.0%} of its bases")
    return pd.DataFrame(rows, columns=["id", "sequence", "group", "strand", "start", "row"])


def matched(genome, bed, found, length, path, rng):
    """A random window for each of ``found``: of its chromosome, its share of G and C within ``NEAR``, all
    bases known, apart from every interval and none the same as one of them, each at a place of its own.
    Columns as ``windows``.

    Raises InputError where there are too few."""
    out, same, within = [], set(found["sequence"]), int(NEAR * length + 1e-9)
    nearest = sorted(range(-within, within + 1), key=abs)
    for chromosome, own in found.groupby("group", sort=False):
        whole = str(genome[chromosome][:]).upper()
        kind = LETTERS[np.frombuffer(whole.encode(), np.uint8)]
        starts, stops = merged(bed[bed[0] == chromosome], own, length)
        lacking, taken = {}, set()  # by the number of G and C that is wanted
        for row, text in own["sequence"].items():
            here = LETTERS[np.frombuffer(text.encode(), np.uint8)]
            wanted = round((here == 2).sum() / max((here > 0).sum(), 1) * length)
            lacking.setdefault(wanted, []).append(row)
        for _ in range(ROUNDS):
            many = sum(map(len, lacking.values()))
            if not many or len(kind) < length:
                break
            start = rng.integers(0, len(kind) - length + 1, DRAWN * many)
            before = np.searchsorted(starts, start + length) - 1
            start = start[(before < 0) | (stops[np.maximum(before, 0)] <= start)]
            drawn = kind[start[:, None] + np.arange(length)]
            count = np.where((drawn > 0).all(1), (drawn == 2).sum(1), -length)
            for at, value in zip(start.tolist(), count.tolist()):
                rows = next((lacking[value + k] for k in nearest if lacking.get(value + k)), None)
                text = whole[at : at + length]
                if rows and at not in taken and not {text, turned(text)} & same:
                    taken.add(at)
                    out.append((rows.pop(0), f"{chromosome}:{at}-{at + length}_random", text, chromosome, at))
        if rows := [row for rows in lacking.values() for row in rows]:
            raise InputError(
                f"{path}: no random interval of {chromosome} matches {found['id'][min(rows)]} and "
                f"{len(rows) - 1} others in the share of G and C; allowed: negatives: shuffled"
            )
    rows = [(*row, "+", at, -1) for _, *row, at in sorted(out)]
    return pd.DataFrame(rows, columns=["id", "sequence", "group", "strand", "start", "row"])


def merged(bed, own, length):
    """Ends of the stretches that intervals and windows of a chromosome cover: (starts, stops), sorted."""
    first = np.concatenate([bed[1].to_numpy(int), own["start"].to_numpy(int)])
    last = np.concatenate([bed[2].to_numpy(int), own["start"].to_numpy(int) + length])
    order = np.argsort(first, kind="stable")
    first, last = first[order], np.maximum.accumulate(last[order])
    opens = np.flatnonzero(np.concatenate([[True], first[1:] > last[:-1]]))
    return first[opens], last[np.append(opens[1:] - 1, len(last) - 1)]


def placed(sites, found, length):
    """Sites in places of the genome as sites of the windows that hold any of them. Rows as ``sites``."""
    rows = []
    by_chromosome = dict(list(sites.groupby("id")))
    for window in found.itertuples():
        own = by_chromosome.get(window.group)
        if own is None:
            continue
        own = own[(own["start"] < window.start + length) & (own["stop"] > window.start)]
        start, stop = (np.clip(own[end] - window.start, 0, length) for end in ("start", "stop"))
        strand = own["strand"]
        if window.strand == "-":
            start, stop = length - stop, length - start
            strand = strand.map({"+": "-", "-": "+", ".": "."})
        rows.append(own.assign(id=window.id, start=start, stop=stop, strand=strand))
    return pd.concat(rows) if rows else sites.iloc[:0]
