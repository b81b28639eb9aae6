"""Reading the study's results; an absent table is empty, with its columns."""

import json

import pandas as pd

from xassay.core.errors import InputError

PAIR = ["dataset", "model"]
COLUMNS = {
    "summary": [*PAIR, "method", "metric", "variant", "n_seeds", "n_samples", "n_nan", "mean", "lower",
                "upper", "sd_seed", "sd_sample", "ranked", "flag", "note"],
    "gates": [*PAIR, "metric", "positive", "negative", "n_positive", "n_negative", "m_positive",
        "s_positive", "m_negative", "s_negative", "z_prime", "grade", "null", "random_mean", "random_lower",
        "random_upper", "margin",
              "within_margin", "noise_rho", "rise", "rise_at", "monotone", "input_mean", "input_share",
              "passes", "reason"],
    "metric_agreement": [*PAIR, "metric", "other", "tau", "n_methods"],
    "concordance": [*PAIR, "n_metrics", "n_methods", "w", "p"],
    "performance": [*PAIR, "seed", "twin", "auroc", "auprc", "brier", "ece", "r", "r2"],
    "learned": [*PAIR, "measure", "score", "lower", "upper", "twin_score", "difference", "difference_lower",
                "difference_upper", "loss_gain", "learned", "reason"],
    "instances": [*PAIR, "method", "seed", "bag_auroc", "instance_auroc", "silent_failure"],
    "ranks": [*PAIR, "metric", "method", "mean_rank", "lower", "upper"],
    "doses": ["series", "option", "dose", *PAIR, "method", "metric", "mean", "lower", "upper", "n_seeds",
              "n_samples", "compared", "twin_p95", "detected", "note"],
    "dose_response": ["series", "option", "model", "method", "metric", "n_doses", "floor", "top", "ec50",
                      "ec50_lower", "ec50_upper", "hill", "limit_of_detection", "detection", "reason"],
    "verdicts": [*PAIR, "method", "verdict", "reasons"],
    "refused": [*PAIR, "method", "metric", "reason"],
    "gallery": [*PAIR, "method", "quantile", "sample", "value", "instance", "cell", "planted", "truth",
                "attribution"],
    "features": [*PAIR, "method", "feature", "attribution", "rank"],
    "datasets": ["dataset", "split", "samples", "positives", "explained", "against", "groups", "instances",
                 "cells", "witness_cells", "reuse", "witness_rate", "citation", "licence", "warning"],
}  # fmt: skip


def read_frames(folder):
    """{name: DataFrame} of the tables in ``folder``. Raises InputError where there is no such folder."""
    if not folder.is_dir():
        raise InputError(f"--tables {folder}: no such folder")
    frames = {}
    for name, columns in COLUMNS.items():
        path = folder / f"{name}.parquet"
        frame = pd.read_parquet(path) if path.exists() else pd.DataFrame()
        frames[name] = frame.reindex(columns=[*columns, *frame.columns.difference(columns)])
    return frames


def read_trust(path):
    """(cards, provenance). Raises InputError where the file is missing or is not JSON."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as fault:
        raise InputError(f"--trust {path}: {fault}") from None
    return found.get("cards", []), found.get("provenance", {})
