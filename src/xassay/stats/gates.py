"""May a metric rank methods on this data set? Its controls answer, in every run."""

import numpy as np

from xassay.core.contracts import NOISE
from xassay.stats.quality import (
    FEWEST,
    control_means,
    defined,
    dilution,
    grade,
    null_margin,
    share_of,
    z_prime,
)

MEASURED = ("m_positive", "s_positive", "m_negative", "s_negative")
GRADES = {
    "excellent": "tells truth from noise clearly",
    "marginal": "tells truth from noise, barely: small differences mean nothing",
    "fails": "cannot tell truth from noise here",
    "not evaluated": "one of its controls has no value here, so it is not gated",
}
RANKING = ("excellent", "marginal")
EDGES = 0.5  # share of truth's score that the size of the input earns by itself: from here on it is told


def controls(one, metric, card, rng):
    """What a metric says of its controls on one (data set, model): means, their spread, the way between them.

    one: Measured; card: the metric's CARD. None for a descriptor, which has no pair of controls."""
    if card["gate"] is None:
        return None
    positive, negative = card["gate"]
    means = [control_means(one.table(control, metric), rng) for control in card["gate"]]
    found = dict(zip(MEASURED, [s for m in means for s in (m.mean(), m.std(ddof=1))], strict=True))
    numbers = [defined(one.table(control, metric)) for control in card["gate"]]
    way = np.sign(found["m_positive"] - found["m_negative"])
    random = one.interval("control_random", metric)
    return {
        "dataset": one.dataset,
        "model": one.model,
        "metric": metric,
        "positive": positive,
        "negative": negative,
        "n_positive": numbers[0],
        "n_negative": numbers[1],
        **found,
        "null": np.nan if card["null"] is None else float(card["null"]),
        **dict(zip(("random_mean", "random_lower", "random_upper"), random[:3], strict=True)),
        "upright": None if np.isnan(way) else bool(way == (card["direction"] or way)),
        **dilution(
            diluted(one, positive, metric),
            card["direction"] or way,
            abs(found["m_positive"] - found["m_negative"]),
        ),
        "input_mean": one.interval("control_input", metric).mean,
    }


def diluted(one, control, metric):
    """{noise: (seed, sample)} of a control and of the same with noise added; {} where none was."""
    begin = control + NOISE
    found = {
        float(method.removeprefix(begin)): table
        for (method, name, _), table in one.tables.items()
        if name == metric and method.startswith(begin)
    }
    return {0.0: one.table(control, metric)} | found if found else {}


def graded(row):
    """A row of ``controls`` as one of the gates table: Z', its grade, the checks, and whether it ranks."""
    few = min(row.get("n_positive", FEWEST), row.get("n_negative", FEWEST)) < FEWEST
    z = np.nan if few else z_prime(*(row[k] for k in MEASURED))
    random = [row.get(k, np.nan) for k in ("random_mean", "random_lower", "random_upper")]
    margin, within = null_margin(random, row["null"], row["m_positive"])
    found = row | {"z_prime": z, "grade": grade(z), "margin": margin, "within_margin": within}
    ends = row["m_positive"], row["m_negative"]
    found["input_share"] = share_of(row.get("input_mean", np.nan), *ends)
    wrong = list(faults(found))
    found["passes"] = found["grade"] in RANKING and not wrong
    return found | {"reason": told(found, wrong)}


def faults(row):
    """What keeps a metric from ranking beside its Z', in words."""
    if row.get("upright") is False:
        yield "scores the negative control above the positive one"
    if row["within_margin"] is False:
        yield f"random maps score {row['random_mean']:.2g}, not the stated {row['null']:g}"
    if row.get("monotone") is False:
        yield (
            f"the score rises as noise is added to the positive control ({row['rise_at']:g} times its size)"
            if row["rise"] > 0
            else "the score does not fall as noise is added to the positive control"
        )


def told(row, wrong):
    """The reason column: what keeps the metric from ranking; else how well it ranks, what the input earns."""
    some = min(row.get("n_positive", FEWEST), row.get("n_negative", FEWEST))
    if 0 < some < FEWEST:
        return f"its controls have a value in {some} samples, fewer than {FEWEST}: not gated, not ranked"
    if row["grade"] not in RANKING:
        return f"{GRADES[row['grade']]}: not ranked"
    if wrong:
        return f"{'; '.join(wrong)}: not ranked"
    edges = f"; the size of the input by itself earns {row['input_share']:.0%} of what truth earns"
    return GRADES[row["grade"]] + edges * (row["input_share"] > EDGES)


def passes(row):
    """May the metric of this row (or of None) rank?"""
    return row is not None and row["grade"] in RANKING and row.get("passes", True)
