"""From score rows to seed x sample tables, and from those to means with intervals."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xassay.stats.intervals import clipped, mean_interval, pseudo_values

OPEN = (None, None)


@dataclass
class Measured:
    """The scores of one (data set, model).

    tables: {(method, metric, level): (seed, sample)}, a level being what a metric compared with ("full",
    another method, "" for nothing), averaged over its draws; pairs of seeds are kept as jackknife
    pseudo-values. seeds: {the same key: seeds}, -1 for an ensemble. ranges: {metric: (lo, hi)}."""

    dataset: str
    model: str
    tables: dict = field(default_factory=dict)
    seeds: dict = field(default_factory=dict)
    ranges: dict = field(default_factory=dict)

    def table(self, method, metric, level=""):
        """(seed, sample), empty where nothing was measured."""
        return self.tables.get((method, metric, level), np.empty((0, 0)))

    def levels(self, method, metric):
        """Every level's table."""
        return [table for key, table in self.tables.items() if key[:2] == (method, metric)]

    def interval(self, method, metric, level=""):
        """Mean and limits of a table."""
        return clipped(mean_interval(self.table(method, metric, level)), self.ranges.get(metric, OPEN))


def measured(frame, ranges, paired=()):
    """The tables of one score file.

    frame: rows dataset, model, method, metric, seed, variant, sample, value. ranges: of the metrics. paired:
    metrics whose rows are pairs of seeds, the second one in ``variant``."""
    sample, ids = pd.factorize(frame["sample"], sort=True)
    out = Measured(frame["dataset"].iloc[0], frame["model"].iloc[0], ranges=ranges)
    pair = frame["metric"].isin(list(paired)).to_numpy()
    level = {name: name.partition(":")[0] for name in frame["variant"].unique()}
    level = frame["variant"].map(level).mask(pair, "")
    keys = pd.DataFrame({"method": frame["method"], "metric": frame["metric"], "level": level})
    seed, variant, value = (frame[c].to_numpy() for c in ("seed", "variant", "value"))
    for key, at in sorted(keys.groupby(list(keys), sort=False).indices.items()):
        columns, where = np.unique(sample[at], return_inverse=True)
        if pair[at[0]]:
            found = seed_pairs(seed[at], variant[at].astype(int), where, value[at], len(columns))
        else:
            found = averaged(seed[at], where, value[at], len(columns))
        out.tables[key], out.seeds[key] = found
    return out


def averaged(seed, sample, value, n):
    """(seed, sample) means over the draws of a level, NaN where every draw is; and the seeds."""
    k, seeds = pd.factorize(seed, sort=True)
    known = ~np.isnan(value)
    total, number = np.zeros((2, len(seeds), n))
    np.add.at(total, (k[known], sample[known]), value[known])
    np.add.at(number, (k[known], sample[known]), 1)
    return np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0), list(seeds)


def seed_pairs(first, second, sample, value, n):
    """Pseudo-values (seed, sample) of a statistic of pairs of seeds; and the seeds."""
    seeds = np.unique(np.concatenate([first, second]))
    pairs = np.full((len(seeds), len(seeds), n), np.nan)
    pairs[np.searchsorted(seeds, first), np.searchsorted(seeds, second), sample] = value
    values = pseudo_values(pairs)
    return values, list(seeds[: len(values)])


def note(table, interval, arrays):
    """What was not measured in a table, in words. arrays: what its metric asks for."""
    if not interval.n_samples:
        return "not evaluated: " + why_nothing(arrays)
    parts = []
    if absent := table.shape[1] - interval.n_samples:
        parts.append(f"not applicable to {absent} of {table.shape[1]} samples")
    if interval.n_nan:
        cells = interval.n_seeds * interval.n_samples
        parts.append(f"undefined in {interval.n_nan} of {cells} (seed, sample) cells")
    return "; ".join(parts)


def why_nothing(arrays):
    """The likely reason that a metric is undefined in every sample."""
    if "effect" in arrays:
        return "the exact attribution is not known"
    if "truth" in arrays:
        return "no truth"
    if "decoy" in arrays:
        return "nothing was planted without an effect"
    if {"gap", "imputed", "total"} & set(arrays):
        return "it was not measured, or the model's answer is constant in every sample"
    if {"probe", "curve"} & set(arrays):
        return (
            "the attribution or the model's answer is constant, or there are too few masks, in every sample"
        )
    if "distance" in arrays:
        return "no map of an input that was moved"
    return "the attribution is constant in every sample"
