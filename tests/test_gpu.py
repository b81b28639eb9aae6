"""A graphics card gives what the processor gives, within the tolerances stated here."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from test_training import SMALL

from xassay.__main__ import main
from xassay.core.bank import Bank
from xassay.core.explanations import Explanation

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine"),
]

CARD = "cuda"
MAPS = (
    1e-3  # of the largest value of a map or an answer, from the same weights: float32, sums in another order
)
TRAINED = (
    0.02  # of the spread of the logits: rounding that a whole training has carried on; no dropout, whose
)
# draws are the device's own
KINDS = {
    "bag": ("simulated_bags", SMALL, "attention_mil", "training_cells"),
    "sequence": ("lac_promoter", {"n_sequences": [300, 80, 40]}, "sequence_lstm", "composition"),
}
METHODS = {
    "bag": (
        "saliency",
        "integrated_gradients",
        "deep_lift",
        "leave_one_out",
        "kernel_shap",
        "attention_weights",
    ),
    "sequence": ("saliency", "integrated_gradients", "deep_lift", "in_silico_mutagenesis", "kernel_shap"),
}


@pytest.fixture(scope="module", params=KINDS)
def study(request, tmp_path_factory):
    """A data set and a model trained on the processor, and what further steps are told of them."""
    folder = tmp_path_factory.mktemp(request.param)
    dataset, options, model, baseline = KINDS[request.param]
    data = ["--dataset", dataset, "--name", "small", "--options", json.dumps(options)]
    assert main(["data", *data, "--out", str(folder / "data.h5ad")]) == 0
    train(folder, model, "cpu")
    return folder, request.param, model, baseline


def train(folder, model, device):
    told = ["--model", model, "--name", model, "--options", '{"dropout": 0.0}', "--seeds", "1"]
    out = ["--out", f"{folder}/{device}.pt", "--predictions", f"{folder}/{device}.parquet"]
    assert main(["train", "--data", f"{folder}/data.h5ad", *told, "--device", device, *out]) == 0


def ask(verb, study, device, *more):
    """Run probe or attribute on the model that the processor trained."""
    folder, _, _, baseline = study
    given = {
        "baseline": {"kind": baseline, "references": 1},
        "evaluate": {"samples": 10, "masks": 8, "orders": 2},
        "variants": {"draws": 1, "samples": 2},
        "stability": {"parameter_randomisation": {}},
    }
    told = [word for key, value in given.items() for word in (f"--{key}", json.dumps(value))]
    files = ["--data", f"{folder}/data.h5ad", "--model", f"{folder}/cpu.pt", "--device", device]
    assert main([verb, *files, *told, *more]) == 0


def alike(one, other, tolerance):
    """Whether two arrays agree to ``tolerance`` of the largest value of the second, NaN at the same places."""
    one, other = np.asarray(one), np.asarray(other)
    return np.allclose(one, other, rtol=0, atol=tolerance * np.nanmax(np.abs(other)), equal_nan=True)


def test_training(study):
    folder, _, model, _ = study
    train(folder, model, CARD)
    cpu, card = (
        pd.read_parquet(folder / f"{device}.parquet")["logit_0"].to_numpy() for device in ("cpu", CARD)
    )
    assert np.abs(card - cpu).max() <= TRAINED * cpu.std()


def test_the_probe_bank(study):
    folder = study[0]
    for device in ("cpu", CARD):
        ask("probe", study, device, "--out", f"{folder}/{device}.h5", "--controls", f"{folder}/{device}")
    cpu, card = (Bank.read(folder / f"{device}.h5") for device in ("cpu", CARD))
    assert alike(card.probe.delta, cpu.probe.delta, MAPS) and alike(card.random, cpu.random, MAPS)


def test_the_maps_of_methods(study):
    folder, kind, _, _ = study
    for method in METHODS[kind]:
        maps = []
        for device in ("cpu", CARD):
            out = f"{folder}/{device}_{method}.h5ad"
            ask("attribute", study, device, "--method", method, "--name", method, "--out", out)
            maps.append(Explanation.read(out))
        cpu, card = maps
        assert alike(card.instance, cpu.instance, MAPS), method
        for one, other in zip(card.variants, cpu.variants, strict=True):
            assert alike(one.instance, other.instance, MAPS), method
