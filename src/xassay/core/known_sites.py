"""A user's table of known sites as planted signs and elements."""

import numpy as np
import pandas as pd

from xassay.core.contracts import UNSIGNED
from xassay.core.errors import InputError
from xassay.core.reading_dna import frame_of
from xassay.core.sequences import ELEMENTS
from xassay.core.text_files import text_of

BED = ("id", "start", "stop", "name", "score", "strand")
SAME = {"sample": "id", "chrom": "id", "chromosome": "id", "chr": "id", "#chrom": "id", "end": "stop"}
SIGNS = {"": UNSIGNED, "2": UNSIGNED, "1": 1, "+1": 1, "1.0": 1, "-1": -1, "-1.0": -1, "0": 0, "0.0": 0}


def sites(path):
    """A table of sites: id, start, stop, name, sign, strand, score. A file with a header that names id (or
    sample), start, stop (or end) and, where known, name, sign, strand, score; or BED without a header.

    sign: 1, -1, 0 for a site without an effect, empty (UNSIGNED) where it is not known. Raises InputError."""
    first = text_of(path).lstrip().splitlines()[0].split()
    if len(first) > 2 and first[1].isdigit() and first[2].isdigit():
        rows = [line.split() for line in text_of(path).splitlines() if line.strip()]
        rows = pd.DataFrame([dict(zip(BED, row)) for row in rows]).fillna("")
    else:
        rows = frame_of(path).rename(columns=lambda name: SAME.get(name.lower(), name.lower()))
    if missing := [name for name in ("id", "start", "stop") if name not in rows]:
        raise InputError(
            f"{path}: has no column {missing[0]!r}; allowed: id, start, stop, name, sign, strand, score"
        )
    for name, default in {"name": "site", "sign": "", "strand": ".", "score": ""}.items():
        rows[name] = rows[name].replace("", default) if name in rows else default
    ends = rows[["start", "stop"]].apply(pd.to_numeric, errors="coerce")
    wrong = ~(ends["start"] >= 0) | ~(ends["stop"] > ends["start"]) | (ends % 1 != 0).any(axis=1)
    _refuse(path, rows, wrong, ("start", "stop"), "whole numbers from 0, start below stop")
    _refuse(path, rows, ~rows["sign"].isin(SIGNS), ("sign",), "1, -1, 0, or nothing where it is not known")
    _refuse(path, rows, ~rows["strand"].isin(["+", "-", "."]), ("strand",), "+, -, .")
    score = pd.to_numeric(rows["score"].replace(".", ""), errors="coerce")
    return rows.assign(**ends.astype(int), sign=rows["sign"].map(SIGNS).astype(int), score=score)


def _refuse(path, rows, wrong, names, allowed):
    """Raise InputError for the first row that is wrong."""
    if wrong.any():
        row = int(np.argmax(wrong))
        given = ", ".join(f"{name} {rows[name].iloc[row]!r}" for name in names)
        raise InputError(f"{path}: row {row + 1}: {given}; allowed: {allowed}")


def planted(rows, ids, moved, sizes, length, path):
    """(planted signs, (sequence, position) float32; elements) of sites on sequences.

    rows: as ``sites`` gives them, 0-based and half open, on the sequences as they were given. ids, moved,
    sizes: of the sequences, how far they were moved to the right, and their bases before that. A sequence
    without a row is unknown (NaN) throughout; where sites of unlike sign meet, the sign is unknown. What is
    cut off is left out. Raises InputError for an id that no sequence has and a site beyond its end."""
    place = {name: k for k, name in enumerate(ids)}
    signs, found = np.full((len(ids), length), np.nan, np.float32), []
    for row in rows.itertuples():
        k = place.get(row.id)
        if k is None:
            raise InputError(f"{path}: id {row.id!r} is of no sequence; allowed: ids of the sequences")
        if row.stop > sizes[k]:
            raise InputError(
                f"{path}: site {row.name} of {row.id} ends at {row.stop}; allowed: {sizes[k]}, its bases"
            )
        signs[k] = np.nan_to_num(signs[k])
        start, stop = (int(np.clip(end + moved[k], 0, length)) for end in (row.start, row.stop))
        if start == stop:
            continue
        if row.sign:
            here = signs[k, start:stop]
            here[:] = np.where((here == 0) | (here == row.sign), row.sign, UNSIGNED)
        found.append((row.id, row.name, start, stop, row.strand, row.score, row.sign != 0))
    return signs, pd.DataFrame(found, columns=list(ELEMENTS)).astype({"causal": bool})
