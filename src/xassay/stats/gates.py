"""May a metric rank methods on this data set? Its controls answer, in every run."""

import numpy as np

from xassay.core.contracts import ORACLE
from xassay.stats.quality import control_means, grade, null_margin, z_prime

PLANTED = "recovery"  # the family whose positive control is the planted mask; the others need phi* of f*
MEASURED = ("m_positive", "s_positive", "m_negative", "s_negative")
REASONS = {
    "excellent": "tells truth from noise clearly",
    "marginal": "tells truth from noise, barely: small differences mean nothing",
    "fails": "cannot tell truth from noise here: not ranked",
    "not evaluated": "no truth to control it with: not gated here, not ranked",
}
NO_RULE = "no exact attribution, since no rule f* is known: not gated here, not ranked"


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


def settle(rows, families):
    """Grade the metrics: rows of the gates table.

    rows: of ``controls``, all data sets; families: {metric: family}. Recovery is controlled by the planted
    mask, on every model. A mask is no exact attribution, so the other families are graded on f*, and its
    controls hold for every model of the data set; where no f* is known there is no positive control."""
    exact = {(r["dataset"], r["metric"]): r for r in rows if r["model"] == ORACLE}
    graded = []
    for row in rows:
        why = None
        if families[row["metric"]] != PLANTED and row["model"] != ORACLE:
            known = exact.get((row["dataset"], row["metric"]))
            row = row | (
                {k: known[k] for k in MEASURED} if known else {"m_positive": np.nan, "s_positive": np.nan}
            )
            why = "on f*: " + REASONS[grade(z_prime(*(row[k] for k in MEASURED)))] if known else NO_RULE
        z = z_prime(*(row[k] for k in MEASURED))
        margin, within = null_margin(row["random_mean"], row["null"], row["m_positive"])
        graded.append(
            row
            | {"z_prime": z, "grade": grade(z), "margin": margin, "within_margin": within}
            | {"reason": why or REASONS[grade(z)]}
        )
    return graded


def passes(row):
    """May the metric of this row (or of None) rank?"""
    return row is not None and row["grade"] in ("excellent", "marginal")
