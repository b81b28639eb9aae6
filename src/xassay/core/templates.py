"""Arrangements: which sites a sequence of a class gets under a grammar, and how they stand to one another.

Every sequence of a data set has the same slots, one for each site that any arrangement needs. A slot holds a
site, or what stands in for one, so that the classes differ in arrangement and not in composition.
"""

from itertools import product
from math import ceil, log
from typing import NamedTuple

from xassay.core.errors import InputError
from xassay.core.programs import PROGRAMS, gaps

EITHER, PLUS, MINUS = -1, 0, 1  # strands
ANYWHERE, INSIDE, OUTSIDE = 0, 1, -1  # where a site lies, of the window
ANY = -1  # a slot of any of the grammar's motifs
NUMBERS = {  # of motifs that a grammar takes
    **dict(single=(1, 1), orientation=(1, 1), xor=(2, 2), spacing=(2, 2), order=(2, 2), heterodimer=(2, 2)),
    **dict(count=(1, 20), position=(1, 20), multi_task=(3, 20)),
    **{"and": (2, 6), "or": (2, 6), "not": (2, 6)},
}


class Template(NamedTuple):
    """An arrangement. real: per slot, whether a site is in it; strands, regions: per slot; pair: two slots of
    which the first stands before the second, with one of ``gaps`` bases between them, or None."""

    real: tuple
    strands: tuple
    regions: tuple
    pair: tuple | None = None
    gaps: tuple = ()


def slots(program, n_motifs, most):
    """The motif of every slot, ``ANY`` for one of any. most: sites where sites are counted.

    Raises InputError for too few or too many motifs."""
    if program not in PROGRAMS:
        raise InputError(f"program: {program!r} is unknown; allowed: {', '.join(PROGRAMS)}")
    low, high = NUMBERS[program]
    if not low <= n_motifs <= high:
        number = f"{low}" if low == high else f"{low} to {high}"
        raise InputError(f"motifs: {n_motifs} for the program {program!r}; allowed: {number}")
    return (ANY,) * most if program in ("count", "position") else tuple(range(n_motifs))


def templates(program, n_motifs, needed, most, spacing, decay, length, inside, narrow, graded=False):
    """The arrangements of each class: {label: [Template]}.

    needed, most: sites of a positive where sites are counted; inside: as many as the window holds; narrow:
    bases of the narrowest motif; graded: a pair's distance may be anything that counts, not close to the best
    alone."""
    m = n_motifs

    def of(real, strands=None, **more):
        return Template(tuple(real), tuple(strands or [EITHER] * len(real)), (ANYWHERE,) * len(real), **more)

    subsets = [of(real) for real in product((False, True), repeat=m)]
    if program == "single":
        return {0: [of([False])], 1: [of([True])]}
    if program == "orientation":
        return {0: [of([True], [MINUS]), of([False])], 1: [of([True], [PLUS])]}
    if program == "count":
        found = [of([k < number for k in range(most)]) for number in range(most + 1)]
        return {0: found[:needed], 1: found[needed:]}
    if program == "position":
        numbers = range(min(most, inside) + 1)
        regions = [(INSIDE,) * number + (OUTSIDE,) * (most - number) for number in numbers]
        found = [of([True] * most)._replace(regions=places) for places in regions]
        return {0: found[:needed], 1: found[needed:]}
    if program == "and":
        return {0: subsets[:-1], 1: subsets[-1:]}
    if program == "or":
        return {0: subsets[:1], 1: subsets[1:]}
    if program == "xor":
        return {0: [subsets[0], subsets[3]], 1: [subsets[1], subsets[2]]}
    if program == "not":
        right = (True,) * (m - 1) + (False,)
        return {0: [s for s in subsets if s.real != right], 1: [of(right)]}
    if program == "multi_task":
        return {label: [of([k == label for k in range(m)])] for label in range(m)}
    alone = [of([True, False]), of([False, True])]
    if program == "order":
        free = tuple(range(length // 3))
        first, second = (of([True, True], pair=pair, gaps=free) for pair in ((0, 1), (1, 0)))
        return {0: [second, second, *alone], 1: [first]}
    near, far = distances(spacing, decay, length, graded)
    if program == "spacing":
        near = tuple(gap for gap in near if gap >= 0)  # two strands each: sites that overlap are not drawn
        close, apart = ([of([True] * 2, pair=p, gaps=g) for p in ((0, 1), (1, 0))] for g in (near, far))
        return {0: [*apart, *alone], 1: close}
    near = tuple(gap for gap in near if gap > -narrow)
    ways = ((0, 1), [PLUS, PLUS]), ((1, 0), [MINUS, MINUS])
    close, apart = ([of([True] * 2, s, pair=p, gaps=g) for p, s in ways] for g in (near, far))
    reach = tuple(gap for gap in near if gap >= 0) or (0,)
    turned = [
        of([True] * 2, s, pair=p, gaps=reach)
        for p in ((0, 1), (1, 0))
        for s in ([PLUS, MINUS], [MINUS, PLUS])
    ]
    return {0: [*apart, *turned, *alone], 1: close}


def distances(spacing, decay, length, graded=False):
    """Gaps of a pair that counts, and gaps, 0 or more, of one that does not: two tuples."""
    worth = gaps(spacing, decay)
    near = tuple(gap for gap, value in worth.items() if value >= (0.2 if graded else 0.8))
    step = ceil(decay * log(4))  # where a pair is worth a quarter
    below = range(0, max(0, spacing - step + 1))
    above = range(max(0, spacing + step), max(0, spacing + step) + max(1, min(3 * step, length // 4)))
    return near, (*below, *above)
