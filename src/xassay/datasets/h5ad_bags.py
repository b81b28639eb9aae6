"""A user's cells: an ``.h5ad`` file whose obs says which bag a cell belongs to and how the bag is labelled.

The file is read in blocks; only the drawn cells and the selected genes are ever held, sparse where the
file is sparse (AnnData: Virshup et al. 2024)."""

import numpy as np
import pandas as pd

from xassay.core import class_names, h5ad, splits
from xassay.core.errors import InputError
from xassay.core.samples import SPLITS, Samples

CARD = dict(
    label="Cells of a file",
    kind="bag",
    reference="virshup2024",
    files=("path",),
    limits=dict(n_genes=(1, None), size=(1, None), draws=(1, None), fractions=(0, 1), noise_share=(0, None)),
)


def samples(
    rng,
    *,
    path: str,
    bag: str,
    label: str,
    positive: str | int | float | bool | None = None,
    donor: str | None = None,
    split: str | None = None,
    truth: str | None = None,
    witness: str | int | float | bool | list[str | int | float | bool] = (),
    layer: str | None = None,
    genes: str | list[str] | None = None,
    n_genes: int | None = None,
    groups: str | None = None,
    size: int | None = None,
    draws=1,
    fractions=(0.6, 0.2, 0.2),
    noise_share=0.1,
    title="",
    citation="",
    licence="not stated",
):
    """Read bags of cells.

    path: the file. bag, label: columns of obs; a bag has one label. positive: the label that is explained, of
    two; needed unless their names say it, as 0 and 1 or healthy and another do. donor: column of what may not
    be in two splits (default: the bag). split: column that says train, validation or test; default: donors
    are split by ``fractions``, which add up to 1, every label in every split. truth, witness: column and its
    value(s) that cause the positive label. layer: in place of X. genes: name(s); n_genes: that many of
    largest variance over the training cells. groups: column of var that names each gene's group, for
    ``level: group``. Values are used as they are: normalised and log-transformed
    beforehand.

    size, draws: with ``size``, ``draws`` sub-bags of that many distinct cells are drawn from each bag, all of
    the bag's donor: needed where bags are few. Without, a sample is the whole bag.

    ``obs[truth]`` is 1 for witnesses in positive bags and 0 for other cells; NaN (unknown) for witnesses in
    other bags, where the same type need not carry the signal, and everywhere without ``truth``.
    ``noise``: gaussian, its SD the share ``noise_share`` of a feature's root-mean-square SD.

    Raises InputError, in one line, for whatever in the file or the options gives no fit data."""
    with h5ad.opened(path) as file:
        obs, var = h5ad.frame(file, "obs"), h5ad.frame(file, "var")
        unique(obs.index, "obs")
        unique(var.index, "var")
        if groups is not None and groups not in var:
            allowed = ", ".join(map(str, var.columns)) or "none, since var has no column"
            raise InputError(f"groups: no column {groups!r} in var; allowed: {allowed}")
        table, of_bag = bag_table(obs, bag, label, donor, split)
        classes = class_order(table["label"], positive)
        if split is None:
            fractions = splits.shares(fractions)
            try:
                table["split"] = splits.by_group(table["label"].values, table["group"].values, fractions, rng)
            except InputError as fault:
                raise InputError(f"{donor or bag}: {fault}") from None
        rows, name = draw(table, of_bag, size, draws, rng)
        stored = h5ad.matrix(file, layer)
        used, back = np.unique(rows, return_inverse=True)
        split_of = pd.Series(of_bag[rows]).map(table["split"])
        chosen = choose(var, genes, n_genes, stored, np.unique(rows[split_of == "train"]))
        x = h5ad.read(stored, used, chosen)
    out = pd.DataFrame({"bag": name, "cell": obs.index[rows].astype(str)})
    is_positive = pd.Series(of_bag[rows]).map(table["label"]).to_numpy() == classes[-1]
    out["truth"], out["planted"] = witnesses(obs, truth, witness, rows, is_positive)
    table = table.loc[of_bag[rows]].set_axis(pd.Index(name, name="sample"))
    table = table[~table.index.duplicated()]
    table["label"] = [classes.index(value) for value in table["label"]]
    return Samples(
        X=x[back],
        obs=out,
        var=genes_of(var.iloc[chosen], groups),
        samples=table,
        classes=tuple(classes),
        noise={"law": "gaussian", "sd": float(noise_share * spread(x))},
        source={"title": title or str(path), "licence": licence, "citation": citation or CARD["reference"]},
    )


def genes_of(var, groups):
    """The chosen genes, with the group that each is in; one without is a group of its own."""
    out = pd.DataFrame(index=var.index.astype(str))
    if groups is not None:
        named = var[groups].astype(object).where(var[groups].notna(), None)
        out["group"] = [name if group is None else str(group) for name, group in zip(out.index, named)]
    return out


def unique(index, what):
    """Raises InputError for names that occur twice."""
    if not index.is_unique:
        twice = ", ".join(map(str, index[index.duplicated()].unique()[:3]))
        raise InputError(f"duplicate {what} names: {twice}; allowed: each name once")


def bag_table(obs, bag, label, donor, split):
    """One row a bag: its label, group (donor) and split, and the bag of each cell.

    Raises InputError for missing columns or values, empty bags, and bags with two labels."""
    wanted = {"label": (label, "label"), "group": (donor or bag, "donor"), "split": (split, "split")}
    of_bag = h5ad.column(obs, bag, "bag")
    wanted = {key: pair for key, pair in wanted.items() if pair[0] is not None}
    columns = {key: h5ad.column(obs, *pair) for key, pair in wanted.items()}
    for name, values in [(bag, of_bag), *((wanted[key][0], values) for key, values in columns.items())]:
        if values.isna().any():
            raise InputError(f"{name}: {int(values.isna().sum())} cells have no value in this column of obs")
    known = of_bag.cat.categories if isinstance(of_bag.dtype, pd.CategoricalDtype) else of_bag
    if empty := sorted(set(known.astype(str)) - set(of_bag.astype(str))):
        raise InputError(f"{bag}: bag without cells: {', '.join(empty[:5])}; remove the unused category")
    of_bag = of_bag.astype(str).to_numpy()
    table = pd.DataFrame(index=pd.unique(of_bag))
    for key, values in columns.items():
        pairs = pd.DataFrame({"bag": of_bag, "value": values.astype(str).to_numpy()}).drop_duplicates()
        if (twice := pairs["bag"].duplicated()).any():
            first = pairs.loc[twice, "bag"].iat[0]
            both = ", ".join(pairs.loc[pairs["bag"] == first, "value"])
            what = f"{wanted[key][0]}: bag {first} has two values of {wanted[key][1]}: {both}"
            raise InputError(f"{what}; allowed: one a bag")
        table[key] = pairs.set_index("bag")["value"]
    if split is not None and (wrong := sorted(set(table["split"]) - set(SPLITS))):
        raise InputError(f"{split}: unknown split {wrong[0]!r}; allowed: {', '.join(SPLITS)}")
    return table, of_bag


def class_order(labels, positive):
    """Label names in sorted order, ``positive`` last.

    Raises InputError for one class, for an unknown one, and for two that do not say which is explained."""
    classes = sorted(set(labels))
    if len(classes) < 2:
        raise InputError(f"label: one class only: {classes[0]!r}; allowed: two or more labels among the bags")
    if positive is None:
        found = classes if len(classes) > 2 else class_names.by_name(classes)
        if found is None:
            allowed = ", ".join(map(repr, classes))
            raise InputError(f"positive: name the label that is explained; allowed: {allowed}")
        return list(found)
    if str(positive) not in classes:
        raise InputError(f"positive: no bag is labelled {positive!r}; allowed: {', '.join(classes)}")
    return [name for name in classes if name != str(positive)] + [str(positive)]


def draw(table, of_bag, size, draws, rng):
    """Row numbers of the samples' cells and the sample of each.

    Raises InputError for a bag with fewer cells than ``size``."""
    if draws < 1 or (size is not None and size < 1):
        raise InputError(f"size, draws: {size}, {draws}; allowed: whole numbers of 1 or more")
    if size is None and draws > 1:
        raise InputError(f"draws: {draws} draws of the whole bag are the same; give a size")
    members = pd.Series(np.arange(len(of_bag))).groupby(of_bag).indices
    rows, names = [], []
    for name in table.index:
        if size is not None and len(members[name]) < size:
            has = len(members[name])
            raise InputError(f"size: {size}, but bag {name} has {has} cells; allowed: at most {has}")
        for k in range(draws):
            rows.append(members[name] if size is None else rng.choice(members[name], size, replace=False))
            names += [name if size is None else f"{name}_{k:03d}"] * len(rows[-1])
    return np.concatenate(rows), np.array(names, object)


def choose(var, genes, n_genes, stored, training):
    """Sorted column numbers of the selected genes.

    training: sorted row numbers of training cells, on which variance is computed.
    Raises InputError where none is left."""
    columns = np.arange(len(var))
    if genes is not None:
        genes = listed(genes)
        columns = np.flatnonzero(var.index.isin(genes))
        if len(columns) == 0:
            first = ", ".join(map(str, var.index[:5]))
            raise InputError(f"genes: zero genes left, none of {len(genes)} is in the file: {first}, ...")
    if n_genes is not None:
        if n_genes < 1:
            raise InputError(f"n_genes: {n_genes} leaves zero genes; allowed: 1 or more")
        ranked = np.argsort(-h5ad.variance(stored, training)[columns], kind="stable")
        columns = np.sort(columns[ranked[:n_genes]])
    if len(columns) == 0:
        raise InputError("zero genes left: the file has none")
    return columns


def witnesses(obs, truth, witness, rows, positive):
    """Truth of each drawn cell (float, NaN where unknown) and the name of its type.

    positive: whether the cell's bag has the positive label."""
    if truth is None:
        return np.full(len(rows), np.nan), "unknown"
    kinds = h5ad.column(obs, truth, "truth").astype(str).to_numpy()
    wanted = listed(witness)
    if not wanted or (wrong := [w for w in wanted if w not in set(kinds)]):
        what = f"no cell is {wrong[0]!r}" if wanted else "not given"
        raise InputError(f"witness: {what} in obs[{truth!r}]; allowed: {', '.join(sorted(set(kinds)))}")
    inside = np.isin(kinds[rows], wanted)
    return np.where(inside & ~positive, np.nan, inside.astype(float)), kinds[rows]


def listed(names):
    """Names as a list of text; one alone may stand without a list."""
    return list(map(str, names if isinstance(names, list | tuple) else [names]))


def spread(x):
    """Root mean square over features of their standard deviation. x: (row, feature)."""
    squares = x.multiply(x) if hasattr(x, "tocsr") else np.square(x)
    variance = np.asarray(squares.mean(0)).ravel() - np.asarray(x.mean(0)).ravel() ** 2
    return np.sqrt(max(float(variance.mean()), 0.0))
