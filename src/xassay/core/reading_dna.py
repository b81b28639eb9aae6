"""A user's sequences as a data set: letters, lengths, copies, labels, splits; every fault in one line."""

import numpy as np
import pandas as pd

from xassay.core import similar
from xassay.core.contracts import UNSIGNED
from xassay.core.dna import encode
from xassay.core.errors import InputError
from xassay.core.ranks import auroc
from xassay.core.samples import SPLITS
from xassay.core.sequences import Sequences
from xassay.core.splits import by_group, shares

NOISE = {"law": "substitution", "rate": 0.02}


def built(table, where, rng, *, task, positive, length, fractions, identity, source, elements=None):
    """A data set from a table of sequences.

    table: columns id, sequence, label, and where they are known split and group; where: the file, for errors;
    task: "classification" or "regression"; positive: the class that is explained; length: bases that longer
    sequences are cut to, about their middle, and shorter ones filled up to with N, or None: all must have one
    length; fractions: of train, validation and test where no split is given; identity: from which sequences
    are in one group where none is given; elements: path of a table of known sites, or None.

    Copies, and reverse complements, are in one group; those that disagree about the label are refused. Raises
    InputError, in one line."""
    if table.empty:
        raise InputError(f"{where}: holds no sequence")
    table = table.assign(id=table["id"].astype(str), sequence=table["sequence"].astype(str).str.strip())
    if twice := list(table["id"][table["id"].duplicated()][:1]):
        raise InputError(f"{where}: id {twice[0]!r} occurs twice; allowed: each once")
    texts, moved = fitted(table, length, where)
    x = encode(texts, table["id"])
    label, classes = labelled(table, task, positive, where)
    alike = similar.groups(texts, identity)
    conflicts(table, texts, label, where, classes)
    group = np.asarray(table.get("group", alike)).astype(str)
    if "split" in table:
        split = given_splits(table, texts, where)
        # whoever names the splits answers for what is alike in them; copies were looked for
        group = group if "group" in table else table["id"].to_numpy()
        if "validation" not in split:
            split = held_out(split, label if classes else np.zeros(len(label), int), group, fractions, rng)
    else:
        split = divided(label if classes else np.zeros(len(label), int), group, fractions, rng)
    frame = pd.DataFrame({"label": label, "split": split, "group": [str(own) for own in group]})
    frame.index = table["id"].to_numpy()
    planted, known = (None, None) if elements is None else sites(elements, table, moved, x.shape[2])
    source = source | ({"composition": composition(x, label)} if len(classes) == 2 else {})
    return Sequences.of(
        x, frame, classes=classes, source=source, planted=planted, elements=known, noise=NOISE
    )


def fitted(table, length, where):
    """Sequences of one length, and how far each was moved to the right."""
    texts = list(table["sequence"])
    sizes = np.array([len(text) for text in texts])
    if length is None:
        odd = np.flatnonzero(sizes != sizes[0])
        if len(odd):
            k = int(odd[0])
            raise InputError(
                f"{where}: {table['id'].iloc[k]} has {sizes[k]} bases, the first {sizes[0]}; "
                "allowed: one length, or the option length, to which sequences are cut or filled with N"
            )
        return texts, np.zeros(len(texts), int)
    moved = (length - sizes) // 2
    cut = [text[max(0, -m) : max(0, -m) + length] for text, m in zip(texts, moved)]
    return [
        "N" * max(0, m) + text + "N" * (length - len(text) - max(0, m)) for text, m in zip(cut, moved)
    ], moved


def labelled(table, task, positive, where):
    """(label of each sequence, class names in order); numbers and no names for a regression."""
    raw = table["label"]
    if raw.isna().any():
        raise InputError(f"{where}: {table['id'][raw.isna()].iloc[0]} has no label; allowed: one each")
    if task == "regression":
        numbers = pd.to_numeric(raw, errors="coerce")
        if not np.isfinite(numbers).all():
            bad = raw[~np.isfinite(numbers)].iloc[0]
            raise InputError(f"{where}: label {bad!r}; allowed for a regression: finite numbers")
        return numbers.to_numpy(float), ()
    names = raw.astype(str)
    classes = sorted(names.unique())
    if len(classes) < 2:
        raise InputError(
            f"{where}: one class only, {classes[0]!r}; allowed: two or more, or task: regression"
        )
    if positive is not None:
        if str(positive) not in classes:
            raise InputError(f"positive: {positive!r} is no label; allowed: {', '.join(classes)}")
        rest = "not " + str(positive) if len(classes) > 2 else next(c for c in classes if c != str(positive))
        return (names == str(positive)).to_numpy(int), (rest, str(positive))
    return names.map({name: k for k, name in enumerate(classes)}).to_numpy(int), tuple(classes)


def conflicts(table, texts, label, where, classes):
    """Raise InputError where two copies of a sequence have different classes."""
    seen = {}
    for k, text in enumerate(texts):
        other = seen.setdefault(text.upper(), k)
        if classes and label[other] != label[k]:
            pair = f"{table['id'].iloc[other]} and {table['id'].iloc[k]}"
            raise InputError(f"{where}: {pair} are one sequence with two labels; allowed: one label")


def given_splits(table, texts, where):
    """The splits of a column, if their names are known and no sequence is in two of them."""
    split = table["split"].astype(str)
    if unknown := sorted(set(split) - set(SPLITS)):
        raise InputError(f"{where}: split {unknown[0]!r}; allowed: {', '.join(SPLITS)}")
    seen = {}
    for k, text in enumerate(texts):
        other = seen.setdefault(text.upper(), k)
        if split.iloc[other] != split.iloc[k]:
            pair = f"{table['id'].iloc[other]} and {table['id'].iloc[k]}"
            raise InputError(
                f"{where}: {pair} are one sequence in two splits; allowed: one, or no split column"
            )
    return split.to_numpy()


def held_out(split, label, group, fractions, rng):
    """A given split without a validation part, which is drawn from the training part by group."""
    split, train = split.astype(object), np.flatnonzero(split == "train")
    first, second, _ = shares(fractions)
    whole = first + second
    parts = divided(label[train], group[train], (first / whole, second / whole / 2, second / whole / 2), rng)
    split[train[parts != "train"]] = "validation"
    return split


def divided(label, group, fractions, rng):
    """Splits by group, each class in each. Large groups first, so that no split is one group by chance."""
    shares(fractions)
    try:
        return by_group(label, group, fractions, rng)
    except InputError as fault:
        raise InputError(f"{fault}; give a split or group column, or a higher identity") from None


def composition(x, label):
    """AUROC of the share of G and C alone on the label, whichever way it points, and what it means."""
    share = x[:, 1:3].sum((1, 2)) / np.maximum((x.max(1) > 0.9).sum(1), 1)
    value = float(auroc(share[None], label.astype(float)[None])[0])
    size, one, other = max(value, 1 - value), (label == 1).sum(), (label == 0).sum()
    chance = np.sqrt((one + other + 1) / (12 * one * other))  # the standard error of an AUROC of 0.5
    told = f"the share of G and C alone tells the classes apart with an AUROC of {size:.2f}"
    return {"gc_auroc": size, "told": told if size > max(0.65, 0.5 + 3 * chance) else ""}


def sites(path, table, moved, length):
    """(planted signs (sequence, position), elements) of a table of known sites: id, start, stop, name, sign.

    start, stop: 0-based, half open, on the sequence as it was given; sign: 1, -1, or empty where it is not
    known. A sequence without a row is unknown throughout. Raises InputError, in one line."""
    rows = frame_of(path)
    if missing := [name for name in ("id", "start", "stop", "name") if name not in rows]:
        raise InputError(f"{path}: has no column {missing[0]!r}; allowed: id, start, stop, name, sign")
    place = {name: k for k, name in enumerate(table["id"])}
    planted, found = np.full((len(table), length), np.nan), []
    signs = rows["sign"] if "sign" in rows else pd.Series(np.nan, rows.index)
    for row, sign in zip(rows.itertuples(), signs):
        k = place.get(str(row.id))
        if k is None:
            raise InputError(f"{path}: id {row.id!r} is in no sequence; allowed: ids of the sequences")
        planted[k] = np.nan_to_num(planted[k])
        start, stop = (int(np.clip(end + moved[k], 0, length)) for end in (row.start, row.stop))
        effect = UNSIGNED if pd.isna(sign) else int(sign)
        planted[k, start:stop] = effect
        if stop > start:
            found.append((str(row.id), str(row.name), start, stop, ".", np.nan, effect != 0))
    columns = ["sample", "name", "start", "stop", "strand", "score", "causal"]
    return planted, pd.DataFrame(found, columns=columns)


def frame_of(path):
    """A table of a file, by tabs or commas as its name or first line says. Raises InputError for anything
    else."""
    try:
        return pd.read_csv(path, sep=None, engine="python", dtype={"id": str})
    except (OSError, ValueError, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: cannot be read as a table ({str(fault).splitlines()[0]})") from None


def column(table, name, option, path):
    """A column by name. Raises InputError with the nearest spelling."""
    if name in table:
        return table[name]
    from xassay.core.wording import unknown

    raise InputError(unknown(f"{path}: {option}", name, list(map(str, table.columns)), "column"))
