"""A user's .h5ad, read piece by piece: only the rows and genes asked for are ever in memory."""

from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from xassay.core.errors import InputError

BLOCK = 4096  # rows of the file in memory at a time


@contextmanager
def opened(path):
    """The file as an open ``h5py.File`` that holds an AnnData. Raises InputError for anything else."""
    import h5py

    if not Path(path).is_file():
        raise InputError(f"path: {str(path)!r} does not exist or is no file; allowed: an .h5ad file")
    if not h5py.is_hdf5(path):
        raise InputError(f"path: {str(path)!r} is not an .h5ad file (no HDF5 signature)")
    try:
        file = h5py.File(path, "r")
    except OSError as fault:
        raise InputError(f"path: {str(path)!r} is damaged or truncated: {first(fault)}") from None
    with file:
        if missing := [key for key in ("X", "obs", "var") if key not in file]:
            raise InputError(f"path: {str(path)!r} is not an .h5ad file: it holds no {', '.join(missing)}")
        yield file


def first(fault):
    """First line of an error's message."""
    return (str(fault).splitlines() or [type(fault).__name__])[0]


def frame(file, name):
    """``obs`` or ``var`` as a DataFrame. Raises InputError for a damaged one."""
    from anndata.io import read_elem

    try:
        return read_elem(file[name])
    except Exception as fault:  # h5py and anndata raise many kinds here
        raise InputError(f"{file.filename}: {name} cannot be read: {first(fault)}") from None


def column(table, name, option):
    """A column of obs. Raises InputError that names the nearest spelling and all columns."""
    if name in table:
        return table[name]
    near = get_close_matches(str(name), list(map(str, table.columns)), 1, 0)
    hint = f"nearest: {near[0]!r}; " if near else ""
    allowed = ", ".join(map(str, table.columns)) or "none"
    raise InputError(f"{option}: obs has no column {name!r}; {hint}allowed: {allowed}")


def matrix(file, layer):
    """X, or a layer, as it lies in the file: an h5py dataset or anndata's sparse one, not yet read."""
    from anndata.io import sparse_dataset

    layers = list(file.get("layers", ()))
    if layer is not None and layer not in layers:
        allowed = ", ".join(layers) or "none (X alone)"
        raise InputError(f"layer: the file has no layer {layer!r}; allowed: {allowed}")
    stored = file["X"] if layer is None else file["layers"][layer]
    return stored if hasattr(stored, "dtype") else sparse_dataset(stored)


def blocks(stored, rows, genes=None):
    """Parts of a stored matrix in the order of the file.

    rows: sorted row numbers; genes: sorted column numbers, or None for all. At most ``BLOCK`` rows of the
    file are in memory at a time (a matrix compressed by columns: that many genes). Yields
    (slice into rows, slice into genes, values (row, gene) sparse CSR or dense).

    Raises InputError where values are missing, infinite or cannot be read."""
    genes = np.arange(stored.shape[1]) if genes is None else genes
    by_column = getattr(stored, "format", "") == "csc"
    wanted, step = (genes, max(1, BLOCK // 16)) if by_column else (rows, BLOCK)
    for start in range(0, stored.shape[1] if by_column else stored.shape[0], step):
        part = slice(*np.searchsorted(wanted, [start, start + step]))
        if part.start == part.stop:
            continue
        inside = wanted[part] - start
        try:
            values = stored[:, start : start + step] if by_column else stored[start : start + step]
        except (OSError, RuntimeError, ValueError) as fault:
            raise InputError(f"X cannot be read; the file is damaged or truncated: {first(fault)}") from None
        values = values[rows][:, inside] if by_column else values[inside][:, genes]
        if not np.isfinite(values.data if hasattr(values, "tocsr") else values).all():
            raise InputError("X has NaN or infinite values in the used cells and genes; allowed: finite")
        values = values.tocsr() if hasattr(values, "tocsr") else values
        yield (slice(0, len(rows)), part, values) if by_column else (part, slice(0, len(genes)), values)


def read(stored, rows, genes):
    """Rows (sorted) and genes (sorted) as float32: CSR if stored sparse, else dense."""
    from scipy import sparse

    parts = [(values.astype(np.float32), r, g) for r, g, values in blocks(stored, rows, genes)]
    if not hasattr(parts[0][0], "tocsr"):
        return np.concatenate([values for values, _, _ in parts])
    by_column = getattr(stored, "format", "") == "csc"
    stack = sparse.hstack if by_column else sparse.vstack
    return stack([values for values, _, _ in parts], format="csr")


def variance(stored, rows):
    """Variance of each gene over ``rows`` (sorted), from sums over blocks. Returns (gene,)."""
    total, square = np.zeros(stored.shape[1]), np.zeros(stored.shape[1])
    for _, genes, values in blocks(stored, rows):
        squared = values.multiply(values) if hasattr(values, "tocsr") else np.square(values, dtype=np.float64)
        total[genes] += np.asarray(values.sum(0, dtype=np.float64)).ravel()
        square[genes] += np.asarray(squared.sum(0, dtype=np.float64)).ravel()
    return square / len(rows) - (total / len(rows)) ** 2
