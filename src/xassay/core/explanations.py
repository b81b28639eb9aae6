"""Explanations: what one method says about one model, in memory and on disk (AnnData, ``.h5ad``).

Written with anndata, read with h5py: a reader needs a few arrays, and neither torch nor anndata's import.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from xassay.core.contracts import NOISE, Gap, Imputed
from xassay.core.dna import BASES
from xassay.core.errors import InputError
from xassay.core.results import writing

ABOUT = (
    "model",
    "level",
    "units",
    "method",
    "plugin",
    "label",
    "card",
    "options",
    "code",
    "ids",
    "variant_ids",
)


class Variant(NamedTuple):
    """The maps under one change of model, input, baseline or target."""

    test: str  # id of the stability entry
    name: str  # "level" or "level:draw"
    seed: int  # position on the seed axis of the model that was changed
    instance: np.ndarray  # (variant sample, instance), as wide as Explanation.instance
    distance: np.ndarray | None = None  # (variant sample,) L2 norm of the change of x; None: unknown


@dataclass
class Explanation:
    """The maps of one method on one model, for every seed.

    method: id in the configuration; plugin: its stem; card: its CARD; code: hash of the code that ran.
    ids: evaluated samples, the sample axis. variant_ids: the samples that variants explain, a subset.
    instance: (seed, sample, instance) float64, NaN where absent.
    total: (seed, sample), the sum of the map at its own level. angle: (seed, sample), how far hypothetical
    contributions point off the simplex of the bases, degrees; None where a map has no bases.
    curve: (most, least), each (seed, sample, step): contracts.Curve without its random orders.
    gap, imputed: contracts.Gap and contracts.Imputed, None where they were not measured.
    model: id of the model. level, units: what the maps are about (core.levels); where units are named they
    take the place of the instances throughout. diluted: Explanations of the same map with noise added, of a
    positive control.
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
    gap: Gap | None = None
    imputed: Imputed | None = None
    angle: np.ndarray | None = None
    model: str = ""
    level: str = "instance"
    units: list | None = None
    diluted: list = field(default_factory=list)

    def write(self, path, samples, feature=None):
        """Write as AnnData: a row for each instance of the evaluated samples, or position of a sequence.

        samples: the Samples explained; feature: (seed, sample, instance, feature) of a feature-level
        method, or (seed, sample, base, position), kept as ``layers[seed_k]``: a column each feature, or
        base."""
        import anndata

        obs, present = self.rows(samples)
        var = samples.var
        if self.level == "position" and feature is not None:
            feature, var = [layer.swapaxes(1, 2) for layer in feature], pd.DataFrame(index=list(BASES))
        elif self.units is not None:
            feature = None  # summed up over instances already
        adata = anndata.AnnData(obs=obs, var=var if feature is not None else None)
        adata.obsm["instance"] = self.instance[:, present].T
        if feature is not None:
            for k, layer in enumerate(feature):
                adata.layers[f"seed_{k}"] = np.asarray(layer[present], np.float32)
        width = self.instance.shape[1:]
        distance = [
            np.full(len(self.variant_ids), np.nan) if v.distance is None else v.distance
            for v in self.variants
        ]
        adata.uns = {
            "about": json.dumps({k: getattr(self, k) for k in ABOUT}),
            "present": present,
            **self.measured(),
            "variants": {
                "names": json.dumps([[v.test, v.name, int(v.seed)] for v in self.variants]),
                "instance": np.array([v.instance for v in self.variants], np.float32).reshape(
                    len(self.variants), len(self.variant_ids), width[1]
                ),
                "distance": np.reshape(distance, (len(self.variants), len(self.variant_ids))),
            },
            "diluted": {
                e.method.partition(NOISE)[2]: {"instance": e.instance[:, present].T, **e.measured()}
                for e in self.diluted
            },
        }
        with writing(path) as part:
            adata.write_h5ad(part, compression="lzf")

    def rows(self, samples):
        """What the rows of the file are, and where they lie in (sample, unit): a row each unit there is."""
        if self.units is not None:
            obs = pd.DataFrame({"sample": np.repeat(self.ids, len(self.units))})
            obs["unit"] = np.tile(self.units, len(self.ids))
            present = np.ones((len(self.ids), len(self.units)), bool)
            return obs.set_axis(obs["sample"].astype(str) + "-" + obs["unit"]), present
        rows = np.concatenate([samples.rows(i) for i in self.ids])
        present = ~np.isnan(samples.padded(np.zeros(len(samples.obs), np.float32), self.ids))
        obs = samples.obs.iloc[rows]
        within = np.concatenate([np.arange(n) for n in present.sum(1)])
        names = [f"{bag}-{i}" for bag, i in zip(obs["bag"], within, strict=True)]
        return obs.set_axis(names), present

    def measured(self):
        """What the model answered to this map, as AnnData holds it."""
        found = {"total": self.total, "curve": dict(zip(("most", "least"), self.curve, strict=True))}
        parts = {"gap": self.gap, "imputed": self.imputed}
        found |= {} if self.angle is None else {"angle": self.angle}
        return found | {name: part._asdict() for name, part in parts.items() if part is not None}

    @classmethod
    def read(cls, path):
        """Read what ``write`` wrote, less the feature-level maps (see ``features``).

        Raises InputError if ``path`` is not such a file."""
        with _opened(path) as file:
            uns = file["uns"]
            present, names = uns["present"][:], json.loads(uns["variants/names"].asstr()[()])
            changes = uns["variants/instance"][:].astype(np.float64), uns["variants/distance"][:]
            found = cls(
                **json.loads(uns["about"].asstr()[()]),
                instance=_padded(file["obsm/instance"][:].T, present),
                variants=[Variant(*name, *one) for name, *one in zip(names, *changes, strict=True)],
                **_measured(uns),
            )
            for noise, part in sorted(uns.get("diluted", {}).items(), key=lambda item: float(item[0])):
                maps = {"instance": _padded(part["instance"][:].T, present), **_measured(part)}
                name = found.method + NOISE + noise
                found.diluted.append(replace(found, method=name, variants=[], diluted=[], **maps))
            return found


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


def bases(path):
    """Hypothetical contributions of every base, mean over seeds: (sample * position, 4) float32, or None."""
    with _opened(path) as file:
        layers = sorted(file["layers"]) if "layers" in file else []
        return np.mean([file["layers"][layer][:] for layer in layers], axis=0) if layers else None


def _measured(group):
    """What ``Explanation.measured`` gave."""
    curve = (group["curve/most"][:], group["curve/least"][:])
    found = {"total": group["total"][:], "curve": curve}
    found["angle"] = group["angle"][:] if "angle" in group else None
    for name, kind in {"gap": Gap, "imputed": Imputed}.items():
        if name in group:
            found[name] = kind(*(group[name][k][:] for k in kind._fields))
    return found


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
