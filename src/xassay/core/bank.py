"""The probe bank: a model's answers to masks and orders that no method chose, on disk as HDF5.

Written in blocks of samples; a reader may take blocks, so that memory need not grow with their number. The
step that scores takes all of its evaluated samples at once.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from xassay.core.contracts import Probe
from xassay.core.errors import InputError
from xassay.core.results import writing

ROWS = 64  # samples of one chunk on disk
MORE = ("effect", "decoy", "exact")  # arrays that not every bank has


@dataclass
class Bank:
    """What every method on one model is measured against.

    ids: evaluated samples, the sample axis. probe: the model's answers to masks.
    random: (seed, sample, order, step), the explained logit along random orders of replacement.
    truth: (sample, instance) in {-1, 0, 1}, NaN where absent or unknown.
    effect: (sample, instance), exact phi* where f* is known, else None. decoy: (sample, instance), 1 in what
    was planted without an effect, 0 in the background, or None. exact: (seed, sample, 2, step), the logit
    along the order of the exact attribution and against it, or None.
    """

    ids: list
    probe: Probe
    random: np.ndarray
    truth: np.ndarray
    effect: np.ndarray | None = None
    decoy: np.ndarray | None = None
    exact: np.ndarray | None = None

    def write(self, path):
        """Write as HDF5; nothing is left at ``path`` unless all was written."""
        with create(path, self.ids) as out:
            out.add(self)

    @classmethod
    def read(cls, path, rows=slice(None)):
        """Read what was written, or some samples of it: ``rows``, a slice of the sample axis.

        Raises InputError if ``path`` is not such a file."""
        import h5py

        try:
            with h5py.File(path, "r") as file:
                found = {name: file[name][at(name, rows)] for name in names(file)}
                return cls(
                    ids=json.loads(file["ids"].asstr()[()])[rows],
                    probe=Probe(*(found[f"probe/{k}"] for k in Probe._fields)),
                    random=found["random"],
                    truth=found["truth"],
                    **{name: found.get(name) for name in MORE},
                )
        except (OSError, KeyError) as error:
            raise InputError(f"{path}: cannot be read as a probe bank: {error}") from error


@contextmanager
def create(path, ids):
    """A bank to be written block by block: ``with create(path, ids) as out: out.add(bank)``.

    ids: of all samples. Nothing is left at ``path`` unless every sample was added."""
    import h5py

    with writing(path) as part, h5py.File(part, "w") as file:
        file["ids"] = json.dumps(ids)
        out = Writer(file, len(ids))
        yield out
        if out.done != len(ids):
            raise ValueError(f"{path}: {out.done} of {len(ids)} samples were added to the bank")


class Writer:
    """A bank under way. done: samples added so far."""

    def __init__(self, file, size):
        self.file, self.size, self.done = file, size, 0

    def add(self, bank):
        """Add the next samples; a block may be narrower or wider: NaN, or False in masks, beyond."""
        arrays = {f"probe/{k}": v for k, v in bank.probe._asdict().items()}
        arrays |= {"random": bank.random, "truth": bank.truth}
        arrays |= {k: v for k in MORE if (v := getattr(bank, k)) is not None}
        rows = slice(self.done, self.done + len(bank.ids))
        for name, values in arrays.items():
            values, where = np.asarray(values), at(name, rows)
            data = self.file[name] if name in self.file else self.dataset(name, values)
            if values.ndim > len(where):
                where += (..., slice(values.shape[-1]))
                data.resize(max(values.shape[-1], data.shape[-1]), axis=data.ndim - 1)
            data[where] = values
        self.done = rows.stop

    def dataset(self, name, values):
        """An array of all samples, to be filled; the axis behind that of samples may grow."""
        axis = len(at(name, 0)) - 1
        shape = [*values.shape[:axis], self.size, *values.shape[axis + 1 :]]
        limit = shape if values.ndim - 1 == axis else [*shape[:-1], None]
        chunks = [*shape[:axis], min(ROWS, self.size), *shape[axis + 1 :]]
        return self.file.create_dataset(
            name,
            shape,
            values.dtype,
            chunks=tuple(max(1, n) for n in chunks),
            maxshape=tuple(limit),
            fillvalue=False if values.dtype == bool else np.nan,
            compression="lzf",
            track_times=False,
        )


def at(name, rows):
    """Where samples lie in an array: masks and truth are the same for every seed and have no seed axis."""
    shared = name in ("probe/masks", "truth", "effect", "decoy")
    return (rows,) if shared else (slice(None), rows)


def names(file):
    """Names of a bank's arrays."""
    fields = [f"probe/{k}" for k in Probe._fields]
    return [*fields, "random", "truth", *(name for name in MORE if name in file)]
