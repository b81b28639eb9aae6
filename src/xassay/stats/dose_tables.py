"""Rows of the tables of series: recovery dose by dose, the curve through it, the limit of detection."""

from itertools import groupby

import numpy as np

from xassay.core.contracts import CONTROL, ORACLE
from xassay.stats import dose, hill
from xassay.stats.intervals import clipped, mean_interval

RECOVERY = ("recovery_auroc", "recovery_ap")
TWINNED = "recovery_auroc"  # what twins are scored by
TWIN, GAIN, FLOOR = "twin_recovery_auroc", "permutation_gain", "control_random"
DOSES = (
    *("series", "option", "dose", "dataset", "model", "method", "metric", "mean", "lower", "upper"),
    *("n_seeds", "n_samples", "compared", "twin_p95", "detected", "note"),
)
RESPONSE = (
    *("series", "option", "model", "method", "metric", "n_doses", "floor", "top", "ec50", "ec50_lower"),
    *("ec50_upper", "hill", "limit_of_detection", "detection", "reason"),
)
REACHED, NOT_REACHED, NOT_EVALUATED = "reached", "not reached", "not evaluated"


def curves(study):
    """(Series, model, metric, method, [(dose, Measured)]) of each method and control, not of what is made
    from their maps (ensembles, negated and noisy maps: ``~`` in the id)."""
    metrics = [study.names[plugin] for plugin in RECOVERY if plugin in study.names]
    for found in dose.series(study.config.get("datasets") or {}):
        members = [one for one in study.measured if one.dataset in found.doses and not found.fault]
        members = sorted(members, key=lambda one: found.doses[one.dataset])
        for model in sorted({one.model for one in members}):
            here = [(found.doses[one.dataset], one) for one in members if one.model == model]
            names = sorted({name for _, one in here for name, *_ in one.tables if "~" not in name})
            for metric in metrics:
                yield from ((found, model, metric, method, here) for method in names)


def doses(study):
    """A row a (series, dose, model, method, metric of recovery)."""
    for found, model, metric, method, here in curves(study):
        for amount, one in here:
            mean = clipped(mean_interval(one.table(method, metric)), one.ranges[metric])
            yield {
                "series": found.name,
                "option": found.option,
                "dose": float(amount),
                "dataset": one.dataset,
                "model": model,
                "method": method,
                "metric": metric,
                **{key: getattr(mean, key) for key in ("mean", "lower", "upper", "n_seeds", "n_samples")},
                **detection(study, one, method, metric),
            }


def curve_of(row):
    """What a row of ``doses`` is a point of."""
    return row["series"], row["model"], row["metric"], row["method"]


def detection(study, one, method, metric):
    """Is a method detected at one dose? The mean that is compared, the percentile, the answer or why none."""
    value = bar = np.nan
    note = undetectable(study, one, method, metric)
    if not note and one.model == ORACLE:
        value, bar = dose.against_random(one.table(method, metric), one.table(FLOOR, metric))
        note = "" if np.isfinite(bar) else "no truth, or no random map to compare with"
    elif not note:
        gain, twin = (one.table(method, study.names[plugin], "twin") for plugin in (GAIN, TWIN))
        if gain.size:
            value, bar = dose.against_twins(gain, twin)
        note = "" if np.isfinite(bar) else "no spread between twins: fewer than two seeds with a twin's map"
    known, most = bool(np.isfinite(bar)), one.ranges[metric][1]
    if known and bar >= most:
        note = (
            f"blanks vary so much that nothing up to {most:g} exceeds their percentile: more seeds are needed"
        )
    return {
        "compared": value,
        "twin_p95": bar,
        "detected": bool(value > bar) if known else None,
        "note": note,
    }


def undetectable(study, one, method, metric):
    """Why a limit of detection is not asked for, or an empty text."""
    if method.startswith(CONTROL):
        return "a control has no limit of detection"
    if one.model == ORACLE:
        return ""
    if metric != study.names.get(TWINNED):
        return "twins are scored by AUROC alone"
    missing = [plugin for plugin in (TWIN, GAIN) if plugin not in study.names]
    return f"{' and '.join(missing)} not part of this study" if missing else ""


def dose_response(study):
    """A row a (series, model, method, metric): Hill curve and limit of detection; one for a faulty series."""
    rows = {key: list(group) for key, group in groupby(doses(study), key=curve_of)}
    for found in dose.series(study.config.get("datasets") or {}):
        if found.fault:
            told = {"series": found.name, "option": found.option, "n_doses": 0, "reason": found.fault}
            told |= {"detection": NOT_EVALUATED} | dict.fromkeys(("model", "method", "metric"), "")
            yield dict.fromkeys(RESPONSE, np.nan) | told
    for found, model, metric, method, here in curves(study):
        own = rows[found.name, model, metric, method]
        random = rows.get((found.name, model, metric, FLOOR), [])
        floor = mean_of([row["mean"] for row in random])
        tables = [(amount, one.table(method, metric)) for amount, one in here]
        rng = study.rng("dose", found.name, model, method, metric)
        curve = hill.fitted(tables, floor, study.metrics[metric].card["range"][1], rng)
        limit = detected(own)
        yield {
            "series": found.name,
            "option": found.option,
            "model": model,
            "method": method,
            "metric": metric,
            "floor": floor,
            **curve,
            **limit,
            "reason": "; ".join(filter(None, (curve["reason"], limit["reason"]))),
        }


def detected(rows):
    """Limit of detection from a method's rows of ``doses``, smallest dose first."""
    if all(row["detected"] is None for row in rows):
        control = rows[0]["method"].startswith(CONTROL)
        told = "" if control else f"limit of detection not evaluated: {rows[-1]['note']}"
        return {"limit_of_detection": np.nan, "detection": NOT_EVALUATED, "reason": told}
    limit = dose.limit_of_detection([row["dose"] for row in rows], [row["detected"] is True for row in rows])
    reached = bool(np.isfinite(limit))
    lost = [f"{row['dose']:g}" for row in rows if row["detected"] is None]
    told = [] if reached else ["limit of detection not reached"]
    told += [f"not compared at {', '.join(lost)}, which counts as not detected"] if lost else []
    if blind := [row for row in rows if row["detected"] is False and row["note"]]:
        told.append(f"at {', '.join(str(row['dose']) for row in blind)} {blind[0]['note']}")
    told += [f"detection against {FLOOR}: f* has no twin"] if rows[0]["model"] == ORACLE else []
    return {
        "limit_of_detection": limit,
        "detection": REACHED if reached else NOT_REACHED,
        "reason": "; ".join(told),
    }


def limits(study):
    """{(data set, model, method): what its trust card says of the limit of detection of its series}."""
    metric, found = study.names.get(TWINNED), {}
    rows = [row for row in doses(study) if row["metric"] == metric and not row["method"].startswith(CONTROL)]
    for _, group in groupby(rows, key=lambda row: (row["series"], row["model"], row["method"])):
        group = list(group)
        limit = detected(group)
        for row in group:
            found[row["dataset"], row["model"], row["method"]] = card_line(row, limit)
    return found


def card_line(row, limit):
    """What a trust card says: it informs, and judges nothing."""
    value, option = limit["limit_of_detection"], row["option"]
    told = {
        REACHED: f"detected from {option} {value:g} on; this data set has {row['dose']:g}",
        NOT_REACHED: f"not reached in {row['series']}, a series of {option}",
    }
    return {
        "series": row["series"],
        "option": option,
        "dose": row["dose"],
        "limit": value,
        "status": limit["detection"],
        "text": told.get(limit["detection"], limit["reason"]),
    }


def mean_of(values):
    """Mean of the finite values, NaN where there is none."""
    values = np.array([value for value in values if np.isfinite(value)])
    return float(values.mean()) if len(values) else np.nan
