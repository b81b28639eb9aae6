"""How well the bag models learned: against the labels, and against their permuted-label twins."""

import numpy as np

from xassay.core.contracts import ORACLE
from xassay.stats import classification
from xassay.stats.classification import area, bootstrap_area, brier, calibration_error, precision_area
from xassay.stats.intervals import limits, mean_interval, resampled

MEASURES = {"auroc": area, "auprc": precision_area, "brier": brier, "ece": calibration_error}
DRAWS = 2000
COMPARED = (
    *("twin_auroc", "difference", "difference_lower", "difference_upper"),
    *("loss_gain", "loss_gain_lower", "loss_gain_upper"),  # nats by which the twin's cross-entropy is higher
)


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


def learned(predictions, model, rng, draws=DRAWS):
    """Is the model better than its permuted-label twin, in AUROC or in cross-entropy?

    Both differences are paired by seed and test sample. AUROC: the bootstrap resamples seeds and samples
    together, the same draws for both. Cross-entropy: the interval of crossed seeds and samples; it must beat
    a guess by the classes' shares too, since a twin may be worse than that. Either will do: on easy data an
    untrained network may order the classes perfectly, either way round, so that twins' AUROC lies anywhere
    and says little, while their cross-entropy stays that of a coin; and a model that is over-confident may
    lose in cross-entropy and yet order well. f* did not learn: it is the rule. Without a twin the answer is
    unknown and counts as no."""
    logits, label, seeds = cube(predictions, False)
    weights = resampled(rng, len(seeds), draws), resampled(rng, len(label), draws)
    own = bootstrap_area(logits, label, *weights)
    lower, upper = map(float, limits(own))
    row = {"auroc": area(logits, label).mean(), "lower": lower, "upper": upper}
    twin = cube(predictions, True)
    if twin is None or model == ORACLE:
        nothing = dict.fromkeys(COMPARED, np.nan)
        reason = (
            "the rule that labelled the data" if model == ORACLE else "no permuted-label twin to compare with"
        )
        return row | nothing | {"learned": model == ORACLE, "reason": reason}
    other = area(twin[0], label).mean()
    lower, upper = map(float, limits(own - bootstrap_area(twin[0], label, *weights)))
    own_loss, other_loss = (classification.cross_entropy(x, label) for x in (logits, twin[0]))
    loss = mean_interval(other_loss - own_loss)
    guess = -np.log(np.bincount(label) / len(label))[label]  # what knowing the classes' shares alone gives
    surprised_less = loss.lower > 0 and mean_interval(guess - own_loss).lower > 0
    better = bool(lower > 0 or surprised_less)
    reason = (
        f"{'better' if better else 'no better'} than a model trained on permuted labels "
        f"(AUROC {row['auroc']:.2f} against {other:.2f}, "
        f"cross-entropy {own_loss.mean():.2f} against {other_loss.mean():.2f})"
    )
    difference = (other, row["auroc"] - other, lower, upper, *loss[:3])
    return row | dict(zip(COMPARED, difference, strict=True)) | {"learned": better, "reason": reason}
