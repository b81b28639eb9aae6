"""How well the models predict numbers: Pearson's correlation and the explained share of the variance.

logits: (..., sample, output), the first output is the prediction; label: (sample,) numbers. Each returns
(...).
"""

import numpy as np

from xassay.core.ranks import ratio


def correlation(logits, label):
    """Pearson's correlation of prediction and label; NaN where the prediction is constant."""
    given = np.asarray(logits, float)[..., 0]
    given, label = given - given.mean(-1, keepdims=True), label - np.mean(label)
    return ratio((given * label).sum(-1), np.sqrt((given**2).sum(-1) * (label**2).sum()))


def explained_variance(logits, label):
    """R^2 = 1 - mean squared error / variance: below 0 where the mean of the labels is a better guess."""
    return 1 - squared_error(logits, label).mean(-1) / np.var(label)


def squared_error(logits, label):
    """(prediction - label)^2: (..., sample)."""
    return (np.asarray(logits, float)[..., 0] - label) ** 2


def bootstrap_correlation(logits, label, seeds, samples):
    """Correlation, mean over seeds, of resampled seeds and samples.

    logits: (seed, sample, output); seeds: (draw, seed) and samples: (draw, sample), weights. Returns
    (draw,)."""
    samples = samples / samples.sum(1, keepdims=True)
    given = np.asarray(logits, float)[..., 0]
    given, label = given - given.mean(-1, keepdims=True), label - np.mean(label)  # against cancellation
    mean, own = samples @ given.T, (samples @ label)[:, None]  # (draw, seed), (draw, 1)
    spread = np.sqrt(
        np.maximum(samples @ (given**2).T - mean**2, 0)
        * np.maximum((samples @ label**2)[:, None] - own**2, 0)
    )
    found = ratio(samples @ (given * label).T - mean * own, spread)
    return (seeds * found).sum(1) / seeds.sum(1)
