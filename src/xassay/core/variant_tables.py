"""Tables of variants: read, checked against the sequences, and made into both alleles."""

import csv

import numpy as np
import pandas as pd
import torch

from xassay.core.dna import BASES, decode, encode
from xassay.core.errors import InputError
from xassay.core.text_files import text_of


def read(path):
    """A table of variants from a VCF file, or one with commas or tabs, also gzipped: a DataFrame with
    position (from 0), ref, alt, sample or sequence, and effect where it is given.

    Raises InputError, in one line, for a file that is none."""
    lines = [line for line in text_of(path).splitlines() if line.strip() and not line.startswith("##")]
    if not lines:
        raise InputError(f"{path}: is empty; allowed: a table of variants with a header")
    rows = list(csv.reader(lines, delimiter="\t" if "\t" in lines[0] else ","))
    header = [name.strip().lower().lstrip("#") for name in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise InputError(f"{path}, row {number}: {len(row)} fields; the header has {len(header)}")
    table = pd.DataFrame(rows[1:], columns=header).rename(columns={"chrom": "sample"})
    if "pos" in table:
        table["position"] = whole(table["pos"], f"{path}: POS") - 1
    missing = [name for name in ("position", "ref", "alt") if name not in table]
    missing += [] if {"sample", "sequence"} & {*table} else ["sample or sequence"]
    if missing:
        raise InputError(
            f"{path}: no column {missing[0]}; allowed: position (or POS), ref, alt, sample (or #CHROM) or "
            "sequence, and effect"
        )
    table["position"] = whole(table["position"], f"{path}: position")
    if "sequence" not in table:
        table["sample"] = whole(table["sample"], f"{path}: sample")
    if "effect" in table:
        effect = pd.to_numeric(table["effect"].replace({"": np.nan, ".": np.nan}), errors="coerce")
        if (wrong := effect.isna() & ~table["effect"].isin(["", "."])).any():
            raise InputError(f"{path}: effect {table['effect'][wrong].iloc[0]!r} is no number")
        table["effect"] = effect
    return table[[n for n in ("sample", "sequence", "position", "ref", "alt", "effect") if n in table]]


def whole(column, what):
    """A column as whole numbers. Raises InputError for another value."""
    found = pd.to_numeric(column, errors="coerce")
    if (wrong := found.isna() | (found % 1 != 0)).any():
        raise InputError(f"{what} {column[wrong].iloc[0]!r} is no whole number")
    return found.astype(int)


def alleles(table, x, target, where):
    """Every variant's sequence with its first and with its other allele, and its target.

    table: as ``read``; x: (sample, 4, position); target: (sample,). Of a sequence that the table gives itself
    the target is that of the first sample. Returns two (variant, 4, position) and (variant,). Raises
    InputError, in one line, for a variant that does not fit its sequence."""
    of_own = "sequence" in table
    sample = (
        torch.zeros(len(table), dtype=torch.long) if of_own else torch.as_tensor(table["sample"].to_numpy())
    )
    if not ((sample >= 0) & (sample < len(x))).all():
        wrong = int(sample[(sample < 0) | (sample >= len(x))][0])
        raise InputError(f"{where}: sample {wrong}; allowed: 0 to {len(x) - 1}, the evaluated samples")
    sample = sample.to(x.device)
    first = torch.from_numpy(encode(table["sequence"])).to(x) if of_own else x[sample]
    if first.shape[2] != x.shape[2]:
        raise InputError(f"{where}: sequences of {first.shape[2]} bases; the model reads {x.shape[2]}")
    other, texts = first.clone(), decode(first.cpu())
    for k, (position, ref, alt) in enumerate(zip(table["position"], table["ref"], table["alt"])):
        ref, alt = ref.upper(), alt.upper()
        end = position + len(ref)
        if not ref or len(ref) != len(alt) or {*ref, *alt} - {*BASES}:
            raise InputError(
                f"{where}, variant {k + 1}: {ref} to {alt}; allowed: as many bases of {BASES} in both"
            )
        if not position >= 0 or end > x.shape[2] or texts[k][position:end] != ref:
            there = texts[k][max(position, 0) : max(end, 0)] or "nothing"
            raise InputError(
                f"{where}, variant {k + 1}: {ref} at position {position}; the sequence has {there}"
            )
        other[k, :, position:end] = torch.from_numpy(encode([alt])[0]).to(x)
    return first, other, target[sample]
