"""How bags are drawn: sizes, labels and the number of witnesses. Shared by the planted data sets."""

from typing import NamedTuple

import numpy as np

from xassay.core.errors import InputError
from xassay.core.samples import SPLITS

RULES = ("presence", "count")


class BagLaw(NamedTuple):
    """Law of bag sizes and of witnesses.

    Sizes are a rounded normal (mean, sd, cells) kept within [size_min, size_max]. A positive bag holds
    ``witness_rate`` of its size as witnesses, rounded; a negative one fewer than ``needed``."""

    size_mean: float
    size_sd: float
    size_min: int
    size_max: int
    witness_rate: float
    rule: str
    count: int
    positive_share: float

    @property
    def needed(self):
        """Witnesses that make a bag positive."""
        return 1 if self.rule == "presence" else self.count

    def check(self, n_bags):
        """Raise InputError, in one line, for a law that gives no bags. n_bags: in train, validation, test."""
        if len(n_bags) != len(SPLITS):
            raise InputError(f"n_bags: {len(n_bags)} numbers; allowed: three, for {', '.join(SPLITS)}")
        if min(n_bags) < 2:
            raise InputError(f"n_bags: {min(n_bags)} in a split; allowed: 2 or more, one of each class")
        if self.rule not in RULES:
            raise InputError(f"rule: {self.rule!r} is unknown; allowed: {', '.join(RULES)}")
        if self.needed < 1:
            raise InputError(f"count: {self.count}; allowed: 1 or more witnesses")
        if not 1 <= self.size_min <= self.size_max:
            bounds = f"{self.size_min}, {self.size_max}"
            raise InputError(f"size_min, size_max: {bounds}; allowed: 1 <= size_min <= size_max")
        if self.size_sd < 0:
            raise InputError(f"size_sd: {self.size_sd}; allowed: 0 or more cells")
        if not 0 < self.positive_share < 1:
            raise InputError(f"positive_share: {self.positive_share}; allowed: between 0 and 1")
        if not 0 < self.witness_rate <= 1:
            raise InputError(f"witness_rate: {self.witness_rate}; allowed: above 0 and at most 1")
        if _whole(self.witness_rate, self.size_min) < self.needed:
            least = (self.needed - 0.5) / self.size_min
            raise InputError(
                f"witness_rate: {self.witness_rate} of a bag of {self.size_min} cells (size_min) is "
                f"{self.witness_rate * self.size_min:.3g} cells, but a positive bag needs {self.needed}; "
                f"allowed: a rate above {least:.3g}, or larger bags"
            )

    def size(self, rng):
        """Number of cells of one bag."""
        return int(np.clip(np.rint(rng.normal(self.size_mean, self.size_sd)), self.size_min, self.size_max))

    def labels(self, n, rng):
        """n labels of 0 and 1 with the wanted share of 1, at least one of each, in random order."""
        positive = int(np.clip(np.rint(self.positive_share * n), 1, n - 1))
        return rng.permutation(np.arange(n) < positive).astype(int)

    def witnesses(self, size, label, rng):
        """Number of witnesses in a bag of ``size`` cells."""
        return _whole(self.witness_rate, size) if label else int(rng.integers(self.needed))


def _whole(rate, size):
    """rate * size, rounded half up: a whole number of cells."""
    return int(np.floor(rate * size + 0.5))
