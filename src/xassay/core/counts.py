"""Simulated single cells: negative-binomial counts of types that differ in their markers.

Variance = mean + dispersion * mean^2, as in Robinson, McCarthy and Smyth (2010, robinson2010).
"""

from typing import NamedTuple

import numpy as np

from xassay.core.errors import InputError

WITNESS = "witness"
CALIBRATION = 4000  # cells of each kind that d' and the place of f* are fitted on
STRAY = 0.1  # evidence that the background of a mean bag may add up to


class Cells(NamedTuple):
    """The law of single cells. Type 0 is the witness.

    share: (type, gene), mean share of a cell's counts; markers: genes of w."""

    share: np.ndarray
    markers: np.ndarray
    dispersion: float
    library_mean: float
    library_sd: float

    @classmethod
    def calibrated(cls, rng, n_genes, n_types, n_markers, d_prime, dispersion, library_mean, library_sd):
        """Types whose witness lies d' from the others, found by bisection of its markers' fold change."""
        level = rng.normal(0.0, 0.5, n_genes)
        genes = rng.permutation(n_genes)[: n_types * n_markers].reshape(n_types, n_markers)
        seed = int(rng.integers(2**63))

        def law(fold):
            log = np.tile(level, (n_types, 1))
            log[0, genes[0]] += fold
            for k in range(1, n_types):
                log[k, genes[k]] += 1.5
            share = np.exp(log)
            return cls(share / share.sum(1, keepdims=True), genes[0], dispersion, library_mean, library_sd)

        low, high = -1.0, 8.0  # of the natural logarithm
        reached = law(high).distance(np.random.default_rng(seed))
        if not 0 <= d_prime <= reached:
            raise InputError(f"d_prime: {d_prime}; allowed with these markers: 0 to {reached:.3g}")
        while high - low > 1e-3:
            fold = (low + high) / 2
            short = law(fold).distance(np.random.default_rng(seed)) < d_prime
            low, high = (fold, high) if short else (low, fold)
        return law(low)

    @property
    def names(self):
        """Type names by number."""
        return np.array([WITNESS, *(f"type_{k}" for k in range(1, len(self.share)))], object)

    def types(self, size, witnesses, rng):
        """Types of a bag's cells in random order: ``witnesses`` of type 0, the others uniform."""
        others = rng.integers(1, len(self.share), size - witnesses)
        return rng.permutation(np.concatenate([np.zeros(witnesses, int), others]))

    def draw(self, types, rng):
        """Cells of the given types: x (cell, gene) float32 and their counts (cell,)."""
        library = rng.lognormal(np.log(self.library_mean), self.library_sd, len(types))
        mean = library[:, None] * self.share[types]
        counts = rng.poisson(mean * rng.gamma(1 / self.dispersion, self.dispersion, mean.shape))
        total = np.maximum(counts.sum(1), 1)
        return np.log1p(counts / total[:, None] * self.library_mean).astype(np.float32), total.astype(float)

    def along(self, x):
        """Projection on w, the unit vector of equal weights on the witness's markers. x: (cell, gene)."""
        return x[:, self.markers].sum(1) / np.sqrt(len(self.markers))

    def calibration(self, rng):
        """Projections of witness and of other cells."""
        witness, _ = self.draw(np.zeros(CALIBRATION, int), rng)
        others, _ = self.draw(1 + np.arange(CALIBRATION) % (len(self.share) - 1), rng)
        return self.along(witness), self.along(others)

    def distance(self, rng):
        """d' of freshly drawn cells."""
        witness, others = self.calibration(rng)
        return (witness.mean() - others.mean()) / within(witness, others)

    def evidence(self, rng, bag_size, sharpness):
        """Where a cell counts as evidence: w (gene,), threshold along it, slope beta.

        The threshold lies halfway between the types, or higher where d' is so small that the other cells of
        a bag of ``bag_size`` would add up to more than ``STRAY`` of a witness. sharpness: beta in units of
        one over the within-type SD."""
        witness, others = self.calibration(rng)
        beta = sharpness / within(witness, others)
        low, high = (witness.mean() + others.mean()) / 2, witness.max() + others.max()

        def stray(threshold):
            return bag_size * np.mean(1 / (1 + np.exp(-beta * (others - threshold))))

        if stray(low) > STRAY:
            for _ in range(40):
                middle = (low + high) / 2
                low, high = (middle, high) if stray(middle) > STRAY else (low, middle)
        w = np.zeros(self.share.shape[1], np.float32)
        w[self.markers] = 1 / np.sqrt(len(self.markers))
        return {"w": w, "threshold": np.float32(low), "beta": np.float32(beta)}


def within(witness, others):
    """Pooled within-type standard deviation of two sets of projections."""
    return np.sqrt((witness.var(ddof=1) + others.var(ddof=1)) / 2)
