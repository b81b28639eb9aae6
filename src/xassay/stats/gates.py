"""May a metric rank methods on this data set? Its controls answer, in every run."""

import numpy as np

from xassay.stats.quality import control_means, grade, null_margin, z_prime

MEASURED = ("m_positive", "s_positive", "m_negative", "s_negative")
REASONS = {
    "excellent": "tells truth from noise clearly",
    "marginal": "tells truth from noise, barely: small differences mean nothing",
    "fails": "cannot tell truth from noise here: not ranked",
    "not evaluated": "one of its controls has no value here: not gated, not ranked",
}


def controls(one, metric, card, rng):
    """What a metric says of its controls on one (data set, model): means and their spread.

    one: Measured; card: the metric's CARD. None for a descriptor, which has no pair of controls."""
    if card["gate"] is None:
        return None
    means = [control_means(one.table(control, metric), rng) for control in card["gate"]]
    random = one.table("control_random", metric)
    found = [statistic for m in means for statistic in (m.mean(), m.std(ddof=1))]
    return {
        "dataset": one.dataset,
        "model": one.model,
        "metric": metric,
        "positive": card["gate"][0],
        "negative": card["gate"][1],
        **dict(zip(MEASURED, found, strict=True)),
        "null": np.nan if card["null"] is None else float(card["null"]),
        "random_mean": np.nanmean(random) if np.isfinite(random).any() else np.nan,
    }


def graded(row):
    """A row of ``controls`` as one of the gates table: Z', its grade and the margin of the random control."""
    z = z_prime(*(row[k] for k in MEASURED))
    margin, within = null_margin(row["random_mean"], row["null"], row["m_positive"])
    why = {
        "z_prime": z,
        "grade": grade(z),
        "margin": margin,
        "within_margin": within,
        "reason": REASONS[grade(z)],
    }
    return row | why


def passes(row):
    """May the metric of this row (or of None) rank?"""
    return row is not None and row["grade"] in ("excellent", "marginal")
