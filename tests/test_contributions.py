"""Contributions of bases: hypothetical and observed, corrected slopes, the angle off the simplex."""

import numpy as np
import pytest
import torch
from sequence_data import LENGTH, network, sequences
from torch import nn

from xassay import catalogue
from xassay.core.contributions import contributions, corrected, observed, off_simplex_angle
from xassay.core.evaluated import evaluated
from xassay.core.explaining import explain
from xassay.steps.attribute import plugin

REFERENCES = ("uniform", "shuffle", "training_sequences")


class Linear(nn.Module):
    """f = w . x."""

    def __init__(self, w):
        super().__init__()
        self.w = nn.Parameter(w)

    def forward(self, x):
        return (x * self.w).flatten(1).sum(1, keepdim=True)


@pytest.fixture(params=REFERENCES)
def seen(request):
    return evaluated(sequences(), 0, n=6, n_variants=2, reference={"kind": request.param, "references": 2})


def explained(name, model, seen, **options):
    """(feature, unit, total) of a method."""
    method = plugin("attribution", name, name, options, None)
    given = (model, seen.x, seen.target, seen.baseline, np.random.default_rng(0), seen.known, seen.level)
    return explain(method, *given)


@pytest.mark.parametrize("name", ["integrated_gradients", "gradient_shap", "deep_lift"])
def test_contributions_of_a_linear_model_are_exact(name, seen):
    torch.manual_seed(0)
    w = torch.randn(4, LENGTH)
    feature, unit, total = explained(name, Linear(w), seen)
    exact = (w * (seen.x - seen.baseline.mean(0))).sum(1)
    torch.testing.assert_close(unit, exact.double(), atol=1e-5, rtol=0)
    torch.testing.assert_close(total, exact.sum(1).double(), atol=1e-4, rtol=0)
    for base in range(4):  # what would be there if the sequence had that base
        other = torch.zeros_like(seen.x)
        other[:, base] = 1
        expected = (w * (other - seen.baseline.mean(0))).sum(1)
        torch.testing.assert_close(observed(feature, other, 1), expected, atol=1e-5, rtol=0)


def test_integrated_gradients_are_complete(seen):
    torch.manual_seed(0)
    model = network().eval().requires_grad_(False)
    _, unit, total = explained("integrated_gradients", model, seen, n_steps=256)
    lost = model(seen.x)[:, 0] - torch.stack([model(b)[:, 0] for b in seen.baseline]).mean(0)
    torch.testing.assert_close(total, lost.double(), atol=2e-3, rtol=0)
    torch.testing.assert_close(unit.sum(1), total)


@pytest.mark.parametrize(
    "name", [n for n, e in catalogue.entries("attribution").items() if "correct" in e.options]
)
def test_correction_leaves_the_simplex_alone(name, seen):
    """Against a reference on the simplex it changes nothing observed; a slope that is corrected has angle 0."""
    torch.manual_seed(0)
    model = network().eval().requires_grad_(False)
    (plain, unit, _), (fixed, other, _) = (explained(name, model, seen, correct=c) for c in (False, True))
    if plugin("attribution", name, name, {}, None).card["axioms"] or name == "gradient_shap":
        torch.testing.assert_close(unit, other, atol=1e-5, rtol=0)
    else:
        assert off_simplex_angle(fixed, 1).max() < 0.1 < off_simplex_angle(plain, 1).min()
        torch.testing.assert_close(fixed, plain - plain.mean(1, keepdim=True))


def test_a_reference_off_the_simplex_is_mended_by_correction():
    """With zeros as the reference a shift of all four slopes counts, unless it is left out."""
    seen = evaluated(sequences(), 0, n=4, n_variants=2, reference={"kind": "zero"})
    w = torch.randn(4, LENGTH, generator=torch.Generator().manual_seed(0))
    plain, fixed = (
        explained("integrated_gradients", Linear(w + 3), seen, correct=c)[1] for c in (False, True)
    )
    exact = ((w - w.mean(0)) * seen.x).sum(1).double()
    torch.testing.assert_close(fixed, exact, atol=1e-5, rtol=0)
    assert (plain - exact).abs().min() > 1


def test_angles_off_the_simplex():
    same, none = torch.ones(1, 4, 3), torch.tensor([1.0, -1, 2, -2])[None, :, None].expand(1, 4, 3)
    assert off_simplex_angle(same, 1).item() == pytest.approx(90, abs=1e-4)
    assert off_simplex_angle(none, 1).item() == pytest.approx(0)
    one = torch.zeros(1, 4, 3)
    assert off_simplex_angle(one, 1).isnan().all()
    one[0, 0, 0] = 5.0
    assert off_simplex_angle(one, 1).item() == pytest.approx(30)  # one base alone: asin(1/2)


def test_without_an_alphabet_contributions_are_plain():
    slope, x, reference = (torch.randn(2, 3, 5) for _ in range(3))
    torch.testing.assert_close(contributions(slope, x, reference), slope * (x - reference))
    torch.testing.assert_close(contributions(slope, x), slope * x)
    assert corrected(slope) is slope


def test_windows_of_positions_share_evenly():
    seen = evaluated(sequences(), 0, n=3, n_variants=1, reference={"kind": "uniform"})
    w = torch.randn(4, LENGTH, generator=torch.Generator().manual_seed(0))
    exact = (w * (seen.x - 0.25)).sum(1).double()
    for name in ("permutation_shapley", "kernel_shap"):
        _, unit, _ = explained(name, Linear(w), seen, span=5)
        for start in range(0, LENGTH, 5):
            part = exact[:, start : start + 5]
            torch.testing.assert_close(
                unit[:, start : start + 5], part.mean(1, keepdim=True).expand(part.shape), atol=1e-4, rtol=0
            )
    _, unit, _ = explained("occlusion", Linear(w), seen, size=1)
    torch.testing.assert_close(unit, exact, atol=1e-5, rtol=0)
