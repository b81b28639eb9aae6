"""How well the bag models classify: AUROC, AUPRC, Brier score, expected calibration error.

logits: (..., sample, output), one output for two classes; label: (sample,) integers. With more than two
classes, AUROC and AUPRC are means over one-against-rest problems. Each returns (...).
"""

import numpy as np

from xassay.core.ranks import auroc, average_precision

BINS = 10  # of equal width, of the predicted class's probability


def probabilities(logits):
    """(..., sample, class)."""
    logits = np.asarray(logits, float)
    if logits.shape[-1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], -1)
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


def one_against_rest(statistic, logits, label):
    """Mean of a ranking statistic (score, positive) over the outputs."""
    logits, label = np.asarray(logits, float), np.asarray(label)
    classes = [1] if logits.shape[-1] == 1 else range(logits.shape[-1])
    parts = [statistic(logits[..., k], (label == c).astype(float)) for k, c in enumerate(classes)]
    return np.mean(parts, axis=0)


def area(logits, label):
    """Area under the ROC curve."""
    return one_against_rest(auroc, logits, label)


def precision_area(logits, label):
    """Area under the precision-recall curve, as average precision."""
    return one_against_rest(average_precision, logits, label)


def brier(logits, label):
    """Mean squared error of the probabilities; for two classes, of class 1 alone (brier1950)."""
    p = probabilities(logits)
    truth = np.arange(p.shape[-1]) == np.asarray(label)[:, None]
    error = ((p - truth) ** 2).sum(-1).mean(-1)
    return error / 2 if p.shape[-1] == 2 else error


def calibration_error(logits, label, bins=BINS):
    """Expected calibration error: |confidence - accuracy|, mean over bins by their share (naeini2015)."""
    p = probabilities(logits)
    confidence, right = p.max(-1), p.argmax(-1) == np.asarray(label)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [np.where(bin_of == b, confidence - right, 0).sum(-1) for b in range(bins)]
    return np.abs(gaps).sum(0) / confidence.shape[-1]


def cross_entropy(logits, label):
    """Surprise at each sample's class, -log p, natural logarithm: (..., sample)."""
    logits = np.asarray(logits, float)
    if logits.shape[-1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], -1)
    total = np.logaddexp.reduce(logits, -1)
    return total - logits[..., np.arange(len(label)), np.asarray(label)]


def bootstrap_area(logits, label, seeds, samples):
    """Area under the ROC curve, mean over seeds, of resampled seeds and samples.

    logits: (seed, sample, output); seeds: (draw, seed) and samples: (draw, sample), weights. Returns
    (draw,)."""

    def weighted(score, positive):
        score, positive = np.atleast_2d(score), positive > 0
        above, below = score[:, positive], score[:, ~positive]
        up, down = samples[:, positive], samples[:, ~positive]
        pairs = up.sum(1) * down.sum(1)
        wins = [((up @ _wins(a, b)) * down).sum(1) for a, b in zip(above, below, strict=True)]
        return np.divide(wins, pairs, out=np.full((len(wins), len(pairs)), np.nan), where=pairs > 0)

    area_of = one_against_rest(weighted, logits, label)  # (seed, draw)
    return (seeds.T * area_of).sum(0) / seeds.sum(1)


def _wins(above, below):
    """1 where a positive item scores above a negative one, half where equal: (positive, negative)."""
    return (np.sign(above[:, None] - below) + 1) / 2
