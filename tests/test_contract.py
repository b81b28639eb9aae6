"""Every attribution method and stability test that the catalogue finds keeps its contract."""

import copy
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toy_models import Attentive, bag, references

from xassay import catalogue
from xassay.core import noise
from xassay.core.errors import InputError
from xassay.steps.attribute import Assay, plugin

METHODS = catalogue.entries("attribution")
TESTS = catalogue.entries("stability")
PROVIDED = {"gradient", "attention", "instances"}
BIBLIOGRAPHY = (Path(__file__).parent.parent / "resources/references.bib").read_text()

OF_BAGS = {name: entry for name, entry in METHODS.items() if "bag" in entry.card["kinds"]}
methods = pytest.mark.parametrize("entry", OF_BAGS.values(), ids=OF_BAGS)
drawless = pytest.mark.parametrize(
    "entry", [e for e in OF_BAGS.values() if "rng" not in e.arrays], ids=lambda e: e.name
)
stability = pytest.mark.parametrize("entry", TESTS.values(), ids=TESTS)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=[1, 3], ids=["binary", "three classes"])
def case(request):
    """All that a plug-in may ask for, of three bags of 5, 1 and 3 instances."""
    torch.manual_seed(0)
    x = bag(3, 5, 4, sizes=[5, 1, 3])
    truth = torch.where(x[..., 0].isnan(), torch.nan, (x[..., 0] > 0).double())
    return dict(
        model=Attentive(4, request.param).eval().requires_grad_(False),
        x=x,
        target=torch.tensor([1, 0, 1]),
        baseline=references(x),
        groups=None,
        alphabet=None,
        truth=truth,
        twin=Attentive(4, request.param).eval().requires_grad_(False),
        noise=noise.law({"law": "gaussian", "sd": 0.1}),
        draws=3,
    )


def called(entry, case, **changed):
    arrays = case | {"rng": np.random.default_rng(0)} | changed
    return plugin(entry.folder, entry.name, entry.name, {}, None)(**arrays)


def same(one, other):
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4, equal_nan=True)


@methods
def test_map_has_the_shape_of_its_level(entry, case):
    x = case["x"]
    found = called(entry, case)
    assert found.shape == (x.shape if entry.card["level"] == "feature" else x.shape[:2])
    assert found.is_floating_point() and not found.requires_grad
    absent = x[..., 0].isnan()
    assert found[absent].isnan().all() and found[~absent].isfinite().all()


@methods
def test_map_is_deterministic(entry, case):
    torch.testing.assert_close(called(entry, case), called(entry, case), atol=0, rtol=0, equal_nan=True)


@drawless
def test_samples_are_explained_one_by_one_as_together(entry, case):
    together = called(entry, case)
    for k in range(3):
        one = {name: case[name][k : k + 1] for name in ("x", "target", "truth")}
        same(called(entry, case, **one, baseline=case["baseline"][:, k : k + 1]), together[k : k + 1])


@drawless
def test_padding_changes_nothing(entry, case):
    found = called(entry, case)
    padded = called(
        entry,
        case,
        x=longer(case["x"], 1),
        truth=longer(case["truth"], 1),
        baseline=longer(case["baseline"], 2),
    )
    same(padded[:, :5], found)
    assert padded[:, 5:].isnan().all()


def longer(values, axis):
    """Two more absent instances."""
    shape = list(values.shape)
    shape[axis] = 2
    return torch.cat([values, torch.full(shape, torch.nan, dtype=values.dtype)], axis)


@methods
def test_unsigned_maps_are_not_negative(entry, case):
    if not entry.card["signed"]:
        assert (called(entry, case).nan_to_num() >= 0).all()


@methods
def test_method_leaves_model_and_arrays_alone(entry, case):
    before = copy.deepcopy({k: v for k, v in case.items() if torch.is_tensor(v)} | case["model"].state_dict())
    called(entry, case)
    for name, values in (case | case["model"].state_dict()).items():
        if torch.is_tensor(values):
            torch.testing.assert_close(values, before[name], atol=0, rtol=0, equal_nan=True)
    assert not any(
        m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in case["model"].modules()
    )
    assert not any(m.training for m in case["model"].modules())


@methods
def test_method_is_refused_where_its_needs_are_not_met(entry):
    assert set(entry.card["needs"]) <= PROVIDED
    method = plugin(entry.folder, entry.name, entry.name, {}, None)
    Assay.check(SimpleNamespace(provides=PROVIDED, name="full"), method)
    if entry.card["needs"]:
        with pytest.raises(InputError, match=f"{entry.name} needs .* which bare does not provide"):
            Assay.check(SimpleNamespace(provides=set(), name="bare"), method)


@pytest.mark.parametrize("entry", [*METHODS.values(), *TESTS.values()], ids=[*METHODS, *TESTS])
def test_plugin_is_documented(entry):
    module = catalogue.load(entry.folder, entry.name)
    function = getattr(module, "attribute" if entry.folder == "attribution" else "variants")
    assert module.__doc__ and function.__doc__
    keys = entry.card["reference"]
    for key in (keys,) if isinstance(keys, str) else keys:
        assert "{" + key + "," in BIBLIOGRAPHY


def test_only_the_positive_control_sees_the_truth():
    assert [name for name, entry in METHODS.items() if "truth" in entry.arrays] == ["control_truth"]


@stability
def test_variants_are_named_inputs(entry, case):
    found = list(called(entry, case))
    names = [name for name, *_ in found]
    assert found and len(set(names)) == len(names)
    for name, model, x, target, baseline in found:
        assert re.fullmatch(r"[a-z][a-z0-9_]*(:\d+)?", name)
        assert isinstance(model, torch.nn.Module) and not model.training
        assert x.shape == case["x"].shape and target.shape == case["target"].shape
        assert baseline.shape[1:] == case["baseline"].shape[1:]
        for values in (x, *baseline):
            torch.testing.assert_close(values.isnan(), case["x"].isnan())
        assert model(x).isfinite().all()


@stability
def test_variants_are_deterministic(entry, case):
    for one, other in zip(called(entry, case), called(entry, case), strict=True):
        assert one[0] == other[0]
        same(one[1](one[2]), other[1](other[2]))
        same(one[4], other[4])


@stability
def test_variants_leave_model_and_inputs_alone(entry, case):
    before = copy.deepcopy({k: v for k, v in case.items() if torch.is_tensor(v)} | case["model"].state_dict())
    state = torch.random.get_rng_state()
    list(called(entry, case))
    for name, values in (case | case["model"].state_dict()).items():
        if torch.is_tensor(values):
            torch.testing.assert_close(values, before[name], atol=0, rtol=0, equal_nan=True)
    assert torch.equal(state, torch.random.get_rng_state())
