"""Intervals of a seed x sample table: the samples are crossed with the seeds, not nested in them.

Every seed explains the same samples, so both are random factors: y_ks = mean + seed_k + sample_s + rest_ks.
"""

from typing import NamedTuple

import numpy as np

LEVEL = 0.95


class Interval(NamedTuple):
    """A mean over both factors with its confidence limits; NaN where nothing is defined."""

    mean: float
    lower: float
    upper: float
    sd_seed: float  # standard deviation between seeds, 0 where the estimate is negative
    sd_sample: float  # the same between samples
    n_seeds: int  # seeds with a value
    n_samples: int  # samples with a value in some seed; the others are not applicable
    n_nan: int  # missing cells of the table of those seeds and samples


NOTHING = Interval(*(np.nan,) * 5, 0, 0, 0)


def mean_interval(table, level=LEVEL):
    """Mean of a table (seed, sample) with the interval of the two-way random-effects model.

    The variance of the mean is MS_seed + MS_sample - MS_rest over their number of cells, with Satterthwaite's
    degrees of freedom and Student's t (satterthwaite1946). A component that is estimated negative counts as
    0, and its mean square leaves the degrees of freedom too: with 5 seeds this covers 94-97 % where a seed or
    sample effect exists, and up to 98 % where there is neither. With one seed (or one sample) the other
    factor is the only one. Samples without a value in any seed are not applicable; a cell that is missing
    elsewhere is filled by its row and column (an additive fit, by iteration) and taken off the residual
    degrees of freedom."""
    table = np.asarray(table, float)
    known = ~np.isnan(table)
    table = table[known.any(1)][:, known.any(0)]
    if not table.size:
        return NOTHING
    missing = int(np.isnan(table).sum())
    table = filled(table)
    mean, (rows, columns) = table.mean(), table.shape
    seeds, samples = table.mean(1) - mean, table.mean(0) - mean
    rest = table - mean - seeds[:, None] - samples
    df = {"seed": rows - 1, "sample": columns - 1, "rest": max((rows - 1) * (columns - 1) - missing, 0)}
    squares = {
        "seed": columns * (seeds**2).sum(),
        "sample": rows * (samples**2).sum(),
        "rest": (rest**2).sum(),
    }
    rounding = table.size * (1e-12 * np.abs(table).max()) ** 2
    ms = {k: squares[k] / df[k] if df[k] and squares[k] > rounding else 0.0 for k in df}
    excess = {k: max(ms[k] - ms["rest"], 0) for k in ("seed", "sample")}
    half = half_width(excess, ms, df, table.size, level)
    sd = (np.sqrt(excess["seed"] / columns), np.sqrt(excess["sample"] / rows))
    return Interval(mean, mean - half, mean + half, *map(float, sd), rows, columns, missing)


def half_width(excess, ms, df, cells, level):
    """Half the width of the interval of the mean of a table.

    excess: mean square beyond the residual's, of seed and sample; ms, df: mean squares and degrees of freedom
    of seed, sample and rest; cells: their number. NaN where no factor has two levels."""
    from scipy.special import stdtrit

    if not df["seed"] + df["sample"]:
        return np.nan
    variance = excess["seed"] + excess["sample"] + ms["rest"]
    if variance <= 0:
        return 0.0
    kept = [k for k in excess if excess[k] > 0]
    weights = dict.fromkeys(kept, 1) | {"rest": 1 - len(kept)}
    spread = sum(w**2 * ms[k] ** 2 / df[k] for k, w in weights.items() if w and df[k])
    return stdtrit(max(variance**2 / spread, 1), (1 + level) / 2) * np.sqrt(variance / cells)


def filled(table, tolerance=1e-10, rounds=200):
    """The table with missing cells replaced by row mean + column mean - mean, until nothing changes."""
    missing = np.isnan(table)
    if not missing.any():
        return table
    table = np.where(missing, np.nanmean(table, 0), table)
    for _ in range(rounds):
        fit = table.mean(1, keepdims=True) + table.mean(0) - table.mean()
        change = np.abs(fit - table)[missing].max()
        table = np.where(missing, fit, table)
        if change <= tolerance * max(np.abs(table).max(), 1):
            break
    return table


def pseudo_values(pairs):
    """Jackknife pseudo-values (quenouille1956), so that a mean over pairs of seeds is one over seeds.

    pairs: (seed, seed, sample), filled above the diagonal. Returns (seed, sample). U_s is the mean over all
    pairs, U_s,-k that without seed k; the value of seed k is K U_s - (K - 1) U_s,-k (K seeds). With two seeds
    there is one pair and no jackknife: its row alone is returned."""
    n = len(pairs)
    upper = np.triu(np.ones((n, n), bool), 1)
    if n < 3:
        return pairs[upper]
    value = pairs[upper]  # (pair, sample)
    first, second = np.nonzero(upper)
    known = ~np.isnan(value)
    total, number = np.where(known, value, 0), known.astype(float)
    touches = np.array([(first == k) | (second == k) for k in range(n)], float)
    whole, count = total.sum(0), number.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (whole - touches @ total) / (count - touches @ number)
        return n * whole / count - (n - 1) * without


def resampled(rng, n, draws):
    """Bootstrap weights of ``n`` items: (draw, item), how often each was drawn."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(float)


def bootstrap_means(tables, rng, draws=2000):
    """Means of tables resampled over both factors (owen2007), the same draws for all, as matrix products.

    tables: (table, seed, sample), NaN where undefined. Returns (draw, table)."""
    tables = np.asarray(tables, float)
    seeds, samples = (resampled(rng, n, draws) for n in tables.shape[1:])
    known = ~np.isnan(tables)
    top, bottom = (
        np.einsum("dk,tdk->dt", seeds, np.einsum("tks,ds->tdk", part, samples, optimize=True), optimize=True)
        for part in (np.where(known, tables, 0), known.astype(float))
    )
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)


def limits(draws, level=LEVEL):
    """Percentile limits (lower, upper) over the first axis of bootstrap draws, NaN left out."""
    draws, tail = np.asarray(draws, float), (1 - level) / 2
    undefined = np.isnan(draws).all(0)
    found = np.nanquantile(np.where(undefined, 0, draws), [tail, 1 - tail], axis=0)
    return tuple(np.where(undefined, np.nan, found))


def median_interval(table, rng, draws=1000, level=LEVEL):
    """Median of a table (seed, sample), its limits from resampling both factors; else ``mean_interval``."""
    found = mean_interval(table, level)
    if not found.n_samples:
        return found
    rows, columns = (rng.integers(n, size=(draws, n)) for n in table.shape)
    resamples = table[rows[:, :, None], columns[:, None, :]].reshape(draws, -1)
    lower, upper = map(float, limits(np.nanmedian(resamples, axis=1), level))
    return found._replace(mean=float(np.nanmedian(table)), lower=lower, upper=upper)


def clipped(interval, bounds):
    """The interval with its limits inside the statistic's range. bounds: (lo, hi), None if open."""
    lo, hi = (limit if b is None else b for b, limit in zip(bounds, (-np.inf, np.inf), strict=True))
    return interval._replace(lower=np.clip(interval.lower, lo, hi), upper=np.clip(interval.upper, lo, hi))
