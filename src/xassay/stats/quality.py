"""Assay quality of a metric: can it tell the positive control from the negative one, on this data set?"""

import numpy as np

DRAWS, SIZE = (
    20,
    50,
)  # means, and samples in a mean: one by one no sample passes, over all of them everything does
EXCELLENT, MARGIN = 0.5, 0.1


def control_means(table, rng, draws=DRAWS, size=SIZE):
    """Means of ``size`` samples, ``draws`` of them: (draw,). Each takes one replicate of the control.

    table: (replicate, sample); samples are drawn with replacement from those where the metric is defined,
    since without it a set of exactly ``size`` samples would show no spread. NaN where it never is."""
    rows = [row[~np.isnan(row)] for row in np.asarray(table, float)]
    rows = [row for row in rows if len(row)]
    if not rows:
        return np.full(draws, np.nan)
    return np.array([rng.choice(rows[rng.integers(len(rows))], size).mean() for _ in range(draws)])


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

    random, positive: means of the controls; null: the metric's null value, None or NaN where it has none. The
    margin is a stated share of the distance from null to the positive control, so that it suits any scale; a
    95 % interval would miss one time in twenty by itself. Returns (margin, within), (NaN, None) where
    unknown."""
    random, null, positive = (np.nan if v is None else float(v) for v in (random, null, positive))
    if not np.isfinite([random, null, positive]).all():
        return np.nan, None
    margin = share * abs(positive - null)
    return margin, bool(abs(random - null) <= margin)
