"""Every attribution method that reads sequences keeps its contract on them."""

import copy

import numpy as np
import pytest
import torch
from sequence_data import LENGTH, sequences

from xassay import catalogue
from xassay.core.evaluated import evaluated
from xassay.core.explaining import explain
from xassay.steps.attribute import plugin

METHODS = {n: e for n, e in catalogue.entries("attribution").items() if "sequence" in e.card["kinds"]}
MODELS = {n: e for n, e in catalogue.entries("models").items() if "sequence" in e.card["kinds"]}
FEW = {  # options that keep a contract test short
    "deep_lift_shap": {"n_references": 2},
    "smooth_grad": {"draws": 4},
    "control_shapley": {"permutations": 1},
    "permutation_shapley": {"permutations": 1},
    "captum_shapley_sampling": {"n_samples": 2},
    "kernel_shap": {"n_coalitions": 200},
    "captum_kernel_shap": {"n_samples": 20},
    "captum_lime": {"n_samples": 20},
}


def fitting(card):
    """A model that provides what a method needs: the first that does."""
    for name, entry in MODELS.items():
        if set(card["needs"]) <= set(entry.card["provides"]) and name != "motif_scan_linear":
            torch.manual_seed(0)
            built = catalogue.load("models", name).build((4, LENGTH), 1)
            return built.eval().requires_grad_(False)
    raise AssertionError(f"no model provides {card['needs']}")


@pytest.fixture(autouse=True)
def determined():
    """As the steps ask torch to be: what is not warranted to be deterministic is refused."""
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("error")
    yield
    torch.set_deterministic_debug_mode(before)


@pytest.fixture(scope="module")
def seen():
    torch.set_num_threads(1)
    return evaluated(sequences(), 0, n=3, n_variants=2, reference={"kind": "shuffle", "references": 2})


@pytest.fixture(params=METHODS)
def method(request):
    return plugin("attribution", request.param, request.param, FEW.get(request.param, {}), None)


def explained(method, model, seen, rows=slice(None)):
    given = model, seen.x[rows], seen.target[rows], seen.baseline[:, rows]
    return explain(method, *given, np.random.default_rng(0), seen.known[rows], seen.level)


def test_a_map_has_a_value_for_every_base_or_position(method, seen):
    model = fitting(method.card)
    before = copy.deepcopy(model.state_dict()), seen.x.clone(), seen.baseline.clone()
    feature, unit, total = explained(method, model, seen)
    assert unit.shape == (3, LENGTH) and unit.isfinite().all() and unit.dtype == torch.float64
    assert total.shape == (3,) and not unit.requires_grad
    assert (feature is not None) == (method.card["level"] == "feature")
    if not method.card["signed"]:
        assert (unit >= 0).all()
    again = explained(method, model, seen)[1]
    torch.testing.assert_close(unit, again, atol=0, rtol=0)
    for name, values in model.state_dict().items():
        torch.testing.assert_close(values, before[0][name], atol=0, rtol=0)
    assert torch.equal(seen.x, before[1]) and torch.equal(seen.baseline, before[2])


def test_sequences_are_explained_one_by_one_as_together(method, seen):
    if "rng" in method.arrays:
        pytest.skip(f"{method.id} draws, and draws for a block of samples")
    model = fitting(method.card)
    together = explained(method, model, seen)[1]
    for k in range(3):
        alone = explained(method, model, seen, slice(k, k + 1))[1]
        torch.testing.assert_close(alone, together[k : k + 1], atol=1e-5, rtol=1e-4)


def test_hypothetical_contributions_add_up_where_that_is_claimed(method, seen):
    if "completeness" not in method.card["axioms"] or method.id.startswith("captum"):
        pytest.skip(f"{method.id} does not claim it, or is captum's, whose gap the report shows")
    model = fitting(method.card)
    total = explained(method, model, seen)[2]
    with torch.no_grad():
        lost = model(seen.x)[:, 0] - torch.stack([model(b)[:, 0] for b in seen.baseline]).mean(0)
    tolerance = 0.1 if method.id == "integrated_gradients" else 1e-3  # 32 points of a path with corners
    torch.testing.assert_close(total, lost.double(), atol=tolerance * lost.abs().max().item(), rtol=0)
