"""A motif as a matrix of base probabilities, and the scores that it gives, in bits."""

from dataclasses import dataclass

import numpy as np

from xassay.core.dna import BASES

UNIFORM = (0.25, 0.25, 0.25, 0.25)
STEP = 0.005  # bits: how finely the law of a score is resolved


@dataclass(frozen=True, eq=False)
class Motif:
    """name: as people say; probabilities: (4, width) float64, columns add up to 1; id: in its database;
    nsites: number of sites that it was made of, NaN where unknown; weights: mean contributions (4, width) of
    a motif found in maps, None for others."""

    name: str
    probabilities: np.ndarray
    id: str = ""
    nsites: float = np.nan
    weights: np.ndarray | None = None

    @property
    def width(self):
        return self.probabilities.shape[1]

    def log_odds(self, background=UNIFORM, pseudocount=0.01):
        """log2 of probability over background, (4, width), in bits. pseudocount: share of the background that
        is mixed into every column, so that a base never seen costs much, not everything."""
        other = np.asarray(background, np.float64)[:, None]
        return np.log2(((1 - pseudocount) * self.probabilities + pseudocount * other) / other)

    def information(self, background=UNIFORM):
        """Relative entropy of every column to the background, (width,), in bits (schneider1990)."""
        p = self.probabilities
        odds = np.where(p > 0, p, 1) / np.asarray(background, np.float64)[:, None]
        return np.where(p > 0, p * np.log2(odds), 0).sum(0)

    def reverse_complement(self):
        """The motif as the other strand reads it; its name gains or loses a ``_rc``."""
        name = self.name.removesuffix("_rc") if self.name.endswith("_rc") else f"{self.name}_rc"
        weights = None if self.weights is None else self.weights[::-1, ::-1]
        return Motif(name, self.probabilities[::-1, ::-1], self.id, self.nsites, weights)

    def consensus(self):
        """The likeliest base of every column; lower case where it has less than half of them."""
        best, share = self.probabilities.argmax(0), self.probabilities.max(0)
        return "".join(BASES[k] if p >= 0.5 else BASES[k].lower() for k, p in zip(best, share))


def threshold(weights, p, background=UNIFORM):
    """The lowest score that a random site reaches with probability ``p`` or less, in bits; infinite where
    even the best site is likelier. weights: (4, width) log-odds; background: of independent bases.

    The law of the score is computed exactly, scores rounded to ``STEP`` (touzet2007)."""
    steps = np.rint(np.asarray(weights) / STEP).astype(int)
    low = steps.min(0)
    law = np.ones(1)
    for column in (steps - low).T:
        longer = np.zeros(len(law) + column.max())
        for share, shift in zip(background, column):
            longer[shift : shift + len(law)] += share * law
        law = longer
    tail = law[::-1].cumsum()[::-1]
    rare = np.flatnonzero((tail <= p * (1 + 1e-9)) & (law > 0))
    return float((rare[0] + low.sum()) * STEP) if len(rare) else np.inf
