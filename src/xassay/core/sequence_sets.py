"""A user's sequences as a data set: labels, copies, splits, known sites, and what composition tells."""

import numpy as np
import pandas as pd

from xassay.core import class_names, known_sites
from xassay.core.dna import decode, encode
from xassay.core.errors import InputError
from xassay.core.ranks import auroc, spearman
from xassay.core.reading_dna import fitted
from xassay.core.sequence_splits import arranged, kept
from xassay.core.sequences import Sequences
from xassay.core.shuffles import dinucleotide_shuffles

NOISE = {"law": "substitution", "rate": 0.02}
TELLING = 0.65  # AUROC from which what composition alone tells is told; of numbers the correlation 0.3


def built(
    table, where, rng, *, task, positive, length, fractions, identity, source,
    duplicates="group", conflicts="refuse", sites=None, elements=None,
):  # fmt: skip
    """A data set from a table of sequences.

    table: columns id, sequence, label, and where they are known split, group and pair (of what belongs
    together whatever its group); where: the file, for errors; task: "classification" or "regression";
    positive: the class that is explained, of more than two against all others; length: as ``fitted`` has it;
    duplicates, conflicts, fractions, identity: as ``kept`` and ``arranged`` have them; sites: known ones, as
    ``known_sites.sites`` gives them, of the file ``elements``. Raises InputError, in one line."""
    table = table.assign(id=table["id"].astype(str)).reset_index(drop=True)
    if twice := list(table["id"][table["id"].duplicated()][:1]):
        raise InputError(f"{where}: id {twice[0]!r} occurs twice; allowed: each once")
    texts, moved = fitted(list(table["sequence"]), list(table["id"]), length, where)
    x = encode(texts, table["id"])
    label, classes = labelled(table, task, positive, where)
    rows, label = kept(
        table, texts, label, where, classes=classes, duplicates=duplicates, conflicts=conflicts
    )
    left_out, whole = len(table) - len(rows), table
    table, x, label = table.iloc[rows].reset_index(drop=True), x[rows], label[rows]
    strata = np.array(classes)[label] if classes else np.full(len(label), "any")
    options = dict(fractions=fractions, identity=identity, duplicates=duplicates)
    split, group, told = arranged(table, [texts[k] for k in rows], strata, where, rng, **options)
    source = source | {"splits": told, "composition": composition(x, label, classes)}
    if left_out:
        source["left_out"] = f"{left_out} copies"
    signs = known = None
    if sites is not None:
        ids, sizes = list(whole["id"]), [len(text) for text in whole["sequence"]]
        signs, known = known_sites.planted(sites, ids, moved, sizes, x.shape[2], elements)
        signs, known = signs[rows], known[known["sample"].isin(set(table["id"]))]
    frame = pd.DataFrame({"label": label, "split": split, "group": group}, table["id"].to_numpy())
    return Sequences.of(x, frame, classes=classes, source=source, planted=signs, elements=known, noise=NOISE)


def labelled(table, task, positive, where):
    """(label of each sequence, class names in order); numbers and no names for a regression."""
    raw = table["label"]
    if (absent := raw.isna() | (raw.astype(str) == "")).any():
        raise InputError(f"{where}: {table['id'][absent].iloc[0]} has no label; allowed: one each")
    if task == "regression":
        numbers = pd.to_numeric(raw, errors="coerce").to_numpy(float)
        if not np.isfinite(numbers).all():
            k = int(np.argmin(np.isfinite(numbers)))
            raise InputError(
                f"{where}: {table['id'].iloc[k]} has the label {raw.iloc[k]!r}; allowed for a regression: "
                "finite numbers"
            )
        return numbers, ()
    names = raw.astype(str)
    if positive is None and names.nunique() > max(20, len(names) / 10):
        raise InputError(
            f"{where}: {names.nunique()} labels of {len(names)} sequences; allowed: fewer, or task: "
            "regression"
        )
    classes = class_names.in_order(names, positive, where)
    if positive is not None and len(classes) > 2:
        return (names == classes[-1]).to_numpy(int), (f"not {classes[-1]}", classes[-1])
    return names.map({name: k for k, name in enumerate(classes)}).to_numpy(int), tuple(classes)


def shuffled(table, length, where, rng):
    """A negative for each sequence: of the same dinucleotides, cut or filled as it is. Each is the pair of
    its own; columns as ``table``."""
    texts, _ = fitted(list(table["sequence"]), list(table["id"]), length, where)
    x = encode(texts, table["id"])
    drawn = decode(dinucleotide_shuffles(x, 1, rng)[0])
    return table.assign(id=table["id"].astype(str) + "_shuffled", sequence=drawn, pair=table["id"])


def composition(x, label, classes):
    """What the share of G and C, and the number of unknown bases, tell of the label, and in words.

    x: (sequence, 4, position). Of classes AUROCs, each against all others, the strongest, whichever way it
    points; of numbers rank correlations."""
    known = x == 1
    share = known[:, 1:3].sum((1, 2)) / np.maximum(known.sum((1, 2)), 1)
    found, told = {}, []
    for key, name, value in (
        ("gc", "the share of G and C", share),
        ("unknown", "the number of unknown bases", (x.shape[2] - known.sum((1, 2))).astype(float)),
    ):
        if key == "unknown" and not value.any():
            continue
        if not classes:
            rho = float(spearman(value, label)) if np.ptp(value) else 0.0
            found[f"{key}_spearman"] = rho
            if abs(rho) > max(0.3, 3 / np.sqrt(len(label))):
                told.append(f"{name} alone goes with the label, rank correlation {rho:.2f}")
            continue
        size, k = max((_apart(value, label == k), k) for k in np.unique(label))
        found[f"{key}_auroc"] = size
        one, other = (label == k).sum(), (label != k).sum()
        chance = np.sqrt((one + other + 1) / (12 * one * other))  # standard error of an AUROC of 0.5
        if size > max(TELLING, 0.5 + 3 * chance):
            apart = "the classes" if len(classes) == 2 else classes[k]
            told.append(f"{name} alone tells {apart} apart with an AUROC of {size:.2f}")
    return found | {"told": "; ".join(told)}


def _apart(value, chosen):
    """AUROC of a value, whichever way it points; 1/2 where one class is left."""
    area = float(auroc(value[None], chosen.astype(float)[None])[0])
    return max(area, 1 - area) if np.isfinite(area) else 0.5
