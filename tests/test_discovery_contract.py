"""Every discovery keeps its contract: tables that a file can hold, the same twice, nothing changed in passing."""

import copy
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import torch
from discovery_cases import Words, additive, both, called, case
from planted_maps import FOUR, matrices, planted
from torch import nn

from xassay import catalogue
from xassay.core import motifs
from xassay.core.discoveries import ABOUT, Discovery
from xassay.core.errors import InputError
from xassay.core.pwm import Motif

ENTRIES = catalogue.entries("discovery")
FEW = {  # options that keep a run short
    "marginalization": dict(n_backgrounds=4),
    "spacing": dict(n_backgrounds=3, gaps=(0, 4)),
    "interactions": dict(n_backgrounds=4, samples=2, draws=1, n_steps=2),
    "activation_maximization": dict(starts=2, steps=3, edits=2),
    "hidden_unit_traces": dict(draws=9),
    "motifs": dict(n_leiden_runs=1),
}
every = pytest.mark.parametrize("name", ENTRIES)


def missing(name):
    """Skip what needs packages of its own."""
    if name == "motifs" and (find_spec("modiscolite") is None or find_spec("memelite") is None):
        pytest.skip("modisco and memelite are not installed here; envs/motifs.yaml has them")


@every
@pytest.mark.parametrize("oracle", [False, True], ids=["", "oracle"])
def test_tables_and_motifs_travel_through_a_file(name, oracle, tmp_path):
    missing(name)
    found = called(name, case(oracle=Words(additive).eval() if oracle else None), **FEW.get(name, {}))
    found.pop("note", "")
    patterns = found.pop("motifs", [])
    assert found and all(isinstance(table, pd.DataFrame) for table in found.values())
    assert all(isinstance(motif, Motif) for motif in patterns)
    Discovery(dict.fromkeys(ABOUT), found).write(tmp_path / "found.json")
    again = Discovery.read(tmp_path / "found.json").tables
    for key, table in found.items():
        assert list(again[key]) == list(table) and len(again[key]) == len(table)
        assert table.columns.is_unique and all(isinstance(column, str) for column in table)
    if patterns:
        motifs.write_meme(tmp_path / "found.meme", patterns)
        assert len(motifs.read(tmp_path / "found.meme")) == len(patterns)


@every
def test_the_same_is_found_twice_and_nothing_is_changed(name):
    missing(name)
    given = case(oracle=Words(both).eval())
    before = copy.deepcopy({key: value for key, value in given.items() if key not in ("model", "oracle")})
    state = copy.deepcopy(given["model"].state_dict())
    one, other = (called(name, given, seed=3, **FEW.get(name, {})) for _ in range(2))
    for key, table in one.items():
        if isinstance(table, pd.DataFrame):
            pd.testing.assert_frame_equal(table, other[key])
    for key, value in before.items():
        if torch.is_tensor(value):
            assert torch.equal(value, given[key])
        elif isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(value, given[key])
    assert all(torch.equal(value, given["model"].state_dict()[key]) for key, value in state.items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in given["model"].modules())


@every
def test_cards_and_docstrings_say_what_a_discovery_does(name):
    entry, module = ENTRIES[name], catalogue.load("discovery", name)
    assert module.__doc__ and module.discover.__doc__
    assert entry.card["label"] and entry.card["kinds"] == ("sequence",)
    assert set(entry.card.get("limits", {})) <= {*entry.options, *entry.required}


def test_clusters_of_seqlets_by_the_plugin():
    x, maps, elements = planted(matrices(), 200, 120, np.random.default_rng(0), rate=1.0)
    given = dict(x=torch.from_numpy(x), maps=torch.from_numpy(maps), elements=elements)
    found = called("seqlet_clusters", given | dict(known=motifs.read(motifs.KNOWN)))
    assert found["recovery"]["found"].all() and len(found["motifs"]) == 4
    few = called(
        "seqlet_clusters", given | dict(x=given["x"][:3], maps=given["maps"][:3], elements=None, known=[])
    )
    assert few["patterns"].empty and few["note"] and "recovery" not in few
    with pytest.raises(InputError, match="has no maps"):
        called("seqlet_clusters", given | dict(maps=None, known=[]))


def test_modisco_by_the_plugin():
    missing("motifs")
    x, maps, elements = planted(matrices(), 300, 200, np.random.default_rng(0), rate=0.4, noise=0.1)
    given = dict(x=torch.from_numpy(x), maps=torch.from_numpy(maps), elements=elements)
    options = dict(n_leiden_runs=1, window=15, flank=5)
    found = called("motifs", given | dict(known=motifs.read(motifs.KNOWN)), **options)
    table = found["recovery"].set_index("motif")
    assert table["found"].all() and (table["precision"] > 0.9).all() and (table["recall"] > 0.2).all()
    assert (table["strand"][["SP1", "GATA1"]] > 0.9).all()
    named = found["patterns"].set_index("pattern")["match"]
    assert set(named) == set(FOUR) and set(found["seqlets"]["pattern"]) == set(named.index)


def test_modisco_says_what_it_needs(monkeypatch):
    module = catalogue.load("discovery", "motifs")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs modisco and memelite, not installed here") as fault:
        called("motifs", case())
    assert "\n" not in str(fault.value)


def test_a_model_of_another_make_is_read_as_well():
    """A dense model: whatever does not ask for a convolution runs on it."""
    torch.manual_seed(0)
    given = case() | dict(model=nn.Sequential(nn.Flatten(), nn.Linear(240, 3)).eval().requires_grad_(False))
    given["target"] = torch.arange(12) % 3
    for name in sorted(set(ENTRIES) - {"motifs", "first_layer_filters", "hidden_unit_traces"}):
        found = called(name, given, **FEW.get(name, {}))
        assert any(isinstance(table, pd.DataFrame) for table in found.values())
    assert "no layer" in called("hidden_unit_traces", given)["note"]
