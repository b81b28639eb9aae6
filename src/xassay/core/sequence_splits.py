"""Splits of a user's sequences: copies, near copies and pairs stay together, whatever else they follow."""

import numpy as np

from xassay.core import similar
from xassay.core.errors import InputError
from xassay.core.reading_dna import plain, turned
from xassay.core.samples import SPLITS
from xassay.core.splits import by_group, shares

SAME = {"training": "train", "val": "validation", "valid": "validation", "dev": "validation"}
SAME |= {"testing": "test"} | {name: name for name in SPLITS}


def kept(table, texts, label, where, *, classes, duplicates, conflicts):
    """Rows that stay, (row,) ascending, and labels, after what is asked of copies, letter by letter the same.

    duplicates: "drop" leaves the first of all copies, of those in a given split the one held out. conflicts,
    of copies with different labels: "refuse" (of classes; numbers differ from one measurement to the next),
    "drop" all of them, "keep" them, "mean" (of numbers; one is left). Raises InputError."""
    label = label.copy()
    _, copy = np.unique([plain(text) for text in texts], return_inverse=True)
    order = np.lexsort((np.arange(len(copy)), -rank(table, where), copy))
    starts = np.flatnonzero(np.diff(copy[order], prepend=-1))
    first = np.zeros(len(copy), bool)
    first[order[starts]] = True
    low, high = (of.reduceat(label[order], starts) for of in (np.minimum, np.maximum))
    unlike = (low != high)[copy]
    if classes and conflicts == "mean":
        raise InputError("conflicts: 'mean' is of numbers; allowed for classes: refuse, drop, keep")
    if classes and conflicts == "refuse" and unlike.any():
        one = int(np.argmax(unlike))
        other = int(np.argmax((copy == copy[one]) & (label != label[one])))
        pair = f"{table['id'].iloc[one]} and {table['id'].iloc[other]}"
        told = f"{classes[label[one]]} and {classes[label[other]]}"
        raise InputError(
            f"{where}: {pair} are one sequence with two labels, {told}; allowed: one label, or conflicts: "
            "drop, keep"
        )
    stay = np.ones(len(copy), bool)
    if conflicts == "drop":
        stay &= ~unlike
    elif conflicts == "mean":
        label = (np.bincount(copy, label) / np.bincount(copy))[copy]
        stay &= first | ~unlike
    if duplicates == "drop":
        stay &= first
    if not stay.any():
        raise InputError(f"{where}: every sequence has copies with other labels; allowed: conflicts: keep")
    return np.flatnonzero(stay), label


def rank(table, where):
    """How far each row is held out: number of its split in SPLITS, 0 where none is given.

    Raises InputError for names that are unknown, and where nothing is tested or trained on."""
    if "split" not in table:
        return np.zeros(len(table), int)
    names = table["split"].astype(str).str.strip().str.lower()
    if unknown := sorted(set(names) - set(SAME)):
        raise InputError(f"{where}: split {unknown[0]!r}; allowed: {', '.join(SPLITS)}")
    found = names.map(SAME).map(SPLITS.index).to_numpy()
    for number in (0, 2):
        if number not in found:
            raise InputError(f"{where}: no sequence is in the split {SPLITS[number]!r}; allowed: some")
    return found


def arranged(table, texts, strata, where, rng, *, fractions, identity, duplicates):
    """(split, group, what was done in words) of each sequence.

    table: id, and where they are known split, group and pair (what belongs together whatever its group);
    strata: (sequence,) classes of which every split gets some. Without a split, groups are divided by
    ``fractions``: those given, or else of sequences alike from ``identity`` on, or of copies alone (None). A
    given split without a validation part gets one from its training part. Copies, and reverse complements,
    that this leaves in two splits go to the one that is held out: test, else validation; with duplicates:
    "refuse" of a given split they are an error. Raises InputError."""
    shares(fractions)
    _, copy = np.unique([min(text, turned(text)) for text in map(plain, texts)], return_inverse=True)
    if "group" in table:
        group, told = table["group"].to_numpy(str), "by group"
    elif "split" in table or identity is None:
        group, told = copy, "by copies"
    else:
        group, told = similar.groups(texts, identity), f"by groups of sequences alike from {identity:g} on"
    if "pair" in table:
        group, copy = (joined(one, table["pair"].to_numpy(str)) for one in (group, copy))
    if "split" in table:
        held = rank(table, where)
        told = "as given"
        if 1 not in held:
            train = np.flatnonzero(held == 0)
            whole = fractions[0] + fractions[1]
            parts = fractions[0] / whole, fractions[1] / whole / 2, fractions[1] / whole / 2
            held[train] = divided(strata[train], group[train], parts, rng, where) > 0
            told += ", validation from training"
    else:
        held = divided(strata, group, fractions, rng, where)
    most = np.zeros(copy.max() + 1, int)
    np.maximum.at(most, copy, held)
    moved = int((most[copy] != held).sum())
    if moved and duplicates == "refuse" and "split" in table:
        one = int(np.argmax(most[copy] != held))
        other = int(np.argmax((copy == copy[one]) & (held == most[copy[one]])))
        pair = f"{table['id'].iloc[one]} and {table['id'].iloc[other]}"
        raise InputError(
            f"{where}: {pair} are one sequence, or its other strand, in two splits; allowed: one, or "
            "duplicates: group, drop"
        )
    if moved:
        told += f"; {moved} copies moved to what is held out"
    return np.array(SPLITS)[most[copy]], _named(group, copy, table["id"].to_numpy(str)), told


def divided(strata, group, fractions, rng, where):
    """Number of each sequence's split, by group. Raises InputError where there are too few groups."""
    try:
        split = by_group(strata, group, fractions, rng)
    except InputError as fault:
        _, sizes = np.unique(group, return_counts=True)
        raise InputError(
            f"{where}: {fault}; the largest of {len(sizes)} groups holds {sizes.max()} of {len(group)} "
            "sequences; give a split or a group column, or a higher identity"
        ) from None
    return np.array([SPLITS.index(name) for name in split])


def joined(one, other):
    """Groups of what either grouping has together, (sequence,): ``one`` itself where that is all of it."""
    from scipy.sparse import coo_array, csgraph

    a, b = (np.unique(group, return_inverse=True)[1] for group in (one, other))
    size = a.max() + b.max() + 2
    graph = coo_array((np.ones(len(a), np.int8), (a, a.max() + 1 + b)), (size, size))
    both = csgraph.connected_components(graph, directed=False)[1][a]
    return one if both.max() == a.max() else both


def _named(group, copy, ids):
    """Names of groups. Copies of a sequence that are in several have a group of their own."""
    text = np.array([str(name) for name in group], object)
    first = np.unique(copy, return_index=True)[1]
    pairs = np.unique(np.stack([copy, np.unique(group, return_inverse=True)[1]]), axis=1)[0]
    own = (np.bincount(pairs, minlength=len(first)) > 1)[copy]
    text[own] = [f"copies of {ids[first[k]]}" for k in copy[own]]
    return text
