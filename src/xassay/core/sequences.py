"""Sequences: a data set of DNA, one row a sequence, in memory and on disk (AnnData, ``.h5ad``)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xassay.core.dna import BASES
from xassay.core.samples import Samples

ELEMENTS = ("sample", "name", "start", "stop", "strand", "score", "causal")
VARIANTS = ("sample", "position", "ref", "alt", "effect")


@dataclass
class Sequences(Samples):
    """A data set of DNA sequences of one length.

    X: (sequence, 4 * position), base after base as (4, position) flattens; sparse where one-hot. obs: per
    sequence `bag`, its own id. var: `base`, `position`. samples, classes, noise, source, oracle: as Samples
    has them; no classes: labels are numbers (regression).
    planted: (sequence, position) in {-1, 0, 1}, the sign of the planted effect, UNSIGNED (2) where an effect
    has no known sign, NaN where nothing is known, or None.
    elements: what was planted or is known, a row an instance: sample, name, start, stop (0-based, half
    open), strand ("+", "-", "."), score (of the match, in bits; NaN where unknown), causal (bool).
    variants: planted single-base changes: sample, position (0-based), ref, alt, effect (exact, on f*).
    """

    kind: str = "sequence"
    planted: np.ndarray | None = None
    elements: pd.DataFrame | None = None
    variants: pd.DataFrame | None = None

    @classmethod
    def of(
        cls, x, table, *, classes, source, planted=None, elements=None, variants=None, noise=None, oracle=None
    ):
        """A data set from arrays. x: (sequence, 4, position); table: per sequence, index = id, `label`,
        `split`, `group`; the rest as above."""
        from scipy import sparse

        n, _, length = x.shape
        flat = np.asarray(x, np.float32).reshape(n, -1)
        table = table.rename_axis("sample")
        table.index = table.index.astype(str)
        var = pd.DataFrame({"base": np.repeat(list(BASES), length), "position": np.tile(range(length), 4)})
        var.index = [f"{base}{place + 1}" for base, place in zip(var["base"], var["position"], strict=True)]
        return cls(
            X=sparse.csr_matrix(flat),
            obs=pd.DataFrame({"bag": table.index.to_numpy()}),
            var=var,
            samples=table,
            classes=tuple(classes),
            noise=noise or {},
            source=source,
            oracle=oracle,
            planted=None if planted is None else np.asarray(planted, np.float32),
            elements=None if elements is None else elements[list(ELEMENTS)].reset_index(drop=True),
            variants=None if variants is None else variants[list(VARIANTS)].reset_index(drop=True),
        )

    @property
    def shape(self):
        """Shape of one sample: (4, positions)."""
        return 4, len(self.var) // 4

    def inputs(self, ids):
        """The samples as the models read them: (sample, 4, position) float32."""
        rows = self.samples.index.get_indexer(ids)
        return np.asarray(self.X[rows].toarray(), np.float32).reshape(len(ids), *self.shape)

    def truth(self, ids):
        """Sign of the planted effect of each position: (sample, position) float64, NaN where unknown."""
        rows = self.samples.index.get_indexer(ids)
        if self.planted is None:
            return np.full((len(ids), self.shape[1]), np.nan)
        return self.planted[rows].astype(np.float64)

    def decoys(self, ids):
        """Where elements without an effect lie: (sample, position), 1 there, 0 in the background, NaN where
        an element has an effect, and throughout where a sequence has no decoy."""
        out = np.full((len(ids), self.shape[1]), np.nan)
        if self.elements is not None:
            place = {name: k for k, name in enumerate(ids)}
            own = self.elements[self.elements["sample"].isin(place)].sort_values("causal", kind="stable")
            out[[place[name] for name in own["sample"][~own["causal"].astype(bool)]]] = 0
            for element in own.itertuples():
                row = out[place[element.sample], element.start : element.stop]
                row[:] = np.nan if element.causal else 1
        return out

    def known(self, sample):
        """Names of the elements at each position of a sequence, those of an effect first; "" where none
        is."""
        names = [""] * self.shape[1]
        if self.elements is not None:
            own = self.elements[self.elements["sample"] == sample].sort_values("causal", kind="stable")
            for element in own.itertuples():
                names[element.start : element.stop] = [element.name] * (element.stop - element.start)
        return names

    def names(self):
        """The rows' index on disk: the sequences' ids."""
        return self.obs["bag"].astype(str)

    def census(self, split):
        """What a split holds: positions, different sequences, causal elements, the share of their
        positions."""
        ids = self.samples.index[self.samples["split"].astype(str) == split]
        rows, truth = self.X[self.samples.index.get_indexer(ids)], self.truth(ids)
        known, different = np.isfinite(truth), len({(r.indices.tobytes(), r.data.tobytes()) for r in rows})
        causal = [] if self.elements is None else self.elements["sample"][self.elements["causal"]].isin(ids)
        return {
            "instances": truth.size,
            "cells": different,
            "witness_cells": int(np.sum(causal)),
            "witness_rate": float((truth[known] != 0).mean()) if known.any() else np.nan,
        }

    def extra(self):
        """The planted signs, the elements and the variants."""
        obsm = {} if self.planted is None else {"planted": self.planted}
        tables = {"elements": self.elements, "variants": self.variants}
        return obsm, {k: t.astype({"sample": str}) for k, t in tables.items() if t is not None}

    @classmethod
    def restored(cls, adata):
        """Fields from what ``extra`` gave."""
        tables = {name: adata.uns.get(name) for name in ("elements", "variants")}
        return {"planted": adata.obsm.get("planted"), **tables}
