"""Backgrounds: the DNA in which sites are planted. Bases are numbers 0 to 3, of A, C, G, T."""

from typing import NamedTuple

import numpy as np

from xassay.core.dna import BASES, CODES
from xassay.core.errors import InputError
from xassay.core.shuffles import dinucleotide_shuffles
from xassay.core.text_files import text_of

KINDS = ("iid", "markov", "shuffled")
CPG = 0.2  # share of CpG that is left: about one in five in the human genome (lander2001)
NONE = 4  # the number of what is no base, and of the end of a sequence
NUMBERS = np.full(256, 255, np.uint8)
for code in CODES:
    NUMBERS[[ord(code), ord(code.lower())]] = (
        BASES.index("T" if code == "U" else code) if code in "ACGTU" else NONE
    )


class Chain(NamedTuple):
    """A Markov chain. initial: (4 ** order,) probabilities of the first ``order`` bases; step: those of the
    next base, (4 ** order, 4); order 0: independent bases."""

    initial: np.ndarray
    step: np.ndarray

    @property
    def bases(self):
        """Shares of the bases in the long run, (4,)."""
        words, others = len(self.step), np.arange(4)
        law = np.ones(words) / words
        for _ in range(1000):
            flow = law[:, None] * self.step
            law = np.bincount(self._next(np.arange(words)[:, None], others).ravel(), flow.ravel(), words)
        return (law[:, None] * self.step).sum(0)

    def draw(self, n, length, rng):
        """Sequences: (n, length) uint8."""
        words = len(self.step)
        order = int(np.log2(words)) // 2
        word = _pick(np.broadcast_to(self.initial, (n, words)), rng)
        out = np.empty((length + order, n), np.uint8)
        for k in range(order):
            out[k] = word // 4 ** (order - 1 - k) % 4
        for place in range(order, length + order):
            out[place] = _pick(self.step[word], rng)
            word = self._next(word, out[place])
        return np.ascontiguousarray(out[:length].T)

    def _next(self, word, base):
        """The word after a base: its first base gone, the new one behind."""
        return (4 * word + base) % len(self.step)


def _pick(law, rng):
    """A column of each row, by the row's probabilities. law: (row, column). Returns (row,)."""
    ends = law.cumsum(-1)
    return (rng.random((len(law), 1)) * ends[:, -1:] >= ends).sum(-1)


def chain(order, gc):
    """The chain of a GC content, both strands alike. Of order 1, ``CPG`` of the CpG are left, after which all
    dinucleotides are scaled back to the bases' shares.

    Raises InputError for another order, which only sequences can tell."""
    bases = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    if order == 0:
        return Chain(np.ones(1), bases[None])
    if order != 1:
        raise InputError(
            f"order: {order} has no table of its own; allowed: 0, 1, or a background_file to fit"
        )
    pairs = np.outer(bases, bases)
    pairs[1, 2] *= CPG
    for _ in range(500):  # back to the bases' shares, rows and columns in turn (sinkhorn1967)
        pairs *= bases[:, None] / np.maximum(pairs.sum(1, keepdims=True), 1e-300)
        pairs *= bases / np.maximum(pairs.sum(0), 1e-300)
    return Chain(bases, pairs / np.maximum(pairs.sum(1, keepdims=True), 1e-300))


def fitted(sequences, order, pseudocount=1.0):
    """The chain of an order that sequences follow, each word seen ``pseudocount`` times more than it was.

    sequences: (position,) numbers, as ``read`` gives them."""
    words = 4**order
    number, whole = np.zeros(len(sequences) - order, np.int64), np.ones(len(sequences) - order, bool)
    for k in range(order + 1):
        part = sequences[k : len(sequences) - order + k]
        number, whole = 4 * number + part, whole & (part < NONE)
    count = np.bincount(number[whole], minlength=4 * words).reshape(words, 4) + pseudocount
    return Chain(count.sum(1) / count.sum(), count / count.sum(1, keepdims=True))


class Shuffled(NamedTuple):
    """Exactly uniform dinucleotide shuffles of windows of given sequences, of those without another letter
    than the four. sequences: (position,) numbers, as ``read`` gives them."""

    sequences: np.ndarray

    @property
    def bases(self):
        """Shares of the bases, (4,)."""
        return np.bincount(self.sequences, minlength=NONE + 1)[:NONE] / (self.sequences < NONE).sum()

    def draw(self, n, length, rng):
        """Sequences: (n, length) uint8. Raises InputError where no window is long enough."""
        sure = np.concatenate([[0], (self.sequences < NONE).cumsum()])
        starts = np.flatnonzero(sure[length:] - sure[:-length] == length)
        if not len(starts):
            raise InputError(
                f"background_file: no run of {length} bases; allowed: sequences of that length or more"
            )
        chosen = self.sequences[rng.choice(starts, n)[:, None] + np.arange(length)]
        x = (chosen[:, None] == np.arange(4)[:, None]).astype(np.float32)
        return dinucleotide_shuffles(x, 1, rng)[0].argmax(1).astype(np.uint8)


def background(kind, *, order=1, gc=0.5, sequences=None):
    """What draws backgrounds: an object with ``bases``, (4,) shares, and ``draw(n, length, rng)``.

    kind: iid, independent bases; markov, a chain of ``order`` 0 to 2; both fitted to sequences where given;
    shuffled, of sequences. gc: share of G and C without sequences. sequences: as ``read`` gives.
    Raises InputError for what cannot be."""
    if kind not in KINDS:
        raise InputError(f"background: {kind!r} is unknown; allowed: {', '.join(KINDS)}")
    if not 0 < gc < 1:
        raise InputError(f"gc: {gc:g}; allowed: between 0 and 1")
    if kind == "shuffled" and sequences is None:
        raise InputError("background: 'shuffled' needs sequences; give a background_file")
    if kind == "iid":
        return chain(0, gc) if sequences is None else fitted(sequences, 0)
    if kind == "shuffled":
        return Shuffled(sequences)
    if order not in (0, 1, 2):
        raise InputError(f"order: {order}; allowed: 0, 1, 2")
    return chain(order, gc) if sequences is None else fitted(sequences, order)


def read(path):
    """Sequences of a FASTA file, or of a text with one a line, also gzipped, as one array of numbers,
    ``NONE`` between them and where a letter is an ambiguity code. Raises InputError, in one line, for
    anything else."""
    lines = text_of(path).splitlines()
    fasta, parts = any(line.startswith(">") for line in lines), []
    for number, line in enumerate(lines, 1):
        if not fasta or line.startswith(">"):
            parts.append(np.array([NONE], np.uint8))
        if not line.startswith(">"):
            parts.append(NUMBERS[np.frombuffer(line.strip().encode("latin-1", "replace"), np.uint8)])
            if (parts[-1] == 255).any():
                odd = line.strip()[int((parts[-1] == 255).argmax())]
                raise InputError(
                    f"{path}, line {number}: {odd!r}; allowed: {', '.join(CODES)} in either case"
                )
    found = np.concatenate([*parts, np.array([NONE], np.uint8)])
    if not (found < NONE).any():
        raise InputError(f"{path}: holds no sequence; allowed: FASTA, or one sequence a line")
    return found
