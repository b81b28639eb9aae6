"""Samples: what a data set is, in memory and on disk (AnnData, ``.h5ad``)."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from xassay.core.errors import InputError
from xassay.core.results import writing

SPLITS = ("train", "validation", "test")


@dataclass
class Samples:
    """A data set of bags: every drawn instance is a row, every sample a set of rows.

    X: (row, feature) sparse CSR or dense float32, as the models see it.
    obs: per row `bag` (sample id), `cell` (source cell), `truth` (sign of the exact effect on the label, NaN
        where unknown), `planted` (name of what was planted); optional `library` (counts).
    var: features, index = names.
    samples: per sample, index = id: `label` (0..K-1, or a number), `split`, `group` (what may not be in two
        splits).
    classes: label names in order; none: labels are numbers, and the task is regression. noise: the law of
    measurement noise, such as {"law": "gaussian", "sd": 0.1}
        or {"law": "multinomial", "scale": 1e4}. oracle: parameters of f* (arrays), None where there is no f*.
    source: citation key, licence, plug-in, options, a warning: whatever the report says about the data.
    """

    X: object
    obs: pd.DataFrame
    var: pd.DataFrame
    samples: pd.DataFrame
    classes: tuple
    noise: dict
    source: dict
    oracle: dict | None = None
    kind: str = "bag"
    name: str = ""
    _rows: dict = field(default=None, repr=False)

    def check(self):
        """Raise InputError unless splits, labels and rows are fit for an assay."""
        where = f"data set {self.name or self.source.get('dataset', '')}"
        leaks = self.samples.groupby("group", observed=True)["split"].nunique()
        if (leaks > 1).any():
            names = ", ".join(map(str, leaks.index[leaks > 1][:5]))
            raise InputError(
                f"{where}: group in two splits: {names}; a group belongs to one of {', '.join(SPLITS)}"
            )
        for split in SPLITS:
            labels = self.samples.loc[self.samples["split"] == split, "label"]
            if self.regression and not (np.isfinite(labels).all() and labels.nunique() > 1):
                raise InputError(
                    f"{where}: the {split} split has labels that are not finite, or all the same; "
                    "allowed: finite numbers, two different ones or more"
                )
            if missing := set(range(len(self.classes))) - set(labels):
                absent = ", ".join(str(self.classes[k]) for k in sorted(missing))
                raise InputError(
                    f"{where}: the {split} split has no sample of class {absent}; every split needs each"
                )
        if empty := set(self.samples.index) - set(self.obs["bag"]):
            raise InputError(f"{where}: bag without cells: {', '.join(sorted(map(str, empty))[:5])}")
        values = self.X.data if hasattr(self.X, "tocsr") else self.X
        if not np.isfinite(values).all():
            raise InputError(f"{where}: X has NaN or infinite values; allowed: finite numbers")

    @property
    def regression(self):
        """Whether labels are numbers, not classes."""
        return not self.classes

    @property
    def n_outputs(self):
        """1 logit for two classes, 1 output for numbers, else one a class."""
        return 1 if len(self.classes) in (0, 2) else len(self.classes)

    @property
    def shape(self):
        """Shape of one sample: (largest bag, features)."""
        return int(self.obs["bag"].value_counts().max()), len(self.var)

    def ids(self, split):
        """Ids of the samples of a split, in their order."""
        return list(self.samples.index[self.samples["split"] == split])

    def evaluated(self, n):
        """Ids of the explained samples: the first ``n`` of the test split, classes taken in turn; of numbers
        ``n`` at equal steps of their rank, the least and the largest among them.

        So a small number still has positives and negatives, whatever the order of the file."""
        test = self.samples[self.samples["split"] == "test"]
        if self.regression:
            ranked = test["label"].to_numpy().argsort(kind="stable")
            steps = np.linspace(0, len(test) - 1, min(n, len(test)))
            return list(test.index[np.sort(ranked[np.rint(steps).astype(int)])])
        turn = test.groupby("label").cumcount()
        order = np.lexsort((np.arange(len(test)), test["label"], turn))
        return list(test.index[np.sort(order[:n])])

    def rows(self, sample):
        """Row numbers of a sample's instances, in their order."""
        if self._rows is None:
            self._rows = {k: np.sort(v) for k, v in self.obs.groupby("bag", observed=True).indices.items()}
        return self._rows[sample]

    def padded(self, values, ids, dtype=np.float32):
        """Per-row values as (sample, instance, ...) padded with NaN.

        values: (row, ...) dense or sparse; ids: sample ids."""
        rows = [self.rows(i) for i in ids]
        longest = max(map(len, rows))
        out = np.full((len(ids), longest, *values.shape[1:]), np.nan, dtype)
        for k, r in enumerate(rows):
            block = values[r]
            out[k, : len(r)] = block.toarray() if hasattr(block, "toarray") else block
        return out

    def inputs(self, ids):
        """The samples as the models read them: (sample, instance, feature) float32, NaN rows where absent."""
        return self.padded(self.X, ids)

    def truth(self, ids):
        """Sign of the exact effect of each instance: (sample, instance), NaN where absent or unknown."""
        return self.padded(self.obs["truth"].to_numpy(np.float64), ids, np.float64)

    def census(self, split):
        """What a split was drawn from: instances, cells, cells of the witnesses in positive samples, and the
        share of witnesses there."""
        own = self.obs["bag"].astype(str).map(self.samples["split"].astype(str)) == split
        rows = self.obs[own]
        truth = rows.loc[rows["bag"].astype(str).map(self.samples["label"]) > 0, "truth"].dropna()
        return {
            "instances": len(rows),
            "cells": rows["cell"].nunique(),
            "witness_cells": rows.loc[rows["truth"] > 0, "cell"].nunique(),
            "witness_rate": float((truth > 0).mean()) if len(truth) else np.nan,
        }

    def names(self):
        """The rows' index on disk."""
        bag = self.obs["bag"]
        return bag.astype(str) + "-" + bag.groupby(bag, observed=True).cumcount().astype(str)

    def extra(self):
        """What a kind of data keeps beside all this: (obsm, uns), for ``restored`` to take back."""
        return {}, {}

    @classmethod
    def restored(cls, adata):
        """Fields from what ``extra`` gave."""
        return {}

    def write(self, path):
        """Write as AnnData; nothing is left at ``path`` unless all was written."""
        import anndata

        obs, (obsm, uns) = self.obs.copy(), self.extra()
        obs.index = pd.Index(self.names())
        obs.index.name = None
        adata = anndata.AnnData(self.X, obs=obs, var=self.var, obsm=obsm)
        adata.uns["samples"] = self.samples.rename_axis("sample").reset_index()
        adata.uns["about"] = json.dumps(
            {
                "classes": list(map(str, self.classes)),
                "noise": self.noise,
                "source": self.source,
                "kind": self.kind,
                "name": self.name,
            }
        )
        adata.uns.update(uns)
        if self.oracle is not None:
            adata.uns["oracle"] = {k: np.asarray(v) for k, v in self.oracle.items()}
        with writing(path) as part:
            adata.write_h5ad(part, compression="lzf")

    @classmethod
    def read(cls, path):
        """Read what ``write`` wrote. Raises InputError, in one line, for any other file."""
        import anndata
        import h5py

        if not Path(path).is_file():
            raise InputError(f"{path}: does not exist or is no file; allowed: samples from `xassay data`")
        if not h5py.is_hdf5(path):
            raise InputError(f"{path}: is not an .h5ad file; allowed: samples from `xassay data`")
        try:
            adata = anndata.read_h5ad(path)
        except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as fault:
            line = (str(fault).splitlines() or [type(fault).__name__])[0]
            raise InputError(f"{path}: is damaged, truncated or no .h5ad file: {line}") from None
        if missing := [key for key in ("about", "samples") if key not in adata.uns]:
            absent = " and ".join(f"uns[{key!r}]" for key in missing)
            raise InputError(f"{path}: has no {absent}; allowed: samples from `xassay data`")
        about = json.loads(str(adata.uns["about"]))
        kind = of_kind(about["kind"])
        return kind(
            X=adata.X,
            obs=adata.obs.reset_index(drop=True),
            var=adata.var,
            samples=adata.uns["samples"].set_index("sample"),
            classes=tuple(about["classes"]),
            noise=about["noise"],
            source=about["source"],
            oracle=dict(adata.uns["oracle"]) if "oracle" in adata.uns else None,
            kind=about["kind"],
            name=about["name"],
            **kind.restored(adata),
        )


def of_kind(kind):
    """The class of a kind of data."""
    from xassay.core.sequences import Sequences

    return {"bag": Samples, "sequence": Sequences}[kind]
