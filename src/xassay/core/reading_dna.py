"""A user's files of DNA as texts: tables, FASTA, lengths, the other strand; every fault in one line."""

import io
import re
import warnings

import numpy as np
import pandas as pd

from xassay.core.errors import InputError
from xassay.core.text_files import text_of
from xassay.core.wording import unknown

TURNED = str.maketrans("ACGTURYSWKMBDHV", "TGCAAYRSWMKVHDB")


def frame_of(path):
    """A table of a file as text, "" where a cell is empty. What parts its columns is told by the first line:
    tabs, else semicolons, else commas. Raises InputError for anything else."""
    text = text_of(path)
    first = text.lstrip().splitlines()[0]
    mark = next((mark for mark in "\t;" if mark in first), ",")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # more cells than columns
            frame = pd.read_csv(
                io.StringIO(text), sep=mark, dtype=str, keep_default_na=False, index_col=False
            )
    except (ValueError, pd.errors.ParserWarning) as fault:
        raise InputError(
            f"{path}: cannot be read as a table ({str(fault).strip().splitlines()[0]})"
        ) from None
    if frame.empty:
        raise InputError(f"{path}: has a header and no row")
    return frame.fillna("").apply(lambda cells: cells.str.strip())


def column(table, name, option, path):
    """A column by name. Raises InputError with the nearest spelling, and for an empty cell."""
    if name not in table:
        raise InputError(unknown(f"{path}: {option}", name, list(map(str, table.columns)), "column"))
    if (empty := table[name] == "").any():
        raise InputError(f"{path}: row {int(np.argmax(empty)) + 1} has no {name}; allowed: one in every row")
    return table[name]


def records(path, keys):
    """The records of a FASTA file: a table of id (a header's first word), sequence, and, for each key,
    ``key=value`` in the header, None where it is not there. Raises InputError for what is no FASTA."""
    rows, found = [], []
    for number, line in enumerate(text_of(path).splitlines(), 1):
        line = line.strip()
        if line.startswith(">"):
            words = line[1:].split()
            if not words:
                raise InputError(f"{path}, line {number}: a header without an id; allowed: >id ...")
            values = dict(re.findall(r"(?:^|[\s;|])(\w+)=([^\s;|]+)", line[1:]))
            rows.append((words[0], *(values.get(key) for key in keys)))
            found.append([])
        elif line and not rows:
            raise InputError(f"{path}, line {number}: does not begin with '>'; allowed: FASTA")
        elif line:
            found[-1].append("".join(line.split()))
    table = pd.DataFrame(rows, columns=["id", *keys], dtype=object)
    table["sequence"] = ["".join(parts) for parts in found]
    if (empty := table["sequence"] == "").any():
        raise InputError(f"{path}: {table['id'][empty].iloc[0]} has no sequence; allowed: a base or more")
    return table


def fitted(texts, names, length, where):
    """Sequences of one length, and how far each was moved to the right, (sequence,). length: bases to which
    they are cut about their middle or filled with N; None: they must be of one length already.

    Raises InputError that names the first odd one."""
    sizes = np.array([len(text) for text in texts])
    if length is None:
        odd = np.flatnonzero(sizes != sizes[0])
        if len(odd):
            k = int(odd[0])
            raise InputError(
                f"{where}: {names[k]} has {sizes[k]} bases, the first {sizes[0]}; "
                "allowed: one length, or the option length, to which sequences are cut or filled with N"
            )
        return list(texts), np.zeros(len(sizes), int)
    moved = (length - sizes) // 2
    cut = [text[max(0, -m) : max(0, -m) + length] for text, m in zip(texts, moved)]
    return [("N" * max(0, m) + text).ljust(length, "N") for text, m in zip(cut, moved)], moved


def plain(text):
    """A sequence in the letters that two copies of it share: upper case, T for U."""
    return text.upper().replace("U", "T")


def turned(text):
    """The reverse complement of a text of upper case, ambiguity codes too."""
    return text.translate(TURNED)[::-1]
