"""Assay quality of a metric: does it tell its controls apart, and fall as noise drowns the positive one?"""

from itertools import combinations

import numpy as np

from xassay.core.ranks import spearman
from xassay.stats.intervals import mean_interval

DRAWS, SIZE = (
    20,
    50,
)  # means, and samples in a mean: one by one no sample passes, over all of them everything does
EXCELLENT = 0.5
FEWEST = 10  # samples behind a control's means: draws from fewer repeat themselves and hide their spread
MARGIN, RISE = 0.1, 0.05  # shares of the distance between controls: off the null, a rise that counts


def control_means(table, rng, draws=DRAWS, size=SIZE):
    """Means of ``size`` samples, ``draws`` of them: (draw,). Each takes one replicate of the control.

    table: (replicate, sample); samples are drawn with replacement from those where the metric is defined,
    since without it a set of exactly ``size`` samples would show no spread. NaN where it never is."""
    rows = [row[~np.isnan(row)] for row in np.asarray(table, float)]
    rows = [row for row in rows if len(row)]
    if not rows:
        return np.full(draws, np.nan)
    return np.array([rng.choice(rows[rng.integers(len(rows))], size).mean() for _ in range(draws)])


def defined(table):
    """Samples in which a control has a value in some replicate. table: (replicate, sample)."""
    return int((~np.isnan(np.asarray(table, float))).any(0).sum()) if np.size(table) else 0


def z_prime(m_positive, s_positive, m_negative, s_negative):
    """1 - 3 (s_p + s_n) / |m_p - m_n| (zhang1999). -inf if the means are equal, NaN if one is unknown."""
    gap = abs(m_positive - m_negative)
    if np.isnan(gap):
        return np.nan
    return float(1 - 3 * (s_positive + s_negative) / gap) if gap > 0 else -np.inf


def grade(z):
    """In a word: may the metric rank methods here?"""
    if np.isnan(z):
        return "not evaluated"
    return "excellent" if z >= EXCELLENT else "marginal" if z >= 0 else "fails"


def null_margin(random, null, positive, share=MARGIN):
    """Does the random control lie where the metric says a random explanation lies?

    random: (mean, lower, upper) of the random control; null: the metric's null value, None or NaN where it
    has none; positive: mean of the positive control. The margin is a stated share of the distance from null
    to the positive control, so that it suits any scale. Inside is a control whose whole interval lies within
    the margin, outside one whose whole interval lies beyond; across, this many samples cannot tell. (An
    interval that had to hold the null would miss one time in twenty by itself.) Returns (margin, within):
    True, False, or None where it cannot be told; (NaN, None) where a value is unknown."""
    mean, *ends = (np.nan if v is None else float(v) for v in random)
    null, positive = (np.nan if v is None else float(v) for v in (null, positive))
    if not np.isfinite([mean, null, positive]).all():
        return np.nan, None
    lower, upper = (mean if np.isnan(end) else end for end in ends)
    margin = share * abs(positive - null)
    if max(lower - null, null - upper) > margin:
        return margin, False
    return margin, True if max(upper - null, null - lower) <= margin else None


def dilution(tables, direction, window, least=RISE):
    """Does the score fall as noise is added to the positive control?

    tables: {noise: (seed, sample)}, noise its RMS over the map's own, 0 first; direction: +1 if larger is
    better, -1 if smaller; window: distance between the means of the controls. A rise counts where the whole
    95 % interval of the difference between any level and a later one lies above ``least`` of the window, or
    of the range of the levels' means where that is smaller (a negative control on a scale of its own makes a
    window of any width): one that is smaller ranks nobody, one that the interval does not exclude is sampling
    error. Differences are paired by (seed, sample), since every level has the same draw of noise on the same
    maps, and what a sample adds to all of its scores drops out. Nor is a fall what may be none and is surely
    less than that share of the window, first level to last: such a score never looked at the map.

    Returns dict(noise_rho, rise, rise_at, monotone): Spearman correlation of mean and noise (-1: falls at
    every step), the largest rise as a share of what it is held against and the noise where it ends; monotone
    is None, and the others NaN, where that is unknown."""
    tables = {noise: direction * np.asarray(t, float) for noise, t in tables.items() if np.isfinite(t).any()}
    if len(tables) < 2 or 0 not in tables or not window > 0:
        return {"noise_rho": np.nan, "rise": np.nan, "rise_at": np.nan, "monotone": None}
    levels = np.array(sorted(tables))
    means = np.array([np.nanmean(tables[noise]) for noise in levels])
    steps = {(a, b): mean_interval(tables[b] - tables[a]) for a, b in combinations(levels, 2)}
    worst = max(steps, key=lambda pair: (surely(steps[pair]), pair))
    scale = min(window, np.ptp(means)) or window
    rises, whole = surely(steps[worst]) > least * scale, steps[0, levels[-1]]
    flat = surely(whole) >= -least * window and not whole.upper < 0
    return {
        "noise_rho": float(spearman(means, levels)),
        "rise": float(steps[worst].mean / scale),
        "rise_at": float(worst[1]),
        "monotone": bool(not rises and not flat),
    }


def surely(step):
    """The least rise that an interval admits; its mean where it has no width."""
    return step.mean if np.isnan(step.lower) else step.lower


def share_of(value, positive, negative):
    """Where a mean lies between the negative control, 0, and the positive one, 1. NaN where they coincide."""
    return float((value - negative) / (positive - negative)) if positive != negative else np.nan
