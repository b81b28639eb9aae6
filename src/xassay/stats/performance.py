"""How well the models answer on the test split, seed by seed, and their permuted-label twins likewise."""

import numpy as np

from xassay.stats.classification import area, brier, calibration_error, precision_area
from xassay.stats.regression import correlation, explained_variance

CLASSES = {"auroc": area, "auprc": precision_area, "brier": brier, "ece": calibration_error}
NUMBERS = {"r": correlation, "r2": explained_variance}


def cube(predictions, twin, split="test"):
    """(seed, sample, output) logits of a split, labels (sample,), and the seeds; None without a row.

    Labels are integers, or numbers to be predicted."""
    rows = predictions[(predictions["twin"] == twin) & (predictions["split"] == split)]
    if rows.empty:
        return None
    rows = rows.sort_values(["seed", "sample"], kind="stable")
    seeds = sorted(rows["seed"].unique())
    outputs = sorted((c for c in rows if c.startswith("logit_")), key=lambda c: int(c[6:]))
    outputs = [c for c in outputs if rows[c].notna().any()]
    logits = rows[outputs].to_numpy(float).reshape(len(seeds), -1, len(outputs))
    return logits, rows["label"].to_numpy()[: logits.shape[1]], seeds


def performance(predictions):
    """Rows seed, twin and the measures on the test split; seed -1 is the mean of all seeds' logits.

    NaN in those of CLASSES or of NUMBERS, whichever labels are not."""
    rows = []
    for twin in (False, True):
        if (found := cube(predictions, twin)) is None:
            continue
        logits, label, seeds = found
        logits = np.concatenate([logits.mean(0, keepdims=True), logits])
        measures = NUMBERS if numbers(label) else CLASSES
        values = {name: measure(logits, label) for name, measure in measures.items()}
        for k, seed in enumerate([-1, *map(int, seeds)]):
            own = {name: float(v[k]) for name, v in values.items()}
            rows.append({"seed": seed, "twin": twin} | dict.fromkeys((*CLASSES, *NUMBERS), np.nan) | own)
    return rows


def numbers(label):
    """Whether labels are numbers to be predicted, not classes."""
    return np.asarray(label).dtype.kind == "f"
