"""The reference input: declared by the data set, the same for methods and metrics."""

import numpy as np

from xassay.core.errors import InputError

KINDS = ("training_cells", "mean", "zero")


def baseline(samples, x, rng, *, kind="training_cells", references=2):
    """Reference inputs of bags.

    x: (sample, instance, feature), NaN rows where an instance is absent. Every present instance is
    replaced: by a cell drawn from negative training bags (``training_cells``), by their mean cell
    (``mean``) or by zeros (``zero``); with more than two classes, cells of all training bags.
    Returns (reference, sample, instance, feature) float32 with the same NaN rows; ``mean`` and
    ``zero`` have one reference whatever ``references`` says.

    Raises InputError for another kind."""
    if kind not in KINDS:
        raise InputError(f"baseline: {kind!r} is unknown; allowed: {', '.join(KINDS)}")
    absent = np.isnan(x).any(-1)
    if kind == "zero":
        out = np.zeros((1, *x.shape), np.float32)
    else:
        rows = negative_rows(samples)
        if kind == "mean":
            out = np.broadcast_to(
                np.asarray(samples.X[rows].mean(0), np.float32).ravel(), (1, *x.shape)
            ).copy()
        else:
            drawn = rng.choice(rows, size=(references, *x.shape[:2]))
            cells = samples.X[drawn.ravel()]
            cells = cells.toarray() if hasattr(cells, "toarray") else cells
            out = np.asarray(cells, np.float32).reshape(references, *x.shape)
    out[:, absent] = np.nan
    return out


def negative_rows(samples):
    """Row numbers of the instances of negative training bags (of all training bags if not binary)."""
    train = samples.samples["split"] == "train"
    if samples.n_outputs == 1:
        train &= samples.samples["label"] == 0
    return np.flatnonzero(samples.obs["bag"].isin(samples.samples.index[train]))
