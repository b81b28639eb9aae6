"""Did a model learn? Only if it is better than its twin, which was trained on permuted labels.

Two tests, and either will do. AUROC: how well the answers are ordered. Cross-entropy: how much is known of
each label. On easy data an untrained network may order the classes perfectly, either way round, so that
the twins' AUROC lies anywhere and says little, while their cross-entropy is that of a coin or worse; a model
that is over-confident, in turn, may lose in cross-entropy although it orders well. Of numbers that are
predicted, the two are their correlation with the labels and the squared error, in units of its variance.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xassay.core.contracts import ORACLE
from xassay.stats.classification import area, bootstrap_area, cross_entropy
from xassay.stats.intervals import limits, mean_interval, resampled
from xassay.stats.performance import cube, numbers
from xassay.stats.regression import bootstrap_correlation, correlation, squared_error

DRAWS = 2000
COMPARED = (
    *("twin_score", "difference", "difference_lower", "difference_upper"),
    *("loss_gain", "loss_gain_lower", "loss_gain_upper"),  # in nats or variances
)


def learned(predictions, model, rng, draws=DRAWS):
    """A row of the learned table: AUROC or r, its difference to the twin's, loss saved, the answer.

    predictions: of one (data set, model), twins included. f* did not learn: it is the rule. Without a twin
    the answer is unknown and counts as no."""
    logits, label, seeds = cube(predictions, False)
    weights = resampled(rng, len(seeds), draws), resampled(rng, len(label), draws)
    kind = NUMBERS if numbers(label) else CLASSES
    own = kind.bootstrap(logits, label, *weights)
    row = {"measure": kind.name, "score": kind.score(logits, label).mean()}
    row |= dict(zip(("lower", "upper"), map(float, limits(own))))
    twin = cube(predictions, True)
    if twin is None or model == ORACLE:
        known = model == ORACLE
        reason = "the rule that labelled the data" if known else "no permuted-label twin to compare with"
        return row | dict.fromkeys(COMPARED, np.nan) | {"learned": known, "reason": reason}
    ordered = order(kind, own, row["score"], twin[0], label, weights)
    saved, surprised_less = surprise(kind, logits, twin[0], label)
    better = bool(ordered[2] > 0 or surprised_less)
    return (
        row
        | dict(zip(COMPARED, (*ordered, *saved[:3]), strict=True))
        | {"learned": better, "reason": told(better, kind.name, row["score"], ordered, len(label))}
    )


class Kind(NamedTuple):
    """How answers are measured: a score, larger is better, its bootstrap, and a loss of each sample."""

    name: str
    score: Callable
    bootstrap: Callable
    loss: Callable
    guess: Callable  # the loss of one who knows the labels' law alone


def guess_class(label):
    """Surprise at each label of a guess by the classes' shares."""
    return -np.log(np.bincount(label) / len(label))[label]


def error(logits, label):
    """Squared error in units of the labels' variance."""
    return squared_error(logits, label) / np.var(label)


def guess_number(label):
    """Squared error of the labels' mean, in units of their variance."""
    return (label - label.mean()) ** 2 / np.var(label)


CLASSES = Kind("AUROC", area, bootstrap_area, cross_entropy, guess_class)
NUMBERS = Kind("correlation", correlation, bootstrap_correlation, error, guess_number)


def order(kind, own, score, twin, label, weights):
    """The twin's score, and how much higher the model's is with its limits.

    own: bootstrap draws of the model's score, whose mean over seeds is ``score``. Seeds and samples are
    resampled together, the same draws for both, since they share the seeds' numbers and the samples."""
    other = kind.score(twin, label).mean()
    lower, upper = map(float, limits(own - kind.bootstrap(twin, label, *weights)))
    return other, score - other, lower, upper


def surprise(kind, logits, twin, label):
    """Loss saved against the twin, paired by seed and sample (an Interval), and whether it is real.

    It must save against a guess by the labels' law too: a twin may be worse than that."""
    own, other = (kind.loss(answers, label) for answers in (logits, twin))
    saved = mean_interval(other - own)
    return saved, saved.lower > 0 and mean_interval(kind.guess(label) - own).lower > 0


def told(better, name, score, ordered, n):
    """The answer in words."""
    other, difference, lower, upper = ordered
    numbers = f"{name} {score:.2f} against {other:.2f}"
    numbers += f", difference {difference:.2f} ({lower:.2f} to {upper:.2f})"
    if better:
        return f"better than a model trained on permuted labels ({numbers})"
    return f"not told apart from a model trained on permuted labels by {n} test samples ({numbers})"
