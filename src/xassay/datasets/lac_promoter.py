"""The lac promoter of E. coli by Sort-seq: 50,518 variants of 75 bases, sorted by the expression they drive.

Kinney, Murugan, Callan and Cox (2010), experiment crp-wt, with the split that came with MAVE-NN (Tareen et
al. 2022). Real data with known sites: those of CRP and of the two elements that RNA polymerase binds.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from xassay.core.contracts import UNSIGNED
from xassay.core.dna import encode
from xassay.core.errors import InputError
from xassay.core.samples import SPLITS
from xassay.core.sequences import ELEMENTS, Sequences

CARD = dict(
    label="lac promoter",
    kind="sequence",
    reference=("kinney2010", "tareen2022"),
    limits=dict(task=("regression", "classification"), n_sequences=(2, None), low=(0, 1), high=(0, 1)),
)
PATH = Path(__file__).resolve().parents[3] / "resources" / "lac_promoter.csv.gz"
NAMES = {"training": "train", "validation": "validation", "test": "test"}
SITES = {"CRP": (4, 26), "-35": (39, 45), "-10": (63, 69)}  # 0-based, half open
ERROR = 0.02  # share of bases that stability asks about: one or two, well below the 12 % that the library has


def samples(
    rng,
    *,
    task="regression",
    n_sequences: tuple[int | None, int | None, int | None] = (6000, 1500, 1500),
    low=0.3,
    high=0.7,
):
    """Draw variants from each part of the published split.

    task: "regression" on the mean number of the bin, 0 (dark) to 9, that a variant was sorted into, or
    "classification" of the variants whose mean bin is at or below its quantile ``low`` against those at or
    above ``high``. n_sequences: of the training, validation and test parts, null for all; those of the two
    tails where classes are asked.

    ``planted`` is UNSIGNED in the sites of CRP (4-26), -35 (39-45) and -10 (63-69), 0-based and half open:
    that a base matters there is known, and its sign hangs on which base it is. ``group`` is the sequence: no
    variant occurs twice, but all are alike, being one promoter with about 12 % of the bases changed, and some
    (1 %) of the test part differ from one of the training part in one or two bases.

    Raises InputError for quantiles that overlap, and where a part has fewer variants than asked for."""
    if len(n_sequences) != len(SPLITS):
        raise InputError(f"n_sequences: {len(n_sequences)} numbers; allowed: three, for {', '.join(SPLITS)}")
    table = published()
    if task == "classification":
        if not 0 < low <= high < 1:
            raise InputError(f"low, high: {low:g}, {high:g}; allowed: between 0 and 1, low not above high")
        ends = table["label"].quantile([low, high]).to_numpy()
        if ends[0] >= ends[1]:
            raise InputError(f"low, high: {low:g}, {high:g} are both bin {ends[0]:g}; allowed: further apart")
        table = table[(table["label"] <= ends[0]) | (table["label"] >= ends[1])]
        table = table.assign(label=(table["label"] >= ends[1]).astype(int))
    parts = [drawn(table[table["split"] == split], n, rng) for split, n in zip(SPLITS, n_sequences)]
    table = pd.concat(parts)
    planted = np.zeros((len(table), len(table["group"].iloc[0])))
    for start, stop in SITES.values():
        planted[:, start:stop] = UNSIGNED
    return Sequences.of(
        encode(table["group"], table.index),
        table,
        classes=("low", "high") if task == "classification" else (),
        source={"title": "Sort-seq of the lac promoter, crp-wt, as MAVE-NN 1.1.4 ships it", "licence": "MIT"},
        planted=planted,
        elements=elements(table.index),
        noise={"law": "substitution", "rate": ERROR},
    )


def published():
    """All variants: label (mean bin), split, group (the sequence)."""
    table = pd.read_csv(PATH)
    counts = table.filter(regex=r"^ct_\d$").to_numpy(float)
    return pd.DataFrame(
        {
            "label": counts @ np.arange(counts.shape[1]) / counts.sum(1),
            "split": table["set"].map(NAMES).to_numpy(),
            "group": table["x"].to_numpy(),
        },
        [f"variant_{row:05d}" for row in range(len(table))],
    )


def drawn(part, n, rng):
    """``n`` rows of a part of the split, all for None, in their order. Raises InputError where there are
    fewer."""
    if n is None:
        return part
    if n > len(part):
        name = part["split"].iloc[0]
        raise InputError(f"n_sequences: {n} for {name}; allowed: at most {len(part)}, as many as there are")
    return part.iloc[np.sort(rng.permutation(len(part))[:n])]


def elements(ids):
    """The known sites, a row each in every variant."""
    rows = [
        (name, site, start, stop, "+", np.nan, True) for name in ids for site, (start, stop) in SITES.items()
    ]
    return pd.DataFrame(rows, columns=ELEMENTS)
