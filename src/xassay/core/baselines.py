"""The reference input: declared by the data set, the same for methods and metrics."""

import numpy as np

from xassay.core.errors import InputError

KINDS = ("training_cells", "counterfactual", "shuffle", "mean", "zero")
POOL = 20_000  # cells among which the nearest one is sought
BLOCK = 64 << 20  # bytes of distances at a time


def baseline(samples, x, rng, *, kind="training_cells", references=2):
    """Reference inputs of bags.

    x: (sample, instance, feature), NaN rows where an instance is absent. Every present instance is replaced,
    with ``references`` draws of
      training_cells: a cell of a negative training bag;
      shuffle: each feature from a cell of its own among these, which keeps every gene's law and breaks their
        dependence;
    or with one reference of
      counterfactual: the most similar cell (Euclidean) of a negative training bag, the nearest unlike
        neighbour (dasarathy1995), sought among at most ``POOL`` cells;
      mean: the mean of these cells;
      zero: zeros.
    With more than two classes, cells of all training bags.
    Returns (reference, sample, instance, feature) float32 with the same NaN rows.

    Raises InputError for another kind."""
    if kind not in KINDS:
        raise InputError(f"baseline: {kind!r} is unknown; allowed: {', '.join(KINDS)}")
    absent = np.isnan(x).any(-1)
    if kind == "zero":
        out = np.zeros((1, *x.shape), np.float32)
    else:
        rows = negative_rows(samples)
        if kind == "mean":
            mean = np.asarray(samples.X[rows].mean(0), np.float32).ravel()
            out = np.broadcast_to(mean, (1, *x.shape)).copy()
        elif kind == "counterfactual":
            pool = rows if len(rows) <= POOL else np.sort(rng.choice(rows, POOL, replace=False))
            out = np.zeros((1, *x.shape), np.float32)
            out[0, ~absent] = nearest(x[~absent], dense(samples.X[pool]))
        else:
            cells = dense(samples.X[rng.choice(rows, size=(references, *x.shape[:2])).ravel()])
            if kind == "shuffle":
                cells = rng.permuted(cells, axis=0)
            out = cells.reshape(references, *x.shape)
    out[:, absent] = np.nan
    return out


def nearest(x, pool):
    """The row of ``pool`` nearest to each of x. x: (cell, feature); pool: (other, feature). Shape of x."""
    squares = np.einsum("of,of->o", pool, pool)
    size = max(1, BLOCK // (4 * len(pool)))
    found = [(squares - 2 * x[k : k + size] @ pool.T).argmin(1) for k in range(0, len(x), size)]
    return pool[np.concatenate(found)]


def dense(rows):
    """Rows of X as a dense float32 array."""
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, np.float32)


def negative_rows(samples):
    """Row numbers of the instances of negative training bags (of all training bags if not binary)."""
    train = samples.samples["split"] == "train"
    if samples.n_outputs == 1:
        train &= samples.samples["label"] == 0
    return np.flatnonzero(samples.obs["bag"].isin(samples.samples.index[train]))
