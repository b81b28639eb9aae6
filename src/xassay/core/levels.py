"""The level of an assay: what its maps are about and its masks replace.

``instance``: the instances of a bag. ``feature``: its features, each in all instances at once. ``group``:
groups of features, as ``var[group]`` names them, or else clusters of features that vary together.
"""

from typing import Any, NamedTuple

import numpy as np

from xassay.core.errors import InputError

LEVELS = ("instance", "feature", "group")
GROUPS = 24  # clusters, where the data set names none
CELLS = 5000  # training instances that tell which features vary together


class Level(NamedTuple):
    """kind: of LEVELS. names: of the units, None for instances. groups: each feature's unit, (1, feature)
    integers that broadcast to a bag, None for instances. field: what features tell of one another, a
    core.imputation.Field; instances of a bag all tell the same."""

    kind: str
    names: list | None = None
    groups: Any = None
    field: Any = None

    @property
    def units(self):
        """As ``core.units`` takes them: a tensor, or None."""
        import torch

        return None if self.groups is None else torch.from_numpy(self.groups)


INSTANCE = Level("instance")


def level(samples, kind):
    """The Level of a data set. Raises InputError for another kind than LEVELS."""
    if kind not in LEVELS:
        raise InputError(f"level: {kind!r} is unknown; allowed: {', '.join(LEVELS)}")
    if kind == "instance":
        return INSTANCE
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


def training(samples):
    """Instances of the training split, at most CELLS of them at equal distances: (instance, feature)."""
    rows = np.flatnonzero(samples.obs["bag"].isin(samples.ids("train")))
    rows = rows[:: max(1, -(-len(rows) // CELLS))]
    x = samples.X[rows]
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
    if chosen.groups is None:
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


def reduced(feature, how, chosen, there):
    """A map of features, (sample, instance, feature), as one of units: (sample, unit) float64.

    how: "sum" for contributions, "norm" (L2) for slopes; there: (sample, instance), what is in the bag."""
    import torch

    if chosen.groups is None:
        if how == "norm":
            return torch.linalg.vector_norm(feature, dim=-1, dtype=torch.float64)
        return feature.sum(-1, dtype=torch.float64)
    feature = torch.where(there[..., None], feature, 0.0).double()
    whole = (feature.square() if how == "norm" else feature).sum(1)
    out = whole.new_zeros(len(whole), len(chosen.names))
    out.index_add_(1, chosen.units[0].to(whole.device), whole)
    return out.sqrt() if how == "norm" else out
