"""Filters, designs, hidden units and variants, on models that are known inside out."""

import numpy as np
import pytest
import torch
from discovery_cases import LENGTH, A, additive, called, case
from torch import nn

from xassay.core.activations import Unit, unit
from xassay.core.dna import decode, encode
from xassay.core.errors import InputError
from xassay.core.mutations import mutations


class Net(nn.Module):
    """A convolution that is laid in every way, a dead filter, the mean of what is above 0."""

    def __init__(self, **laid):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv1d(4, 3, 5, **laid)
        self.conv.bias.data = torch.tensor([0.0, 0.1, -99.0])

    def forward(self, x):
        return self.conv(x).relu().mean((1, 2))[:, None]


@pytest.mark.parametrize(
    "laid",
    [
        {},
        dict(padding=2),
        dict(padding="same"),
        dict(stride=3, padding=1),
        dict(dilation=2),
        dict(dilation=3, padding="same"),
    ],
    ids=str,
)
def test_sites_of_filters_by_a_loop(laid):
    given = case() | dict(model=Net(**laid).eval())
    out = called("first_layer_filters", given, share=0.5, least=3)
    table, x, conv = out["filters"].set_index("filter"), given["x"], given["model"].conv
    dilation, stride = laid.get("dilation", 1), laid.get("stride", 1)
    width = 4 * dilation + 1
    weight, bias = conv.weight.detach(), conv.bias.detach()
    pad = {"same": 2 * dilation}.get(laid.get("padding"), laid.get("padding", 0))
    for k, motif in enumerate(out["motifs"]):
        scores = {}
        for row, one in enumerate(x):
            for start in range(-pad, LENGTH + pad - width + 1, stride):
                if start >= 0 and start + width <= LENGTH:
                    part = one[:, start : start + width : dilation]
                    scores[row, start] = float((weight[k] * part).sum() + bias[k])
        top = max(scores.values())
        sites = [x[row][:, s : s + width].numpy() for (row, s), v in scores.items() if v > 0.5 * top]
        assert table.loc[k, "sites"] == len(sites) and table.loc[k, "largest"] == pytest.approx(top, abs=1e-5)
        np.testing.assert_allclose(motif.probabilities, np.mean(sites, 0), atol=1e-6)
    assert (
        len(out["motifs"]) == 2
        and table.loc[2, "sites"] == 0
        and table.loc[2, "influence"] == pytest.approx(0)
    )
    assert "1 of 3 filters" in out["note"]


def test_filters_are_named_after_the_words_that_they_read():
    out = called("first_layer_filters", case(additive), share=0.5, least=3)
    table = out["filters"].set_index("filter")
    assert table.loc[0, "match"] == "A" and table.loc[0, "consensus"].startswith(A)
    assert table.loc[1, "match"] == "B" and (table["influence"] > 0.5).all()
    assert (table["strand"] == "+").all()


def test_a_model_without_a_convolution_has_no_filters():
    given = case() | dict(model=nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 1)))
    with pytest.raises(InputError, match="no convolution over the four bases"):
        called("first_layer_filters", given)


def test_edits_are_the_best_single_changes_and_the_truth_may_disagree():
    torch.manual_seed(1)
    model = nn.Sequential(nn.Conv1d(4, 6, 7), nn.ReLU(), nn.Flatten(), nn.Linear(6 * (LENGTH - 6), 1)).eval()
    given = case() | dict(model=model, oracle=model)
    out = called("activation_maximization", given, starts=2, steps=30, edits=4)
    assert (out["falsification"]["same_direction"] == 1).all()
    np.testing.assert_allclose(out["falsification"]["oracle"], out["falsification"]["model"])
    table = out["edits"]
    for (direction, _), part in table.groupby(["direction", "start"]):
        moves = part["model"].diff().dropna()
        assert (moves > 0).all() if direction == "maximise" else (moves < 0).all()
    designs = out["designs"].set_index(["direction", "start"])
    assert (designs.loc["maximise", "sequence"] > table["model"].max() - 1e-9).all()  # gradients go further
    assert (designs.loc["minimise", "probabilities"] < given["model"](given["x"]).min().item()).all()
    for row in designs.itertuples():
        one = torch.from_numpy(encode([row.bases]))
        assert model(one).item() == pytest.approx(row.sequence, abs=1e-4)

    class Minus(nn.Module):
        def forward(self, x):
            return -model(x)

    other = called("activation_maximization", given | dict(oracle=Minus()), starts=2, steps=2, edits=4)
    assert (other["falsification"]["same_direction"] == 0).all()
    assert (
        "oracle"
        not in called("activation_maximization", given | dict(oracle=None), starts=1, steps=1, edits=1)[
            "edits"
        ]
    )


def test_each_edit_is_the_best_of_all():
    given = case() | dict(model=Net().eval())
    table = called("activation_maximization", given, starts=1, steps=1, edits=3)["edits"]
    table = table[table["direction"] == "maximise"]
    from xassay.core.experiments import backgrounds

    x, _ = backgrounds(given["x"], given["target"], 1, np.random.default_rng(0))
    for row in table.iloc[1:].itertuples():
        gain = mutations(given["model"], x, torch.ones(1, dtype=torch.long))[0]
        before = given["model"](x).item()
        assert decode(x)[0][int(row.position)] == row.ref
        x[0, :, int(row.position)] = torch.from_numpy(encode([row.alt]))[0, :, 0]
        assert row.model - before == pytest.approx(gain.max().item(), abs=1e-6)
        assert row.model == pytest.approx(given["model"](x).item(), abs=1e-6)


def test_hidden_units_are_maximised_and_unknown_ones_refused():
    given = case(additive)
    function, target, own = unit(given["model"], "relu:1", given["x"], "unit")
    assert isinstance(function, Unit) and not own and target == 1
    best = (
        given["model"].relu(given["model"].first_layer(nn.functional.pad(given["x"], (0, 7))))[:, 1].amax(1)
    )
    torch.testing.assert_close(function(given["x"])[:, 0], best)
    out = called(
        "activation_maximization",
        case() | dict(model=Net().eval()),
        unit="conv:1",
        starts=2,
        steps=60,
        edits=2,
    )
    assert "falsification" not in out
    ends = out["designs"].groupby("direction")["sequence"].mean()
    assert ends["maximise"] > ends["minimise"]
    for wrong in ("relu:7", "nothing:0", "output:1", "relu", "conv:"):
        with pytest.raises(InputError, match="allowed: output, output:K, or LAYER:CHANNEL"):
            called("activation_maximization", given, unit=wrong)
