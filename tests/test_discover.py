"""The step ``discover`` and the sequence track through the steps: probe, attribute, discover, score."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sequence_data import LENGTH, sequences

from xassay import catalogue
from xassay.__main__ import main
from xassay.core import weights
from xassay.core.bank import Bank
from xassay.core.discoveries import Discovery
from xassay.core.errors import InputError
from xassay.core.explanations import Explanation, bases
from xassay.report.tables import Tables

TESTS = {"parameter_randomisation": {}, "label_permutation": {}, "input_noise": {}, "baseline_swap": {}}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Sequences with decoys and an untrained network with its twins, in a folder."""
    folder = tmp_path_factory.mktemp("sequences")
    data = sequences()
    decoys = pd.DataFrame(
        [(f"s{k}", "decoy", 0, 4, "+", 1.0, False) for k in range(len(data.samples))],
        columns=data.elements.columns,
    )
    data.elements = pd.concat([data.elements, decoys], ignore_index=True)
    data.name, data.source = "toy", {"dataset": "toy"}
    data.write(folder / "data.h5ad")
    torch.manual_seed(0)
    build = catalogue.load("models", "sequence_cnn").build
    names = [f"{kind}_{k}" for k in range(2) for kind in ("seed", "permuted")]
    meta = {
        "name": "mine", "model": "sequence_cnn", "options": {}, "shape": [4, LENGTH], "n_outputs": 1,
        "seeds": 2, "classes": ["without", "with"], "dataset": "toy",
    }  # fmt: skip
    weights.save(folder / "model.pt", meta, {name: build((4, LENGTH), 1).state_dict() for name in names})
    return folder


def given(study):
    options = {"baseline": {"kind": "uniform"}, "evaluate": {"samples": 6, "masks": 8, "orders": 2}}
    words = [word for key, value in options.items() for word in (f"--{key}", json.dumps(value))]
    return ["--data", str(study / "data.h5ad"), "--model", str(study / "model.pt"), *words]


def asked(study):
    options = {"variants": {"draws": 2, "samples": 2}, "stability": TESTS}
    return [
        *given(study),
        *(word for key, value in options.items() for word in (f"--{key}", json.dumps(value))),
    ]


@pytest.fixture(scope="module")
def maps(study):
    out = str(study / "maps.h5ad")
    method = ["--method", "integrated_gradients", "--name", "ig", "--options", '{"n_steps": 4}']
    assert main(["attribute", *asked(study), "--level", "position", *method, "--out", out]) == 0
    return out


def test_maps_of_bases_lie_beside_those_of_positions(maps):
    found = Explanation.read(maps)
    assert found.level == "position" and found.units == [str(k + 1) for k in range(LENGTH)]
    assert found.instance.shape == (2, 6, LENGTH) and found.angle.shape == (2, 6)
    every = bases(maps).reshape(6, LENGTH, 4).swapaxes(1, 2)
    data = sequences()
    observed = (every * data.inputs(found.ids)).sum(1)
    np.testing.assert_allclose(observed, found.instance.mean(0), atol=1e-5)
    np.testing.assert_allclose(found.instance.sum(-1), found.total, atol=1e-5)
    assert {v.test for v in found.variants} == set(TESTS)


def test_the_bank_knows_the_decoys(study):
    out = str(study / "bank.h5")
    assert main(["probe", *asked(study), "--out", out, "--controls", str(study)]) == 0
    bank = Bank.read(out)
    assert bank.probe.masks.shape == (6, 8, LENGTH) and bank.decoy.shape == bank.truth.shape == (6, LENGTH)
    assert (bank.decoy[:, 6:][bank.truth[:, 6:] == 0] == 0).all()
    assert (np.nan_to_num(bank.decoy[:, :4], nan=1) == 1).all()
    assert np.isnan(bank.decoy[bank.truth == 1]).all()
    truth = Explanation.read(study / "control_truth.h5ad")
    np.testing.assert_array_equal(truth.instance[0], bank.truth)


def test_discover_writes_tables_that_the_report_reads(study, maps):
    out, meme = study / "profile.json", study / "profile.meme"
    command = [
        "discover",
        *given(study),
        "--discovery",
        "position_profile",
        "--name",
        "profile",
        "--maps",
        maps,
    ]
    assert main([*command, "--out", str(out), "--motifs", str(meme)]) == 0
    found = Discovery.read(out)
    assert found.about["maps"] == "ig" and found.about["model"] == "mine" and found.motifs == []
    assert len(found.tables["positions"]) == LENGTH and "not aligned" in found.about["note"]
    again = study / "again.json"
    assert main([*command, "--out", str(again), "--motifs", str(meme)]) == 0
    assert again.read_bytes() == out.read_bytes()
    from xassay.report import found as shown

    tables = Tables({"summary": pd.DataFrame(), "verdicts": pd.DataFrame()}, [], {}, discoveries=(found,))
    tables.__dict__["pairs"] = []
    (one,) = shown.discoveries(tables)
    assert one["title"] == "Position profile (profile)" and [t["title"] for t in one["tables"]] == [
        "Recovery",
        "Contradictions",
        "Positions",
    ]


def test_what_is_no_discovery_is_refused(tmp_path, study, capsys):
    path = tmp_path / "none.json"
    path.write_text("{}")
    with pytest.raises(InputError, match="none.json: cannot be read as discoveries"):
        Discovery.read(path)
    command = ["discover", *given(study), "--discovery", "position_profil", "--name", "p", "--out", str(path)]
    assert main(command) == 1
    assert "did you mean 'position_profile'?" in capsys.readouterr().err


def test_maps_without_bases_are_refused(tmp_path, study, capsys):
    maps, out = str(tmp_path / "maps.h5ad"), str(tmp_path / "out.json")
    method = ["--method", "leave_one_out", "--name", "loo"]
    assert main(["attribute", *asked(study), "--level", "position", *method, "--out", maps]) == 0
    command = ["discover", *given(study), "--discovery", "position_profile", "--name", "p", "--maps", maps]
    assert main([*command, "--out", out]) == 1
    assert "loo tells nothing of single bases; name another in maps" in capsys.readouterr().err
