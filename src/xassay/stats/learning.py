"""Did a model learn? Only if it is better than its twin, which was trained on permuted labels.

Two tests, and either will do. AUROC: how well the answers are ordered. Cross-entropy: how much is known of
each label. On easy data an untrained network may order the classes perfectly, either way round, so that
the twins' AUROC lies anywhere and says little, while their cross-entropy is that of a coin or worse; a model
that is over-confident, in turn, may lose in cross-entropy although it orders well.
"""

import numpy as np

from xassay.core.contracts import ORACLE
from xassay.stats.classification import area, bootstrap_area, cross_entropy
from xassay.stats.intervals import limits, mean_interval, resampled
from xassay.stats.performance import cube

DRAWS = 2000
COMPARED = (
    *("twin_auroc", "difference", "difference_lower", "difference_upper"),
    *("loss_gain", "loss_gain_lower", "loss_gain_upper"),  # nats by which the twin's cross-entropy is higher
)


def learned(predictions, model, rng, draws=DRAWS):
    """A row of the learned table: AUROC, its difference to the twin's, cross-entropy saved, the answer.

    predictions: of one (data set, model), twins included. f* did not learn: it is the rule. Without a twin
    the answer is unknown and counts as no."""
    logits, label, seeds = cube(predictions, False)
    weights = resampled(rng, len(seeds), draws), resampled(rng, len(label), draws)
    own = bootstrap_area(logits, label, *weights)
    row = {"auroc": area(logits, label).mean()} | dict(zip(("lower", "upper"), map(float, limits(own))))
    twin = cube(predictions, True)
    if twin is None or model == ORACLE:
        known = model == ORACLE
        reason = "the rule that labelled the data" if known else "no permuted-label twin to compare with"
        return row | dict.fromkeys(COMPARED, np.nan) | {"learned": known, "reason": reason}
    ordered = order(own, row["auroc"], twin[0], label, weights)
    saved, surprised_less = surprise(logits, twin[0], label)
    better = bool(ordered[2] > 0 or surprised_less)
    return (
        row
        | dict(zip(COMPARED, (*ordered, *saved[:3]), strict=True))
        | {"learned": better, "reason": told(better, row["auroc"], ordered, len(label))}
    )


def order(own, auroc, twin, label, weights):
    """The twin's AUROC, and how much higher the model's is with its limits.

    own: bootstrap draws of the model's AUROC, whose mean over seeds is ``auroc``. Seeds and samples are
    resampled together, the same draws for both, since they share the seeds' numbers and the samples."""
    other = area(twin, label).mean()
    lower, upper = map(float, limits(own - bootstrap_area(twin, label, *weights)))
    return other, auroc - other, lower, upper


def surprise(logits, twin, label):
    """Cross-entropy saved against the twin, paired by seed and sample (an Interval), and whether it is real.

    It must save against a guess by the classes' shares too: a twin may be worse than that."""
    own, other = (cross_entropy(answers, label) for answers in (logits, twin))
    saved = mean_interval(other - own)
    guess = -np.log(np.bincount(label) / len(label))[label]
    return saved, saved.lower > 0 and mean_interval(guess - own).lower > 0


def told(better, auroc, ordered, n):
    """The answer in words."""
    other, difference, lower, upper = ordered
    numbers = (
        f"AUROC {auroc:.2f} against {other:.2f}, difference {difference:.2f} ({lower:.2f} to {upper:.2f})"
    )
    if better:
        return f"better than a model trained on permuted labels ({numbers})"
    return f"not told apart from a model trained on permuted labels by {n} test bags ({numbers})"
