"""Bags of real blood cells with planted witnesses: 700 PBMC x 765 genes (Zheng et al. 2017).

The cells come inside scanpy's wheel (no network). They are split into train, validation and test cells
first, then bags are drawn within a split: no cell is ever in two splits. A bag of the positive class holds
cells of the witness type, one of the negative class none (or fewer than ``count``); all its other cells
are drawn from all other types alike, so that no other type's share tells the classes apart.
"""

import difflib

import numpy as np
import pandas as pd

from xassay.core import bag_law
from xassay.core.errors import InputError
from xassay.core.samples import SPLITS, Samples
from xassay.core.splits import shares

CARD = dict(
    label="PBMC bags",
    kind="bag",
    reference="zheng2017",
    limits=dict(
        n_bags=(2, None),
        size_mean=(1, None),
        size_sd=(0, None),
        size_min=(1, None),
        size_max=(1, None),
        witness_rate=(0, 1),
        rule=("presence", "count"),
        count=(1, None),
        positive_share=(0, 1),
        cell_fractions=(0, 1),
    ),
)


def samples(
    rng,
    *,
    witness="CD56+ NK",
    n_bags=(300, 100, 100),
    size_mean=30.0,
    size_sd=5.0,
    size_min=20,
    size_max=40,
    witness_rate=0.1,
    rule="presence",
    count=2,
    positive_share=0.5,
    cell_fractions=(0.5, 0.2, 0.3),
):
    """Draw bags of real cells.

    witness: cell type that makes a bag positive. n_bags: in train, validation and test. size_*: cells in a
    bag, a rounded normal kept within its bounds. witness_rate: share of a positive bag's cells that are
    witnesses, rounded to whole cells. rule: "presence" (at least one witness) or "count" (at least
    ``count``; negative bags then hold fewer). positive_share: of the bags. cell_fractions: of each type's
    cells in train, validation and test; they add up to 1.

    X is log1p of counts scaled to 10,000 a cell, all genes of the cell counted; ``obs[library]`` is
    that cell's total. ``noise``: multinomial, so a measurement is repeated by drawing ``library`` counts
    with shares expm1(x) / scale (the rest of the library falls on genes outside the 765), scaled and
    log1p again. ``group`` is the pool of cells that a bag was drawn from, one a split.

    Raises InputError for an unknown witness type and for a rate that the bag sizes cannot give."""
    cells, types, library = _cells()
    if witness not in types.values:
        near = difflib.get_close_matches(str(witness), types.unique(), 1, 0)
        raise InputError(
            f"witness: no cell is of type {witness!r}; nearest: {near[0]!r}; allowed: "
            + ", ".join(map(repr, sorted(types.unique())))
        )
    law = bag_law.BagLaw(size_mean, size_sd, size_min, size_max, witness_rate, rule, count, positive_share)
    law.check(n_bags)
    pool = _split_cells(types, shares(cell_fractions, "cell_fractions"), rng)
    rows, bags, table = [], [], []
    for split, n in zip(SPLITS, n_bags):
        inside = np.flatnonzero((pool == split) & (types == witness))
        outside = np.flatnonzero((pool == split) & (types != witness))
        labels = law.labels(n, rng)
        for k, label in enumerate(labels):
            size = law.size(rng)
            n_in = law.witnesses(size, label, rng)
            drawn = np.concatenate([_draw(inside, n_in, rng), _draw(outside, size - n_in, rng)])
            rows.append(rng.permutation(drawn))
            bags += [f"{split}_{k:04d}"] * size
            table.append((f"{split}_{k:04d}", int(label), split, f"{split} cells"))
    rows = np.concatenate(rows)
    obs = pd.DataFrame({"bag": bags, "cell": cells.obs_names[rows], "planted": types.values[rows]})
    obs["truth"] = (obs["planted"] == witness).astype(float)
    obs["library"] = library[rows]
    return Samples(
        X=cells.X[rows].tocsr(),
        obs=obs,
        var=pd.DataFrame(index=cells.var_names),
        samples=pd.DataFrame(table, columns=["sample", "label", "split", "group"]).set_index("sample"),
        classes=(f"without {witness}", f"with {witness}"),
        noise={"law": "multinomial", "scale": 1e4},
        source={
            "title": "68k PBMC, 700 cells x 765 genes (scanpy's pbmc68k_reduced)",
            "citation": "zheng2017",
            "licence": "CC BY 4.0 (10x Genomics); subset distributed with scanpy, BSD-3-Clause",
        },
    )


def _cells():
    """The 700 cells (AnnData of log1p values), their types and their library sizes."""
    import warnings

    import scanpy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = scanpy.datasets.pbmc68k_reduced()
    cells = whole.raw.to_adata()
    return cells, whole.obs["bulk_labels"].astype(str), whole.obs["n_counts"].to_numpy(np.float64)


def _split_cells(types, fractions, rng):
    """The split of each cell, stratified by type; every split gets at least one cell of each type."""
    pool = np.empty(len(types), object)
    for kind in sorted(types.unique()):
        cells = rng.permutation(np.flatnonzero(types == kind))
        held_out = np.maximum(1, np.round(fractions[1:] * len(cells)).astype(int))
        ends = np.cumsum([len(cells) - held_out.sum(), *held_out])
        for split, part in zip(SPLITS, np.split(cells, ends[:-1])):
            pool[part] = split
    return pool


def _draw(cells, n, rng):
    """n of the cells: each at most once, unless there are too few."""
    return rng.choice(cells, n, replace=n > len(cells))
