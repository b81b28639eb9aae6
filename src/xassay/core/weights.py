"""Trained models on disk: state dicts of every replicate and what is needed to build them again."""

import pickle
from dataclasses import dataclass

import torch

from xassay import catalogue
from xassay.core.contracts import ORACLE, ORACLES
from xassay.core.devices import differentiable
from xassay.core.errors import InputError
from xassay.core.results import writing


@dataclass
class Weights:
    """The replicates of one model on one data set.

    meta: name (id), model (plug-in, or "oracle"), options, shape, n_outputs, seeds, classes, dataset
    (plug-in); for the oracle also its parameters. states: {"seed_0": state dict, ..., "permuted_0": ...}.
    card: the model's CARD. build: () -> fresh Module."""

    meta: dict
    states: dict
    card: dict
    build: object
    device: torch.device

    @property
    def seeds(self):
        """Number of replicates."""
        return self.meta["seeds"]

    def replicate(self, k):
        """Replicate ``k`` as an eval-mode Module on the device."""
        return self._module(f"seed_{k}")

    def twin(self, k):
        """The permuted-label twin of replicate ``k``; None where there is none (the oracle)."""
        return self._module(f"permuted_{k}") if f"permuted_{k}" in self.states else None

    def _module(self, name):
        model = self.build()
        model.load_state_dict(self.states[name])
        return differentiable(model.to(self.device).eval().requires_grad_(False))


def load(path, plugins=None, device="cpu"):
    """Read what ``save`` wrote.

    plugins: folder of the user's plug-ins. Raises InputError for a file that is no such thing."""
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        meta = stored.pop("meta")
    except (OSError, KeyError, AttributeError, RuntimeError, EOFError, pickle.UnpicklingError) as fault:
        reason = "no such file" if isinstance(fault, FileNotFoundError) else type(fault).__name__
        raise InputError(f"{path}: not the weights of a model ({reason})") from None
    if meta["model"] == ORACLE:
        plugin = catalogue.load("datasets", meta["dataset"], plugins)
        kind = plugin.CARD["kind"]
        provides = plugin.CARD.get("provides", ORACLES[kind])
        card = dict(label="Oracle f*", kinds=(kind,), provides=provides)
        parameters = {key: value.numpy() for key, value in meta["oracle"].items()}

        def build():
            return plugin.oracle(parameters)
    else:
        plugin = catalogue.load("models", meta["model"], plugins)
        card = plugin.CARD

        def build():
            return plugin.build(tuple(meta["shape"]), meta["n_outputs"], **meta["options"])

    return Weights(meta, stored, card, build, torch.device(device))


def save(path, meta, states):
    """Write state dicts and ``meta`` (plain values and tensors), whole or not at all."""
    states = {name: {key: value.cpu() for key, value in state.items()} for name, state in states.items()}
    with writing(path) as part:
        torch.save({**states, "meta": meta}, part)
