"""The fast paths of masks against the naive definition: each masked input made and asked about by itself."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_models import Attentive, Beginning, Chain, Fronted, Net, Pooled, Twice, bag, references

from xassay.core import masking, shortcut
from xassay.core.entry import rows
from xassay.core.errors import InputError
from xassay.core.masking import answers, curves, removal, singles
from xassay.core.targets import explained
from xassay.core.units import numbered

PROPERTY = settings(deadline=None, max_examples=25, derandomize=True)
ROW, IMAGE, SEQUENCE = (12,), (2, 5, 4), (4, 11)


def naive(model, x, baseline, mask, target, units):
    """(reference, sample, mask) by loops over samples and masks."""
    units = torch.as_tensor(units).expand(x.shape)
    out = torch.zeros(len(baseline), len(x), mask.shape[1], dtype=torch.float64)
    for r, s, m in np.ndindex(*out.shape):
        mixed = torch.where(mask[s, m][units[s]], baseline[r, s], x[s])[None]
        out[r, s, m] = explained(model(mixed), target[s : s + 1])[0]
    return out


def along(x):
    return torch.arange(x.shape[1]).view(-1, *[1] * (x.ndim - 2))


def prefixes(order):
    """The masks of one order's curve: (sample, unit + 1, unit)."""
    return order.argsort(-1)[:, None] < torch.arange(order.shape[-1] + 1)[:, None]


def compare(model, x, baseline, target, units, rng, atol=1e-5, rounding=1e-6):
    """Masks, single units and an order against ``naive``, and by every chunk against each other."""
    whole = along(x) if units is None else units
    count = int(whole.max()) + 1
    mask = torch.from_numpy(rng.random((len(x), 9, count)) < 0.5)
    order = torch.from_numpy(rng.permuted(np.tile(np.arange(count), (len(x), 2, 1)), axis=-1))
    there = torch.stack(
        [(torch.where(whole == u, ~x.isnan(), False)).flatten(1).any(1) for u in range(count)], 1
    )
    order = torch.where(there[:, None].expand(order.shape).gather(-1, order), order, count + order).argsort(
        -1
    )
    order = order if there.all() else torch.arange(count).expand(order.shape)  # absent ones are the last
    given = (model, x, baseline)

    def same(ask, expected):
        found = ask(None)
        torch.testing.assert_close(found, expected, atol=atol, rtol=1e-5, equal_nan=True)
        for chunk in (1, 7, 1000):
            torch.testing.assert_close(ask(chunk), found, atol=rounding, rtol=1e-6, equal_nan=True)

    with torch.no_grad():
        expected = naive(*given, mask, target, whole)
        same(lambda chunk: answers(*given, mask, target, units=units, each=True, chunk=chunk), expected)
        same(lambda chunk: answers(*given, mask, target, units=units, chunk=chunk), expected.mean(0))
        shared = naive(*given, mask[:1].expand_as(mask), target, whole).mean(0)
        same(lambda chunk: answers(*given, mask[:1], target, units=units, chunk=chunk), shared)
        alone = torch.eye(count, dtype=torch.bool).expand(len(x), -1, -1)
        expected = torch.where(there, naive(*given, alone, target, whole).mean(0), torch.nan)
        same(lambda chunk: singles(*given, target, units=units, chunk=chunk), expected)
        expected = torch.stack(
            [naive(*given, prefixes(order[:, o]), target, whole).mean(0) for o in range(2)], 1
        )
        beyond = torch.arange(count + 1) > there.sum(1)[:, None]
        expected = expected.masked_fill(beyond[:, None], torch.nan)
        same(lambda chunk: curves(*given, order, target, units=units, chunk=chunk), expected)


def opens(model, x, baseline, units=None):
    with torch.no_grad():
        return shortcut.opened(model, x, baseline, numbered(x, units)) is not None


def drawn(seed, shape, n=3, n_references=2):
    return bag(n, *shape, seed=seed), bag(n_references, n, *shape, seed=seed + 1)


@PROPERTY
@given(
    seed=st.integers(0, 99),
    shape=st.sampled_from([ROW, IMAGE, SEQUENCE]),
    outputs=st.sampled_from([1, 3]),
    front=st.sampled_from([None, "centre", "scale", "log", "square"]),
    kind=st.sampled_from([None, "shared", "own", "elements", "gap"]),
    hidden=st.integers(1, 3),
    inplace=st.booleans(),
)
def test_sums_in_the_first_layer_are_masked_inputs(seed, shape, outputs, front, kind, hidden, inplace):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Chain(shape, outputs, front, hidden, inplace).eval()
    x, baseline = drawn(seed, shape)
    units = {
        None: lambda: None,
        "shared": lambda: torch.from_numpy(rng.integers(0, 5, shape[-1])),
        "own": lambda: torch.from_numpy(rng.integers(0, 4, x.shape)),
        "elements": lambda: torch.from_numpy(rng.permutation(x[0].numel())).view(shape),
        "gap": lambda: torch.from_numpy(rng.choice([0, 1, 4], shape[-1])),
    }[kind]()
    assert opens(model, x, baseline, units)
    target = torch.from_numpy(rng.integers(0, max(outputs, 2), 3))
    compare(model, x, baseline, target, units, rng)


@PROPERTY
@given(
    seed=st.integers(0, 99),
    network=st.sampled_from([Net, Attentive]),
    outputs=st.sampled_from([1, 3]),
    kind=st.sampled_from(["genes", "groups", "own", "instances", "parts", None]),
)
def test_bags_by_gene_group_and_instance(seed, network, outputs, kind):
    torch.manual_seed(seed)
    rng, model = np.random.default_rng(seed), network(6, outputs).eval()
    x = bag(3, 5, 6, sizes=[5, 1, 3], seed=seed)
    baseline = references(x, seed=seed + 1)
    units = {
        "genes": torch.arange(6)[None],
        "groups": torch.from_numpy(rng.permutation([0, 0, 1, 1, 1, 2]))[None],
        "own": torch.from_numpy(rng.integers(0, 3, (3, 1, 6))),
        "instances": torch.arange(5)[:, None],
        "parts": torch.from_numpy(2 * np.arange(5)[:, None] + rng.permuted([[0, 0, 0, 0, 1, 1]] * 5, axis=1)),
        None: None,
    }[kind]
    if kind in ("genes", "groups", "own"):
        assert opens(model, x, baseline, units)
    target = torch.from_numpy(rng.integers(0, max(outputs, 2), 3))
    compare(model, x, baseline, target, units, rng)


REFUSED = {
    "the input is read twice": lambda: Beginning(12, lambda net, x: net(x) + x[:, :1].square()),
    "and barely": lambda: Beginning(12, lambda net, x: 1e-3 * (net(x) + 1e-2 * x.sum(1, keepdim=True))),
    "normalised first": lambda: Fronted(12, torch.nn.LayerNorm(12)),
    "smoothed first": lambda: Fronted(12, lambda x: x + 0.5 * x.roll(1, -1)),
    "turned first": lambda: Fronted(12, lambda x: x.flip(-1)),
    "gated by one feature": lambda: Fronted(12, lambda x: x * (x[:, :1] > 0)),
    "layer called twice": lambda: Twice(12),
    "a convolution": lambda: Fronted(12, torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 12)), torch.nn.Conv1d(1, 1, 3, padding=1), torch.nn.Flatten()
    )),
    "weights read again": lambda: Beginning(12, lambda net, x: net(x) * net[0].weight.square().sum()),
    "no layer": lambda: Beginning(12, lambda net, x: x.square().sum(1, keepdim=True)),
}  # fmt: skip
TAKEN = {
    "squared first": lambda: Fronted(12, torch.square),
    "dropout at rest": lambda: Fronted(12, torch.nn.Dropout(0.5)),
    "read for its shape": lambda: Beginning(12, lambda net, x: net(x) * x.shape[1]),
}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("case", REFUSED | TAKEN)
def test_a_shortcut_is_never_believed_wrongly(case, scale):
    torch.manual_seed(0)
    model = (REFUSED | TAKEN)[case]().eval()
    x, baseline = (scale * part for part in drawn(0, ROW))
    assert opens(model, x, baseline) == (case in TAKEN)
    size = 1e-5 * model(x).abs().max().item()  # x of 1,000 is rounded to 1e-4, so chunks are held to no less
    compare(model, x, baseline, torch.tensor([1, 0, 1]), None, np.random.default_rng(0), size, size)


def test_one_sample_that_fails_the_trial_is_enough():
    torch.manual_seed(0)
    model = Fronted(12, lambda x: torch.where((x > 50).any(-1, keepdim=True), 0.0, x)).eval()
    x, baseline = drawn(0, ROW, n=40)
    assert opens(model, x, baseline)
    x[33] += 100
    assert not opens(model, x, baseline)


def test_removed_instances_take_no_sum():
    x = bag(3, 5, 6)
    assert not opens(Net(6), x, removal(x), torch.arange(6)[None])


def test_long_orders_do_not_add_up_rounding_errors():
    torch.manual_seed(0)
    model = Chain((3000,), 1, None, 2, False).eval()
    x, baseline = drawn(0, (3000,), n=2, n_references=1)
    order = torch.rand(2, 1, 3000).argsort(-1)
    target, exact = torch.ones(2, dtype=torch.long), copy.deepcopy(model).double()
    mask = prefixes(order[:, 0])[:, ::100]
    with torch.no_grad():
        expected = naive(exact, x.double(), baseline.double(), mask, target, along(x)).mean(0)
    assert opens(model, x, baseline)
    for chunk in (None, 3000):
        found = curves(model, x, baseline, order, target, chunk=chunk)[:, 0, ::100]
        torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("shape", [IMAGE, SEQUENCE, ROW])
def test_models_without_a_shortcut(shape):
    torch.manual_seed(0)
    rng, model = np.random.default_rng(0), Pooled(shape).eval()
    x, baseline = drawn(0, shape)
    assert not opens(model, x, baseline)
    for units in (
        None,
        torch.from_numpy(rng.integers(0, 4, shape)),
        torch.from_numpy(rng.integers(0, 4, x.shape)),
    ):
        compare(model, x, baseline, torch.tensor([0, 2, 1]), units, rng)


def test_contributions_too_large_to_hold_are_not_held(monkeypatch):
    torch.manual_seed(0)
    model, (x, baseline) = Chain(ROW, 1, None, 2, False).eval(), drawn(0, ROW)
    asked = (model, x, baseline, torch.rand(3, 9, 12) < 0.5, torch.tensor([1, 0, 1]))
    found = answers(*asked)
    monkeypatch.setattr("xassay.core.first_layer.LARGEST", 1)
    monkeypatch.setattr("xassay.core.first_layer.FirstLayer.answers", None)
    torch.testing.assert_close(answers(*asked), found, atol=1e-6, rtol=0)


def test_masked_inputs_are_not_made_where_sums_do(monkeypatch):
    monkeypatch.setattr(masking, "_rows", None)
    model, (x, baseline) = Chain(ROW, 1, None, 2, False).eval(), drawn(0, ROW)
    assert singles(model, x, baseline, torch.tensor([1, 0, 1])).shape == (3, 12)


def test_rows_at_a_time_follow_from_the_largest_activation():
    model = torch.nn.Sequential(torch.nn.Linear(10, 1000), torch.nn.ReLU(), torch.nn.Linear(1000, 1))
    x = torch.zeros(5, 10)
    assert rows(model, x, budget=40_000) == 10 and rows(model, x, budget=1) == 1
    assert rows(torch.nn.Flatten(), x, budget=400) == 10


@pytest.mark.parametrize("units", [torch.zeros(3), torch.tensor([0, -1]), torch.arange(4)[:, None, None]])
def test_units_that_do_not_fit_are_refused(units):
    with pytest.raises(InputError, match="units"):
        numbered(torch.zeros(2, 12), units)
    with pytest.raises(InputError, match="allowed: 0 to 2"):
        numbered(torch.zeros(2, 12), None, 3)
