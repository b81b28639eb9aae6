"""Explanations: what one method says about one model, in memory and on disk (AnnData, ``.h5ad``).

Written with anndata, read with h5py: a reader needs a few arrays, and neither torch nor anndata's import.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xassay.core.errors import InputError
from xassay.core.results import writing

ABOUT = ("method", "plugin", "label", "card", "options", "code", "ids", "variant_ids")


class Variant(NamedTuple):
    """The maps under one change of model, input, baseline or target."""

    test: str  # id of the stability entry
    name: str  # "level" or "level:draw"
    seed: int  # position on the seed axis of the model that was changed
    instance: np.ndarray  # (variant sample, instance), as wide as Explanation.instance


@dataclass
class Explanation:
    """The maps of one method on one model, for every seed.

    method: id in the configuration; plugin: its stem; card: its CARD; code: hash of the code that ran.
    ids: evaluated samples, the sample axis. variant_ids: the samples that variants explain, a subset.
    instance: (seed, sample, instance) float64, NaN where absent.
    total: (seed, sample), the sum of the map at its own level.
    curve: (most, least), each (seed, sample, step): contracts.Curve without its random orders.
    """

    method: str
    plugin: str
    label: str
    card: dict
    options: dict
    code: str
    ids: list
    variant_ids: list
    instance: np.ndarray
    total: np.ndarray
    curve: tuple
    variants: list = field(default_factory=list)

    def write(self, path, samples, feature=None):
        """Write as AnnData: a row for each instance of the evaluated samples.

        samples: the Samples explained; feature: (seed, sample, instance, feature) of a feature-level
        method, kept as ``layers[seed_k]``."""
        import anndata

        rows = np.concatenate([samples.rows(i) for i in self.ids])
        present = ~np.isnan(samples.padded(np.zeros(len(samples.obs), np.float32), self.ids))
        obs = samples.obs.iloc[rows]
        within = np.concatenate([np.arange(n) for n in present.sum(1)])
        obs = obs.set_axis([f"{bag}-{i}" for bag, i in zip(obs["bag"], within, strict=True)])
        adata = anndata.AnnData(obs=obs, var=samples.var if feature is not None else None)
        adata.obsm["instance"] = self.instance[:, present].T
        if feature is not None:
            for k, layer in enumerate(feature):
                adata.layers[f"seed_{k}"] = np.asarray(layer[present], np.float32)
        width = self.instance.shape[1:]
        adata.uns = {
            "about": json.dumps({k: getattr(self, k) for k in ABOUT}),
            "present": present,
            "total": self.total,
            "curve": {"most": self.curve[0], "least": self.curve[1]},
            "variants": {
                "names": json.dumps([[v.test, v.name, int(v.seed)] for v in self.variants]),
                "instance": np.array([v.instance for v in self.variants], np.float32).reshape(
                    len(self.variants), len(self.variant_ids), width[1]
                ),
            },
        }
        with writing(path) as part:
            adata.write_h5ad(part, compression="lzf")

    @classmethod
    def read(cls, path):
        """Read what ``write`` wrote, less the feature-level maps (see ``features``).

        Raises InputError if ``path`` is not such a file."""
        with _opened(path) as file:
            uns = file["uns"]
            about = json.loads(uns["about"].asstr()[()])
            flat = file["obsm/instance"][:]
            instance = _padded(flat.T, uns["present"][:])
            names = json.loads(uns["variants/names"].asstr()[()])
            maps = uns["variants/instance"][:].astype(np.float64)
            return cls(
                **about,
                instance=instance,
                total=uns["total"][:],
                curve=(uns["curve/most"][:], uns["curve/least"][:]),
                variants=[Variant(*name, one) for name, one in zip(names, maps, strict=True)],
            )


def features(path, keep):
    """Mean feature-level attribution over chosen instances and all seeds.

    keep: (sample, instance) bool, over the evaluated samples. Returns (names, mean), each (feature,), or
    None where the method has no feature-level maps. Layers are read one at a time."""
    with _opened(path) as file:
        layers = sorted(file["layers"]) if "layers" in file else []
        if not layers:
            return None
        chosen = np.asarray(keep, bool)[file["uns/present"][:]]
        var = file["var"]
        names = var[var.attrs["_index"]].asstr()[:]
        means = [file["layers"][layer][:][chosen].mean(0, dtype=np.float64) for layer in layers]
        return names, np.mean(means, axis=0)


def _padded(flat, present):
    """(seed, present instance) as (seed, sample, instance), NaN where absent."""
    out = np.full((len(flat), *present.shape), np.nan)
    out[:, present] = flat
    return out


@contextmanager
def _opened(path):
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: cannot be read as attributions: {error}") from error
