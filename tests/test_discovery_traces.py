"""Hidden units that follow an element: those that do, and no others."""

import numpy as np
import pytest
import torch
from discovery_cases import LENGTH, additive, called, case
from torch import nn

from xassay.core.activations import traces
from xassay.core.errors import InputError
from xassay.core.removal import masks
from xassay.discovery.hidden_unit_traces import scored


def test_units_that_follow_an_element_are_found_and_no_others():
    given = case(additive, n=24)

    class Noise(nn.Module):
        def forward(self, x):
            return torch.from_numpy(np.random.default_rng(1).normal(size=(len(x), 6, LENGTH)))

    class With(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.noise = given["model"], Noise()

        def forward(self, x):
            return self.words(x) + 0 * self.noise(x).mean()

    out = called("hidden_unit_traces", given | dict(model=With().eval()), draws=99, most=50)
    table = out["units"].set_index(["element", "layer", "unit"])
    assert (
        table.loc[("A", "words.relu", 0), "p"] == 0.01
        and table.loc[("A", "words.relu", 0), "correlation"] > 0.3
    )
    assert table.loc[("B", "words.relu", 1), "p"] == 0.01
    silent = table[table.index.get_level_values(1) == "noise"]
    assert (silent["p"] > 0.02).mean() > 0.7 and len(silent) == 12
    shown = out["traces"]
    assert set(shown["element"]) == {"A", "B"} and len(shown) == 2 * LENGTH
    one = shown[(shown["element"] == "A")]
    assert one["inside"].sum() == 7 and one["position"][one["inside"]].min() == 5
    values = traces(given["model"], given["x"])["relu"]
    if one["layer"].iloc[0] == "words.relu":
        sample, number = one["sample"].iloc[0], one["unit"].iloc[0]
        np.testing.assert_allclose(one["activation"], values[sample, number].numpy(), atol=1e-6)


def test_correlation_and_p_by_a_loop():
    rng = np.random.default_rng(0)
    value = rng.normal(size=(5, 2, 30)).astype(np.float32)
    there = masks([3, 7, 0, 20, 11], [9, 12, 5, 26, 15], 30)[None].astype(np.float32)
    value[:, 0] += there[0]
    table = scored({"h": value}, there, np.random.default_rng(1), 60)
    again, r, count = np.random.default_rng(1), [], np.zeros(2)
    turns = np.concatenate([again.integers(30, size=(n, 5, 1)) for n in (50, 10)])[..., 0]
    for k in range(2):
        r.append(np.corrcoef(value[:, k].ravel(), there[0].ravel())[0, 1])
        for turn in turns:
            turned = np.stack([np.roll(row, -t) for row, t in zip(there[0], turn)])
            count[k] += abs(np.corrcoef(value[:, k].ravel(), turned.ravel())[0, 1]) >= abs(r[k]) - 1e-7
    np.testing.assert_allclose(table["correlation"], r, atol=1e-5)
    np.testing.assert_allclose(table["p"], (count + 1) / 61)


def test_recurrent_states_are_read_along_the_sequence():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.LSTM(4, 3, batch_first=True), nn.Linear(3, 1)

        def states(self, x):
            return self.lstm(x.transpose(1, 2))[0].transpose(1, 2)

        def forward(self, x):
            return self.out(self.states(x)[..., -1])

    model, x = Recurrent().eval(), case()["x"]
    found = traces(model, x)
    assert set(found) == {"lstm", "states"}
    torch.testing.assert_close(found["lstm"], model.states(x).detach())
    out = called("hidden_unit_traces", case() | dict(model=model), layers=["states"], draws=9)
    assert set(out["units"]["layer"]) == {"states"}
    with pytest.raises(InputError, match="'conv' gives nothing along the sequence; allowed: lstm, states"):
        called("hidden_unit_traces", case() | dict(model=model), layers=["conv"])
    nothing = called("hidden_unit_traces", case() | dict(elements=None))
    assert nothing["units"].empty and "knows no elements" in nothing["note"]
