"""The probe bank: a model's answers to masks and orders that no method chose, on disk as HDF5."""

import json
from dataclasses import dataclass

import numpy as np

from xassay.core.contracts import Probe
from xassay.core.errors import InputError
from xassay.core.results import writing


@dataclass
class Bank:
    """What every method on one model is measured against.

    ids: evaluated samples, the sample axis. probe: the model's answers to masks.
    random: (seed, sample, order, step), the explained logit along random orders of replacement.
    truth: (sample, instance) in {-1, 0, 1}, NaN where absent or unknown.
    effect: (sample, instance), exact phi* where f* is known, else None.
    """

    ids: list
    probe: Probe
    random: np.ndarray
    truth: np.ndarray
    effect: np.ndarray | None = None

    def write(self, path):
        """Write as HDF5; nothing is left at ``path`` unless all was written."""
        import h5py

        arrays = {f"probe/{k}": v for k, v in self.probe._asdict().items()}
        arrays |= {"random": self.random, "truth": self.truth}
        if self.effect is not None:
            arrays["effect"] = self.effect
        with writing(path) as part, h5py.File(part, "w") as file:
            file.attrs["ids"] = json.dumps(self.ids)
            for name, values in arrays.items():
                file.create_dataset(name, data=np.asarray(values), compression="lzf", track_times=False)

    @classmethod
    def read(cls, path):
        """Read what ``write`` wrote. Raises InputError if ``path`` is not such a file."""
        import h5py

        try:
            with h5py.File(path, "r") as file:
                return cls(
                    ids=json.loads(file.attrs["ids"]),
                    probe=Probe(*(file["probe"][k][:] for k in Probe._fields)),
                    random=file["random"][:],
                    truth=file["truth"][:],
                    effect=file["effect"][:] if "effect" in file else None,
                )
        except (OSError, KeyError) as error:
            raise InputError(f"{path}: cannot be read as a probe bank: {error}") from error
