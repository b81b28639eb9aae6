"""Sets of motifs: MEME text, JASPAR and PFM files read, chosen from by name, MEME text written."""

import re
from pathlib import Path

import numpy as np

from xassay.core.dna import BASES
from xassay.core.errors import InputError
from xassay.core.pwm import UNIFORM, Motif
from xassay.core.results import writing
from xassay.core.text_files import text_of

KNOWN = Path(__file__).resolve().parents[3] / "resources" / "motifs.meme"  # motifs.NOTICE says whence
JASPAR_ID = re.compile(r"MA\d{4}(\.\d+)?$")


def read(path):
    """All motifs of a file: MEME text (minimal or full), JASPAR (.jaspar) or counts alone (.pfm).

    Returns a list of Motif. Raises InputError, in one line with the line's number, for anything else."""
    path = Path(path)
    lines = text_of(path).splitlines()
    meme = any(line.startswith(("MEME version", "MOTIF ", "ALPHABET")) for line in lines)
    found = list(_meme(path, lines) if meme else _jaspar(path, lines))
    if not found:
        raise InputError(f"{path}: holds no motif; allowed: MEME text, JASPAR or PFM matrices")
    names = [motif.id or motif.name for motif in found]
    if twice := [name for k, name in enumerate(names) if name in names[:k]]:
        raise InputError(f"{path}: motif {twice[0]} occurs twice; allowed: each once")
    return found


def _meme(path, lines):
    """Motifs of a MEME file (bailey2015): a MOTIF line, then a letter-probability matrix."""
    if not any(line.startswith("MEME version") for line in lines):
        raise InputError(f"{path}: no line 'MEME version'; allowed: MEME text of version 3 or later")
    named, number = None, 0
    while number < len(lines):
        line, number = lines[number].strip(), number + 1
        where = f"{path}, line {number}"
        if line.startswith("ALPHABET") and not re.match(r'ALPHABET(= *ACGT$| "DNA")', line):
            raise InputError(f"{where}: {line!r}; allowed: ALPHABET= ACGT")
        if line.startswith("MOTIF"):
            if named:
                raise InputError(f"{named[0]}: motif {named[1]} has no letter-probability matrix")
            parts = line.split()[1:]
            if not parts:
                raise InputError(f"{where}: MOTIF without a name; allowed: MOTIF ID [NAME]")
            named = where, parts[0], parts[1] if len(parts) > 1 else parts[0]
        elif line.startswith("letter-probability matrix"):
            if not named:
                raise InputError(f"{where}: a matrix before any MOTIF line")
            said = dict(re.findall(r"(\w+)= *(\S+)", line))
            width, sites = (_number(said[key], where) if key in said else None for key in ("w", "nsites"))
            rows = []
            while number < len(lines) and _numeric(lines[number]) and (width is None or len(rows) < width):
                rows.append(_row(lines[number], f"{path}, line {number + 1}"))
                number += 1
            more = number < len(lines) and _numeric(lines[number])
            if not rows or more or (width is not None and len(rows) != width):
                wanted = "one or more" if width is None else f"{width:g}, as the header says"
                rows = f"{len(rows)} rows or more" if more else f"{len(rows)} rows"
                raise InputError(f"{path}, line {number + 1}: {rows} of motif {named[1]}; allowed: {wanted}")
            yield Motif(named[2], np.array(rows).T, named[1], np.nan if sites is None else sites)
            named = None
    if named:
        raise InputError(f"{named[0]}: motif {named[1]} has no letter-probability matrix")


def _numeric(line):
    """Whether a line looks like one of a matrix: it begins with a number."""
    return re.match(r"\s*[-+.\d]", line) is not None


def _row(line, where):
    """Probabilities of one column of a motif: four, and together 1."""
    row = [_number(part, where) for part in line.split()]
    if len(row) != 4 or min(row) < 0 or abs(sum(row) - 1) > 0.02:
        raise InputError(
            f"{where}: {line.strip()!r}; allowed: four probabilities that add up to 1, for A C G T"
        )
    return np.array(row) / sum(row)


def _number(text, where):
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{where}: {text!r} is no number")
    return value


def _jaspar(path, lines):
    """Motifs of a JASPAR or PFM file: four rows of counts, under ``>ID NAME`` where there are several."""
    header, rows, where = None, {}, f"{path}, line 1"
    for number, line in enumerate([*lines, ">"], 1):
        text = line.strip()
        if text.startswith(">"):
            if header or rows:
                yield _counted(header or (path.stem, path.stem), rows, where)
            parts = text[1:].split()
            header, rows = (parts[0], parts[-1]) if parts else None, {}
            where = f"{path}, line {number}"
            if not parts and number <= len(lines):
                raise InputError(f"{where}: '>' without a name; allowed: >ID NAME")
        elif text:
            where = f"{path}, line {number}"
            base = text[0].upper() if text[0].isalpha() else BASES[len(rows)] if len(rows) < 4 else "more"
            if base not in BASES or base in rows:
                raise InputError(
                    f"{where}: {text[:20]!r}; allowed: four rows of counts, one each for A, C, G, T"
                )
            numbers = re.sub(r"[\[\]]", " ", text[1:] if text[0].isalpha() else text).split()
            rows[base] = [_number(part, where) for part in numbers]


def _counted(header, rows, where):
    """A Motif from counts."""
    widths = {len(row) for row in rows.values()}
    if len(rows) != 4 or len(widths) != 1 or not widths.pop():
        raise InputError(f"{where}: motif {header[0]}: allowed: four rows of as many counts, for A, C, G, T")
    counts = np.array([rows[base] for base in BASES])
    if (counts < 0).any() or not (counts.sum(0) > 0).all():
        raise InputError(f"{where}: motif {header[0]}: a count below 0, or a column of zeros")
    sites = counts.sum(0).max()
    return Motif(header[1], counts / counts.sum(0), header[0], sites if sites > 1.5 else np.nan)


def pick(names, motifs, where="motifs"):
    """The motifs that are asked for, by name or id in either case. JASPAR ids that are not among ``motifs``
    are fetched from ``pyjaspar`` where it is installed.

    Raises InputError for a name that is unknown, or that two motifs have."""
    found = []
    for name in names:
        same = [motif for motif in motifs if name.lower() in (motif.name.lower(), motif.id.lower())]
        if not same and JASPAR_ID.match(name.upper()):
            same = [fetched(name.upper(), where)]
        if len(same) > 1:
            ids = ", ".join(motif.id for motif in same)
            raise InputError(f"{where}: {len(same)} motifs are called {name!r}; give one of their ids: {ids}")
        if not same:
            known = ", ".join(motif.name for motif in motifs[:40])
            raise InputError(f"{where}: motif {name!r} is unknown; allowed: {known}, or a JASPAR id")
        found += same
    return found


def fetched(name, where="motifs"):
    """A matrix of JASPAR, such as MA0139 or MA0139.1, from the ``pyjaspar`` package. Raises InputError."""
    try:
        from pyjaspar import jaspardb
    except ImportError:
        raise InputError(f"{where}: {name} is in no file here, and pyjaspar is not installed") from None
    matrix = jaspardb().fetch_motif_by_id(name)
    if matrix is None:
        raise InputError(f"{where}: JASPAR has no matrix {name}")
    counts = np.array([list(matrix.counts[base]) for base in BASES], np.float64)
    return Motif(matrix.name, counts / counts.sum(0), matrix.matrix_id, counts.sum(0).max())


def write_meme(path, motifs, background=UNIFORM):
    """Write motifs as minimal MEME text, whole or not at all. Blanks in names become underscores."""
    lines = [
        "MEME version 4",
        "",
        f"ALPHABET= {BASES}",
        "",
        "strands: + -",
        "",
        "Background letter frequencies",
    ]
    lines += [" ".join(f"{base} {share:g}" for base, share in zip(BASES, background)), ""]
    for motif in motifs:
        names = [re.sub(r"\s+", "_", name) for name in dict.fromkeys((motif.id or motif.name, motif.name))]
        sites = f"nsites= {motif.nsites:g} " if np.isfinite(motif.nsites) else ""
        lines += [f"MOTIF {' '.join(names)}"]
        lines += [f"letter-probability matrix: alength= 4 w= {motif.width} {sites}E= 0"]
        lines += ["  ".join(f"{p:.6f}" for p in column) for column in motif.probabilities.T] + [""]
    with writing(path) as part:
        part.write_text("\n".join(lines), encoding="utf-8")
