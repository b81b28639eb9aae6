"""DNA as arrays: one-hot over A, C, G, T, ambiguity codes as equal shares of the bases that they stand for.

An array of sequences is (sequence, 4, position); its complement reverses the bases, its reverse the
positions.
"""

import numpy as np

from xassay.core.errors import InputError

BASES = "ACGT"
CODES = {  # IUPAC nucleotide codes (cornishbowden1985)
    **{base: base for base in BASES},
    **dict(U="T", R="AG", Y="CT", S="CG", W="AT", K="GT", M="AC"),
    **dict(B="CGT", D="AGT", H="ACT", V="ACG", N="ACGT"),
}
TABLE = np.full((256, 4), np.nan, np.float32)
for code, stands in CODES.items():
    for letter in (code, code.lower()):
        TABLE[ord(letter)] = [(base in stands) / len(stands) for base in BASES]


def encode(texts, names=None):
    """Sequences as arrays. texts: strings of one length, either case, IUPAC codes allowed.

    names: what to call the sequences in an error. Returns (sequence, 4, position) float32.
    Raises InputError, in one line, for unequal lengths, an empty sequence or another letter."""
    names = list(range(1, len(texts) + 1)) if names is None else list(names)
    lengths = np.array([len(text) for text in texts])
    if len(lengths) == 0 or lengths.min() == 0:
        raise InputError(f"sequence {names[int(lengths.argmin())] if len(lengths) else ''}: is empty")
    if (lengths != lengths[0]).any():
        odd = int(np.flatnonzero(lengths != lengths[0])[0])
        raise InputError(
            f"sequence {names[odd]}: {lengths[odd]} bases, the first has {lengths[0]}; allowed: one length"
        )
    joined = "".join(texts).encode("latin-1", "replace")
    letters = np.frombuffer(joined, np.uint8).reshape(len(texts), -1)
    x = TABLE[letters]
    if np.isnan(x).any():
        row, place = np.argwhere(np.isnan(x[..., 0]))[0]
        raise InputError(
            f"sequence {names[row]}: {texts[row][place]!r} at position {place + 1}; "
            f"allowed: {', '.join(CODES)} in either case"
        )
    return np.ascontiguousarray(x.transpose(0, 2, 1))


def decode(x):
    """The strings of one-hot sequences, N where a position is none of the four bases.

    x: (sequence, 4, position), an array. Returns a list of str."""
    x = np.asarray(x)
    sure = np.isclose(x.max(1), 1) & np.isclose(np.abs(x).sum(1), 1)
    letters = np.where(sure, np.frombuffer(BASES.encode(), np.uint8)[x.argmax(1)], ord("N")).astype(np.uint8)
    return [row.tobytes().decode() for row in letters]


def reverse_complement(x):
    """The other strand, read in its own direction. x: (..., 4, position), an array or a tensor."""
    return x.flip((-2, -1)) if hasattr(x, "flip") else x[..., ::-1, ::-1]
