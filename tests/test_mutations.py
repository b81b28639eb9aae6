"""Mutations of sequences against a loop that puts every base at every position, one model call an edit."""

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from local_networks import (
    BLOCKS,
    ENDS,
    POOLS,
    InPlace,
    Network,
    Plain,
    conv,
    cropped,
    gated,
    inception,
    settled,
)
from torch import nn
from torch.nn import functional

from xassay import catalogue
from xassay.core import mutations as module
from xassay.core import windows
from xassay.core.dna import reverse_complement
from xassay.core.errors import InputError
from xassay.core.mutations import mutations
from xassay.core.receptive import Reach
from xassay.core.targets import explained

PROPERTY = settings(deadline=None, max_examples=40, derandomize=True)
EVEN = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
PLAIN = st.builds(
    partial,
    st.just(Plain),
    kernel=st.integers(1, 7),
    stride=st.sampled_from([1, 1, 2, 3]),
    padding=st.sampled_from([0, 1, 3, "same"]),
    dilation=st.integers(1, 3),
    norm=st.booleans(),
    point=st.sampled_from(["relu", "exp"]),
    pool=st.sampled_from([None, *POOLS]),
)
OTHER = st.one_of(
    st.builds(partial, st.just(BLOCKS[name]), st.integers(1, 5), st.integers(1, 4), st.booleans())
    for name in BLOCKS
)


def drawn(n, length, shares=0.0):
    """One-hot sequences; a part of the positions ambiguous or empty."""
    x = functional.one_hot(torch.randint(0, 4, (n, length)), 4).transpose(1, 2).float()
    odd = torch.rand(n, length) < shares
    kinds = torch.stack([torch.full((4,), 0.25), torch.tensor([0.5, 0, 0.5, 0]), torch.zeros(4)])
    return torch.where(odd[:, None], kinds[torch.randint(0, 3, (n, length))].transpose(1, 2), x)


@torch.no_grad()
def loop(model, x, target, positions=None):
    """``mutations`` by its definition."""
    positions = range(x.shape[2]) if positions is None else positions
    out = torch.zeros(len(x), 4, len(positions), dtype=torch.float64)
    for s in range(len(x)):
        given = x[s : s + 1], target[s : s + 1]
        whole = explained(model(given[0]), given[1]).double()
        for k, i in enumerate(positions):
            for b in range(4):
                other = given[0].clone()
                other[0, :, i] = torch.eye(4)[b]
                out[s, b, k] = explained(model(other), given[1]).double() - whole
    return out


def close(model, found, expected, x, target, tolerance):
    """Equal to ``tolerance`` of the largest answer."""
    with torch.no_grad():
        size = max(expected.abs().max().item(), explained(model(x), target).abs().max().item())
    torch.testing.assert_close(found, expected, atol=tolerance * size, rtol=0)


@EVEN
@PROPERTY
@given(
    seed=st.integers(0, 99),
    first=PLAIN,
    blocks=st.lists(st.one_of(PLAIN, OTHER), max_size=4),
    end=st.sampled_from(list(ENDS)),
    outputs=st.sampled_from([1, 3]),
    length=st.integers(24, 60),
    shares=st.sampled_from([0.0, 0.2]),
    chunk=st.sampled_from([None, 1, 7, 1000]),
    double=st.booleans(),
)
def test_mutations_are_a_loop(seed, first, blocks, end, outputs, length, shares, chunk, double):
    torch.manual_seed(seed)
    model, x = Network(length, [first, *blocks], end, outputs).eval(), drawn(3, length, shares)
    model, x = (model.double(), x.double()) if double else (model, x)
    target = torch.tensor([1, 0, 1])
    found, expected = mutations(model, x, target, chunk=chunk), loop(model, x, target)
    assert found.shape == x.shape and found.dtype == torch.float64
    close(model, found, expected, x, target, 1e-12 if double else 1e-5)


def plugin(name, **options):
    return lambda: catalogue.load("models", name).build((4, 60), 1, **options)


LOCAL = {  # models of which all but the last layers is local, and where that ends
    "pooled": (plugin("sequence_cnn"), "dense"),
    "pooled, exponential": (plugin("sequence_cnn", activation="exponential", depth=3, pool=2), "dense"),
    "dilated": (plugin("dilated_cnn", depth=3, size=9), "whole"),
    "in place": (
        lambda: nn.Sequential(InPlace(3, 1, True), InPlace(3, 2, True), nn.Flatten(), nn.LazyLinear(1)),
        "dense",
    ),
    "inception": (inception, "whole"),
    "gated": (gated, "whole"),
    "cropped": (cropped, "dense"),
}
OTHERS = {  # all or most of which runs in full
    "LSTM": plugin("sequence_lstm"),
    "LSTM of bases": plugin("sequence_lstm", filters=0),
    "transformer": plugin("cnn_transformer"),
    "words in order": plugin("cnn_transformer", tokens="kmer"),
    "motifs": plugin("motif_scan_linear"),
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(240, 1)),
}


def ready(build, x):
    """A model as training leaves it."""
    torch.manual_seed(0)
    model = build()
    model(x)
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm1d):
            settled(norm)
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize("case", LOCAL)
def test_hardly_anything_of_local_models_runs_in_full(case, monkeypatch):
    x, asked, plain = drawn(4, 60), [], windows._plain
    model = ready(LOCAL[case][0], x)

    def counted(model, x, starts, *given, **options):
        asked.append(starts.numel())
        return plain(model, x, starts, *given, **options)

    monkeypatch.setattr(windows, "_plain", counted)
    target = torch.ones(len(x), dtype=torch.long)
    found = mutations(model, x, target)
    assert asked == [windows.TRIED**2] and Reach(model, x, 1).layers[-1].kind == LOCAL[case][1]
    close(model, found, loop(model, x, target), x, target, 1e-5)


@pytest.mark.parametrize("case", OTHERS)
def test_other_models_are_asked_as_they_are(case):
    x, target = drawn(2, 60, 0.1 if case != "words in order" else 0.0), torch.tensor([0, 1])
    model = ready(OTHERS[case], x)
    close(model, mutations(model, x, target), loop(model, x, target), x, target, 1e-5)


@pytest.mark.parametrize("name", ["sequence_cnn", "dilated_cnn", "sequence_lstm"])
def test_both_strands_are_short_where_one_is(name, monkeypatch):
    x, target = drawn(3, 60, 0.1), torch.tensor([0, 1, 1])
    model = ready(plugin(name, strands="averaged"), x)
    found = mutations(model, x, target)
    close(model, found, loop(model, x, target), x, target, 1e-5)
    turned = mutations(model, reverse_complement(x), target)
    close(model, reverse_complement(turned), found, x, target, 1e-5)
    monkeypatch.setattr(type(model), "forward", lambda self, x: self.read(x).square())
    close(model, mutations(model, x, target), loop(model, x, target), x, target, 1e-5)


def test_places_at_a_time_and_samples_alone(monkeypatch):
    x, target = drawn(5, 60, 0.2), torch.tensor([0, 1, 1, 0, 1])
    model = ready(plugin("sequence_cnn"), x)
    whole, places = mutations(model, x, target), [59, 0, 17, 17, 30]
    close(model, mutations(model, x, target, places), whole[:, :, places], x, target, 1e-6)
    assert mutations(model, x, target, []).shape == (5, 4, 0)
    for k in range(5):
        close(model, mutations(model, x[[k]], target[[k]]), whole[[k]], x, target, 1e-6)
    monkeypatch.setattr(module, "EDITS", 400)  # two samples at a time
    close(model, mutations(model, x, target), whole, x, target, 1e-6)
    with pytest.raises(
        InputError, match="positions: some are not in the sequence; allowed: a list of 0 to 59"
    ):
        mutations(model, x, target, [60])


def test_a_base_that_stands_there_changes_nothing_and_so_does_one_that_is_not_seen():
    torch.manual_seed(0)
    x, target = drawn(3, 60, 0.2), torch.tensor([0, 1, 1])
    model = ready(plugin("sequence_cnn"), x)
    model.trunk[0].weight[..., 8:] = 0  # the last positions are in no filter's reach
    found = mutations(model, x, target)
    assert (found[x == 1] == 0).all() and (found[x != 1] != 0).any()
    one = ready(
        lambda: nn.Sequential(conv(4, 6, 5), nn.ReLU(), nn.MaxPool1d(60), nn.Flatten(), nn.Linear(6, 1)), x
    )
    hidden = loop(one, x, target) == 0
    assert hidden.float().mean() > 0.5 and mutations(one, x, target)[hidden].abs().max() < 1e-12
