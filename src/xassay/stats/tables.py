"""The rows of every table of a study. A table is named like its function; COLUMNS orders its columns."""

import numpy as np

from xassay.core.contracts import CONTROL, ORACLE
from xassay.core.scoring import COMPARED, SUPPLIED
from xassay.stats import dose_tables
from xassay.stats import performance as models
from xassay.stats.concordance import concordance as concordant
from xassay.stats.concordance import pairwise
from xassay.stats.intervals import clipped, mean_interval
from xassay.stats.ranking import bootstrap_ranks
from xassay.stats.summary import note, why_nothing

CORNER = {"bag": 0.9, "instance": 0.7}
KEYS = ("dataset", "model", "method", "metric")
COLUMNS = {
    "summary": (
        *KEYS, "variant", "n_seeds", "n_samples", "n_nan", "mean", "lower", "upper", "sd_seed", "sd_sample",
        "ranked", "flag", "note",
    ),
    "gates": (
        "dataset", "model", "metric", "positive", "negative", "n_positive", "n_negative", "m_positive",
        "s_positive", "m_negative", "s_negative", "z_prime", "grade", "null", "random_mean", "random_lower",
        "random_upper", "margin",
        "within_margin", "noise_rho", "rise", "rise_at", "monotone", "input_mean", "input_share", "passes",
        "reason",
    ),
    "metric_agreement": ("dataset", "model", "metric", "other", "tau", "n_methods"),
    "concordance": ("dataset", "model", "n_metrics", "n_methods", "w", "p"),
    "performance": ("dataset", "model", "seed", "twin", "auroc", "auprc", "brier", "ece", "r", "r2"),
    "learned": (
        "dataset", "model", "measure", "score", "lower", "upper", "twin_score", "difference",
        "difference_lower", "difference_upper", "loss_gain", "loss_gain_lower", "loss_gain_upper", "learned",
        "reason",
    ),
    "instances": ("dataset", "model", "method", "seed", "bag_auroc", "instance_auroc", "silent_failure"),
    "ranks": ("dataset", "model", "metric", "method", "mean_rank", "lower", "upper"),
    "doses": dose_tables.DOSES,
    "dose_response": dose_tables.RESPONSE,
    "refused": (*KEYS, "reason"),
    "datasets": (
        "dataset", "split", "samples", "positives", "explained", "against", "groups", "instances", "cells",
        "witness_cells", "reuse", "witness_rate", "citation", "licence", "warning",
    ),
}  # fmt: skip


def summary(study):
    """Means with intervals, one row a (method, metric, level)."""
    for one in study.measured:
        flags = {method: study.flag(one, method) for method, *_ in one.tables}
        for (method, metric, level), table in one.tables.items():
            found = clipped(mean_interval(table), one.ranges[metric])
            yield {
                **identity(one, method, metric),
                "variant": level,
                **found._asdict(),
                "ranked": study.ranked(one, method, metric),
                "flag": flags[method],
                "note": note(table, found, study.metrics[metric].arrays),
            }


def gates(study):
    """What each gated metric says of its controls, and its grade."""
    return [row for found in study.gates.values() for row in found.values()]


def metric_agreement(study):
    """How alike two metrics rank the methods, a row a pair of metrics that rank here."""
    for one in study.measured:
        metrics, scores = study.standings(one)
        tau, number = pairwise(scores)
        for i, metric in enumerate(metrics):
            for j, other in enumerate(metrics):
                if i < j:
                    pair = {"dataset": one.dataset, "model": one.model, "metric": metric, "other": other}
                    yield pair | {"tau": tau[i, j], "n_methods": number[i, j]}


def concordance(study):
    """Kendall's W of the metrics that rank here."""
    for one in study.measured:
        rng = study.rng("concordance", one.dataset, one.model)
        metrics, scores = study.standings(one)
        families = [study.metrics[metric].card["family"] for metric in metrics]
        found = concordant(scores, rng, families=families)._asdict()
        yield {"dataset": one.dataset, "model": one.model} | found


def performance(study):
    """How well the models answer on the test split."""
    for (dataset, model), frame in study.predictions.items():
        for row in models.performance(frame):
            yield {"dataset": dataset, "model": model} | row


def learned(study):
    """Is each model better than its permuted-label twin?"""
    return list(study.learned.values())


def instances(study):
    """Bag against instance AUROC, a method and seed: the right label for the wrong cells fails silently."""
    corner = CORNER | (study.config.get("silent_failure") or {})
    recovery = study.names.get("recovery_auroc")
    for one in study.measured:
        frame = study.predictions[one.dataset, one.model]
        bag = {row["seed"]: row["auroc"] for row in models.performance(frame) if not row["twin"]}
        if np.isnan(list(bag.values())).all():
            continue  # numbers, of which no answer is simply right
        for (method, metric, level), table in one.tables.items():
            for seed, values in zip(one.seeds[method, metric, level], table) if metric == recovery else ():
                value = np.nanmean(values) if np.isfinite(values).any() else np.nan
                yield {
                    "dataset": one.dataset,
                    "model": one.model,
                    "method": method,
                    "seed": int(seed),
                    "bag_auroc": bag[seed],
                    "instance_auroc": value,
                    "silent_failure": bool(
                        not method.startswith(CONTROL)
                        and bag[seed] >= corner["bag"]
                        and value < corner["instance"]
                    ),
                }


def ranks(study):
    """Ranks of the contestants, ensembles of seeds among them, by every metric that may rank."""
    for one in study.measured:
        for metric, entry in study.metrics.items():
            keys = [key for key in one.tables if key[1] == metric and study.ranked(one, *key[:2])]
            if not keys:
                continue
            shape = max(
                one.tables[key].shape for key in keys
            )  # an ensemble has one row, the same for every seed
            tables = [np.broadcast_to(one.tables[key], shape) for key in keys]
            rng = study.rng("ranks", one.dataset, one.model, metric)
            found = bootstrap_ranks(tables, entry.card["direction"], rng)
            for (method, *_), mean, lower, upper in zip(keys, *found):
                yield identity(one, method, metric) | {"mean_rank": mean, "lower": lower, "upper": upper}


def doses(study):
    """Recovery dose by dose, where data sets are a series, beside that on permuted-label twins."""
    return dose_tables.doses(study)


def dose_response(study):
    """The Hill curve of every method along a series, and its limit of detection."""
    return dose_tables.dose_response(study)


def refused(study, known):
    """Pairs that cannot be, and what was not evaluated, each with its reason.

    known: rows that the configuration already tells; an empty text in them stands for all."""
    yield from known
    told = {(row["dataset"], row["model"], row["metric"]) for row in known if not row["method"]}
    for one in study.measured:
        for method in study.contestants(one):
            for metric, entry in study.metrics.items():
                tables = one.levels(method, metric)
                if (one.dataset, one.model, metric) in told or any(np.isfinite(t).any() for t in tables):
                    continue
                why = why_nothing(entry.arrays) if tables else why_absent(entry.arrays, one.model)
                yield identity(one, method, metric) | {"reason": f"not evaluated: {why}"}


def why_absent(arrays, model):
    """Why a metric gave no row at all."""
    if "replicates" in arrays:
        return "one replicate only" + (", f* is not trained" if model == ORACLE else "")
    tests = [name for name in arrays if name not in SUPPLIED and name not in COMPARED]
    return f"no variant of {' and '.join(tests)}" if tests else "nothing to compare with"


def datasets(samples):
    """The data sets' splits: what was drawn and explained, how often a cell is reused, whose data they are.

    Samples of one group are not independent, so ``groups`` says how much a split's intervals can mean."""
    for one in samples:
        for name, table in one.samples.groupby(one.samples["split"].astype(str), sort=True):
            counted = one.census(name)
            yield {
                "dataset": one.name,
                "split": name,
                "samples": len(table),
                "positives": np.nan if one.regression else int((table["label"] > 0).sum()),
                **explained(one),
                "groups": table["group"].nunique(),
                **counted,
                "reuse": counted["instances"] / max(counted["cells"], 1) if one.kind == "bag" else np.nan,
                "citation": one.source.get("citation", ""),
                "licence": one.source.get("licence", ""),
                "warning": one.source.get("warning", "") if name == "test" else "",
            }


def explained(one):
    """Which output is explained, against which."""
    if one.regression:
        return {"explained": "the number", "against": ""}
    binary = len(one.classes) == 2
    names = (str(one.classes[1]), str(one.classes[0])) if binary else ("its own class", "the other classes")
    return dict(zip(("explained", "against"), names))


def identity(one, method, metric):
    """What every row of a measurement begins with."""
    return {"dataset": one.dataset, "model": one.model, "method": method, "metric": metric}
