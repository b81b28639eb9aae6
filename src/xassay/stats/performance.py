"""How well the bag models classify the test split, seed by seed, and their permuted-label twins likewise."""

import numpy as np

from xassay.stats.classification import area, brier, calibration_error, precision_area

MEASURES = {"auroc": area, "auprc": precision_area, "brier": brier, "ece": calibration_error}


def cube(predictions, twin, split="test"):
    """(seed, sample, output) logits of a split, labels (sample,), and the seeds; None without a row."""
    rows = predictions[(predictions["twin"] == twin) & (predictions["split"] == split)]
    if rows.empty:
        return None
    rows = rows.sort_values(["seed", "sample"], kind="stable")
    seeds = sorted(rows["seed"].unique())
    outputs = sorted((c for c in rows if c.startswith("logit_")), key=lambda c: int(c[6:]))
    outputs = [c for c in outputs if rows[c].notna().any()]
    logits = rows[outputs].to_numpy(float).reshape(len(seeds), -1, len(outputs))
    return logits, rows["label"].to_numpy(int)[: logits.shape[1]], seeds


def performance(predictions):
    """Rows seed, twin and the MEASURES on the test split; seed -1 is the mean of all seeds' logits."""
    rows = []
    for twin in (False, True):
        if (found := cube(predictions, twin)) is None:
            continue
        logits, label, seeds = found
        logits = np.concatenate([logits.mean(0, keepdims=True), logits])
        values = {name: measure(logits, label) for name, measure in MEASURES.items()}
        for k, seed in enumerate([-1, *map(int, seeds)]):
            rows.append({"seed": seed, "twin": twin} | {name: float(v[k]) for name, v in values.items()})
    return rows
