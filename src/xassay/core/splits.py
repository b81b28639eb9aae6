"""Train, validation and test: by group, each class in each split."""

import numpy as np

from xassay.core.errors import InputError
from xassay.core.samples import SPLITS


def by_group(labels, groups, fractions, rng):
    """The split of each sample; samples of one group stay together.

    labels, groups: (sample,); fractions: of samples in train, validation and test. First every split
    gets a group of every class, the rarest class first; then each further group (largest first) goes
    where its classes lack most. Ties are broken by ``rng``. Returns (sample,) of split names.

    Raises InputError where a class occurs in fewer than three groups."""
    labels, groups = np.asarray(labels), np.asarray(groups)
    (classes, of), (names, own) = (np.unique(values, return_inverse=True) for values in (labels, groups))
    count = np.zeros((len(names), len(classes)), int)
    np.add.at(count, (own, of), 1)
    rare = np.argsort((count > 0).sum(0), kind="stable")
    if (count > 0).sum(0)[rare[0]] < len(SPLITS):
        few = classes[rare[0]]
        raise InputError(
            f"class {few} occurs in {(count > 0).sum(0)[rare[0]]} group(s); "
            f"{', '.join(SPLITS)} need one each: at least {len(SPLITS)} groups of every class"
        )
    order = rng.permutation(len(names))
    order = order[np.argsort(-count[order].sum(1), kind="stable")]
    wanted = np.outer(shares(fractions), count.sum(0))
    held = np.zeros_like(wanted)
    split = np.full(len(names), -1)

    def put(group, where):
        split[group] = where
        held[where] += count[group]

    for c in rare:
        for where in range(len(SPLITS)):
            free = [g for g in order if split[g] < 0 and count[g, c]]
            if held[where, c] == 0 and free:
                put(free[0] if where == 0 else free[-1], where)
    for g in order:
        if split[g] < 0:
            lack = ((wanted - held) * (count[g] > 0)).sum(1)
            put(g, int(np.argmax(lack)))
    return np.array(SPLITS)[split[np.searchsorted(names, groups)]]


def shares(fractions, option="fractions"):
    """Three positive numbers that add up to 1. Raises InputError that names ``option`` for anything else."""
    fractions = np.asarray(fractions, float)
    given = ", ".join(f"{part:g}" for part in fractions.ravel())
    if fractions.shape != (len(SPLITS),) or not (fractions > 0).all():
        raise InputError(f"{option}: {given}; allowed: three positive numbers, for {', '.join(SPLITS)}")
    if abs(fractions.sum() - 1) > 1e-6:
        raise InputError(f"{option}: {given} add up to {fractions.sum():g}; allowed: shares that add up to 1")
    return fractions / fractions.sum()
