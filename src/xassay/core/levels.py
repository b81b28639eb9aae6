"""The level of an assay: what its maps are about and its masks replace.

``instance``: the instances of a bag. ``feature``: its features, each in all instances at once. ``group``:
groups of features, as ``var[group]`` names them, or else clusters of features that vary together.
``position``: the positions of a sequence, all four bases of one at once.
"""

from typing import Any, NamedTuple

import numpy as np

from xassay.core.contracts import OWN
from xassay.core.errors import InputError

LEVELS = ("instance", "feature", "group", "position")
GROUPS = 24  # clusters, where the data set names none
CELLS = 5000  # training instances that tell which features vary together, or sequences which bases do


class Level(NamedTuple):
    """kind: of LEVELS. names: of the units, None for instances. groups: each feature's unit, (1, feature)
    integers that broadcast to a bag, None for instances; of a sequence each position's, (1, position). field:
    what is known of the units that are gone: of features, a core.imputation.Field; of positions, a
    core.base_imputation.Chain; instances of a bag all tell the same."""

    kind: str
    names: list | None = None
    groups: Any = None
    field: Any = None

    @property
    def units(self):
        """As ``core.units`` takes them: a tensor, or None."""
        import torch

        return None if self.groups is None else torch.from_numpy(self.groups)

    @property
    def alphabet(self):
        """The axis of x whose entries are one choice among several, or None."""
        return 1 if self.kind == "position" else None


INSTANCE = Level("instance")


def level(samples, kind):
    """The Level of a data set. Raises InputError for a kind that its data do not have."""
    allowed = OWN[samples.kind]["level"]
    if kind not in allowed:
        raise InputError(f"level: {kind!r} is unknown; allowed: {', '.join(allowed)}")
    if kind == "instance":
        return INSTANCE
    if kind == "position":
        from xassay.core.base_imputation import chain

        places = np.arange(samples.shape[1])
        names = [str(place + 1) for place in places]
        return Level(kind, names, places[None], chain(samples.inputs(spaced(samples.ids("train")))))
    from xassay.core.imputation import field

    features, instances = [str(name) for name in samples.var.index], training(samples)
    if kind == "feature":
        names, number = features, np.arange(len(features))
    elif "group" in samples.var:
        names, number = np.unique(samples.var["group"].astype(str), return_inverse=True)
    else:
        number = clusters(instances, min(GROUPS, len(features)))
        names = [named(features, number == k) for k in range(number.max() + 1)]
    return Level(kind, list(map(str, names)), number[None], field(instances))


def spaced(rows):
    """At most CELLS of them, at equal distances, so that the order of a file plays no part."""
    return rows[:: max(1, -(-len(rows) // CELLS))]


def training(samples):
    """Instances of the training split, at most CELLS of them: (instance, feature)."""
    x = samples.X[spaced(np.flatnonzero(samples.obs["bag"].isin(samples.ids("train"))))]
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x, np.float64)


def clusters(x, n):
    """Features that vary together: average linkage on 1 - correlation, ``n`` clusters at the most.

    x: (instance, feature). Returns (feature,) numbers from 0; a constant feature correlates with none."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if x.shape[1] == 1:
        return np.zeros(1, int)
    x = x - x.mean(0)
    size = np.sqrt((x**2).sum(0))
    x = x / np.where(size > 0, size, 1)
    distance = np.clip(1 - x.T @ x, 0, 2)
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0)
    found = fcluster(linkage(squareform(distance, checks=False), "average"), n, "maxclust")
    return np.unique(found, return_inverse=True)[1]


def named(features, members):
    """What a cluster is called: its first feature, and how many more."""
    first, more = features[np.flatnonzero(members)[0]], int(members.sum()) - 1
    return f"{first}+{more}" if more else first


def truth(samples, ids, chosen):
    """Sign of the planted effect of each unit: (sample, unit), NaN where absent or unknown.

    Features have one where ``var[truth]`` says so and labels are binary, a group that of its members, NaN
    where they have both signs; as of
    instances, they have it in positive samples, and none in negative ones."""
    if chosen.kind in ("instance", "position"):
        return samples.truth(ids)
    out = np.full((len(ids), len(chosen.names)), np.nan)
    if "truth" in samples.var and samples.n_outputs == 1:
        label = samples.samples.loc[ids, "label"].to_numpy() > 0
        sign = samples.var["truth"].to_numpy(np.float64)

        def some(which):
            return np.bincount(chosen.groups[0], which, len(chosen.names)) > 0

        more, less, lost = some(sign > 0), some(sign < 0), some(np.isnan(sign))
        planted = np.where(lost | (more & less), np.nan, more * 1.0 - less)
        out[:] = planted * label[:, None]
    return out


def reduced(feature, how, chosen, x):
    """A map of x's elements, x's shape, as one of units: (sample, unit) float64.

    feature: (sample, instance, feature), or hypothetical contributions (sample, base, position); how: "sum"
    for contributions, "norm" (L2) for slopes; x: (sample, ...), NaN where an instance is absent."""
    import torch

    from xassay.core.bags import present
    from xassay.core.contributions import observed

    if chosen.kind in ("instance", "position"):
        axis = -1 if chosen.alphabet is None else chosen.alphabet
        if how == "norm":
            return torch.linalg.vector_norm(feature, dim=axis, dtype=torch.float64)
        whole = chosen.alphabet is None
        return feature.sum(axis, dtype=torch.float64) if whole else observed(feature.double(), x, axis)
    feature = torch.where(present(x)[..., None], feature, 0.0).double()
    whole = (feature.square() if how == "norm" else feature).sum(1)
    out = whole.new_zeros(len(whole), len(chosen.names))
    out.index_add_(1, chosen.units[0].to(whole.device), whole)
    return out.sqrt() if how == "norm" else out
