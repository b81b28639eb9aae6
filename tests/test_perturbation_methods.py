"""Perturbation and smoothing methods against slow definitions, on bags, rows and images."""

import itertools
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import test_attribute
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from toy_models import Attentive, L, Net, Q, bag, references

from xassay import catalogue
from xassay.attribution import (
    captum_gradient_shap,
    captum_kernel_shap,
    captum_leave_one_out,
    captum_lime,
    captum_shapley_sampling,
    control_shapley,
    gradient_shap,
    integrated_gradients,
    kernel_shap,
    lime,
    permutation_shapley,
    saliency,
    smooth_grad,
)
from xassay.core import gradients
from xassay.core.coalitions import coalitions
from xassay.core.explanations import Explanation
from xassay.core.targets import explained

UNITS = (kernel_shap, permutation_shapley, lime)
CAPTUM = (captum_kernel_shap, captum_lime, captum_shapley_sampling, captum_leave_one_out)
DRAWN = [name for name in catalogue.entries("attribution") if name.startswith("captum_")]
study = test_attribute.study


class Rows(nn.Module):
    """A smooth network of rows, (sample, 6) -> (sample, 3)."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))

    def forward(self, x):
        return self.net(x)


class Image(nn.Module):
    """A convolutional network of images, (sample, 2, 4, 4) -> (sample, 1)."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x)


class Weighted(nn.Module):
    """f = sum of w x over all that is there: phi of a unit is the sum of w (x - b) over its elements."""

    def __init__(self, shape):
        super().__init__()
        self.w = torch.linspace(-1, 2, math.prod(shape)).view(shape)

    def forward(self, x):
        return (self.w.to(x.dtype) * x.nan_to_num()).flatten(1).sum(1, keepdim=True)


PATCHES = torch.arange(4).view(2, 2).repeat_interleave(2, 0).repeat_interleave(2, 1)
KINDS = {
    "bags": (lambda: Attentive(3), bag(3, 6, 3, sizes=[6, 1, 4]), None),
    "parts of bags": (
        lambda: Attentive(3),
        bag(3, 6, 3, sizes=[6, 1, 3]),
        torch.tensor([[0, 0, 1, 1, 2, 2]]).T,
    ),
    "rows": (Rows, bag(3, 6), None),
    "rows in groups": (Rows, bag(3, 6), torch.tensor([0, 1, 0, 2, 2, 2])),
    "images": (Image, bag(3, 2, 4, 4), PATCHES),
}


@pytest.fixture(params=KINDS)
def kind(request):
    """A model in double precision, three samples, two references, targets, and the units."""
    build, x, groups = KINDS[request.param]
    torch.manual_seed(0)
    return made(build().double().eval().requires_grad_(False), x.double(), groups)


def made(model, x, groups=None):
    target = torch.tensor([1, 0, 1, *[1] * len(x)])[: len(x)]
    return SimpleNamespace(
        model=model, x=x, target=target, baseline=references(x).to(x.dtype), groups=groups, alphabet=None
    )


def linear(kind):
    """The same samples with a linear model, and its exact attribution: (sample, unit)."""
    model = Weighted(kind.x.shape[1:]).to(kind.x.dtype)
    phi = (model.w.to(kind.x) * (kind.x - kind.baseline.mean(0)))[torch.arange(len(kind.x))]
    sign = torch.where(kind.target == 1, 1.0, -1.0)
    there, unit = units(kind)
    exact = torch.full(there.shape, torch.nan, dtype=torch.float64)
    for s, u in there.nonzero().tolist():
        exact[s, u] = sign[s] * phi[s][unit == u].nansum()
    return SimpleNamespace(**vars(kind) | {"model": model}), exact


def units(kind):
    """Which units each sample has, (sample, unit), and the unit of each element."""
    x, groups = kind.x, kind.groups
    if groups is None:
        groups = torch.arange(x.shape[1]).view(-1, *[1] * (x.ndim - 2))
    unit = groups.expand(x.shape[1:])
    there = [[bool((~row[unit == u].isnan()).any()) for u in range(int(unit.max()) + 1)] for row in x]
    return torch.tensor(there), unit


def explain(method, kind, seed=0, **options):
    """One method of units, with a generator if it asks for one."""
    rng = [] if method is captum_leave_one_out else [np.random.default_rng(seed)]
    return method.attribute(kind.model, kind.x, kind.target, kind.baseline, kind.groups, *rng, **options)


def close(one, other, atol=1e-6):
    torch.testing.assert_close(one.double(), other.double(), atol=atol, rtol=0, equal_nan=True)


def game(kind, s):
    """v(kept units) of one sample, mean over references, and its units."""
    there, unit = units(kind)
    one, target = kind.x[s : s + 1], kind.target[s : s + 1]

    def value(kept):
        gone = ~torch.isin(unit, torch.tensor(sorted(kept), dtype=torch.long))
        logits = [explained(kind.model(torch.where(gone, b[s], one)), target) for b in kind.baseline]
        return torch.stack(logits).mean().item()

    return value, there[s].nonzero()[:, 0].tolist()


def each_sample(kind, values):
    """A map from a function of (value, players) -> {player: number}."""
    out = torch.full(units(kind)[0].shape, torch.nan, dtype=torch.float64)
    for s in range(len(out)):
        for player, found in values(*game(kind, s)).items():
            out[s, player] = found
    return out


def shapley(value, players):
    """The definition, by all subsets of the others."""
    n, out = len(players), {}
    for i in players:
        others = [j for j in players if j != i]
        out[i] = sum(
            (value({*kept, i}) - value({*kept})) / (n * math.comb(n - 1, size))
            for size in range(n)
            for kept in itertools.combinations(others, size)
        )
    return out


def left_out(value, players):
    return {i: value({*players}) - value({*players} - {i}) for i in players}


def whole(kind):
    """f(x) - f(b) of each sample."""
    found = []
    for s in range(len(kind.x)):
        value, players = game(kind, s)
        found.append(value({*players}) - value(set()))
    return torch.tensor(found, dtype=torch.float64)


def test_kernel_shap_with_all_coalitions_is_the_definition(kind):
    close(explain(kernel_shap, kind), each_sample(kind, shapley))


@pytest.mark.parametrize("n", [2, 20, 300])
def test_kernel_shap_adds_up_and_is_exact_on_sums(n):
    model = Attentive(3).double().requires_grad_(False)
    kind = made(model, bag(4, 14, 3, sizes=[14, 14, 1, 12]).double())
    close(explain(kernel_shap, kind, n_coalitions=n).nansum(1), whole(kind))
    close(explain(kernel_shap, *linear(kind)[:1], n_coalitions=n), linear(kind)[1])


def test_kernel_shap_approaches_the_exact_values():
    torch.manual_seed(1)
    kind = made(Attentive(3).double().requires_grad_(False), bag(3, 11, 3).double())
    exact = explain(kernel_shap, kind, n_coalitions=2**11 - 2)  # all: the definition, as shown above

    def error(n):
        maps = [explain(kernel_shap, kind, seed, n_coalitions=n) for seed in range(10)]
        return np.mean([(found - exact).square().mean() for found in maps]) ** 0.5 / exact.std()

    few, more, many = error(88), error(400), error(1600)
    assert many < 0.7 * more and more < 0.7 * few and many < 0.02
    assert error(2) == few  # eight a unit at the least


@pytest.mark.parametrize("n", [2, 3, 6])
def test_kernel_shap_shares_an_interaction_equally(n):
    kind = made(Q().double(), torch.full((1, n, 1), 2.0, dtype=torch.float64))
    kind.baseline = torch.zeros_like(kind.x)[None]
    close(explain(kernel_shap, kind), torch.full((1, n), 2.0**n / n))


@pytest.mark.parametrize("method", [kernel_shap, lime])
def test_what_else_is_explained_changes_nothing(method, kind):
    together = explain(method, kind)
    for s in range(3):
        one = SimpleNamespace(**vars(kind))
        one.x, one.target, one.baseline = (
            kind.x[s : s + 1],
            kind.target[s : s + 1],
            kind.baseline[:, s : s + 1],
        )
        close(explain(method, one), together[s : s + 1], atol=1e-9)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(1, 9), st.integers(0, 3))
def test_all_coalitions_are_taken_with_the_kernels_weight(size, more):
    kept, weight = coalitions(size, 2**size - 2 + more, kernel_shap.shares(size), np.random.default_rng(0))
    both = np.concatenate([kept, ~kept])
    assert len({tuple(row) for row in both}) == len(both) == 2**size - 2
    n = kept.sum(1)
    kernel = np.array([(size - 1) / (math.comb(size, k) * k * (size - k)) for k in n])
    np.testing.assert_allclose(weight, kernel / kernel.sum() if len(n) else kernel)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(3, 40), st.integers(2, 400), st.booleans())
def test_coalitions_stand_for_what_was_wanted(size, n, ends):
    """Each pair of sizes weighs its share, to the half draw or so that systematic sampling may be off."""
    share = np.ones(size + 1) if ends else kernel_shap.shares(size)
    kept, weight = coalitions(size, n, share, np.random.default_rng(size))
    least = 2 if ends else 2 * size
    assert max(n - 1, least) <= 2 * len(kept) <= max(n, least) or 2 * len(kept) == 2**size - 2 * (not ends)
    assert weight.sum() == pytest.approx(1)
    if n // 2 > least // 2:
        size_of = np.minimum(kept.sum(1), size - kept.sum(1))
        folded = np.array([share[s] * (2 - (2 * s == size)) for s in range(size // 2 + 1)])
        found = np.bincount(size_of, weight, minlength=len(folded))
        assert np.abs(found - folded / folded.sum()).max() <= weight.max() * 1.01


def test_drawn_coalitions_know_no_unit():
    """Over many draws each unit is kept as often as any other, and each pair of units together."""
    n, times = 12, 400
    share = kernel_shap.shares(n)
    moment = np.zeros((n, n))
    for seed in range(times):
        kept, weight = coalitions(n, 60, share, np.random.default_rng(seed))
        both = np.concatenate([kept, ~kept]).astype(float)
        moment += (both.T * np.tile(weight / 2, 2)) @ both / times
    sizes = np.arange(n + 1)
    together = (share * sizes * (sizes - 1)).sum() / (share.sum() * n * (n - 1))
    np.testing.assert_allclose(np.diag(moment), 0.5)
    np.testing.assert_allclose(moment[~np.eye(n, dtype=bool)], together, atol=0.01)


def regressed(ridge, width):
    """LIME's definition over all sets: sizes count the same, sets of a size too, then the kernel."""

    def coefficients(value, players):
        n, rows = len(players), []
        for size in range(n + 1):
            for kept in itertools.combinations(range(n), size):
                weight = math.exp(-(((1 - math.sqrt(size / n)) / width) ** 2)) / math.comb(n, size)
                z = np.isin(np.arange(n), kept).astype(float)
                rows.append((weight, z, value({players[k] for k in kept})))
        weight, z, answer = (np.array(part) for part in zip(*rows, strict=True))
        weight /= weight.sum()
        spread = np.mean([weight @ (column - weight @ column) ** 2 for column in z.T])
        # The penalty as rows of their own; the intercept has none.
        design = np.vstack([np.column_stack([z, np.ones(len(z))]), np.eye(n, n + 1)])
        root = np.sqrt(np.concatenate([weight, np.full(n, ridge * spread)]))
        found = np.linalg.lstsq(
            design * root[:, None], np.concatenate([answer, np.zeros(n)]) * root, rcond=None
        )
        return dict(zip(players, found[0], strict=False))

    return coefficients


@pytest.mark.parametrize(("ridge", "width"), [(0.01, 0.25), (0.3, 1.0)])
def test_lime_is_the_ridge_regression_over_all_sets(kind, ridge, width):
    close(explain(lime, kind, ridge=ridge, width=width), each_sample(kind, regressed(ridge, width)))


def test_lime_recovers_a_linear_model_as_the_penalty_goes():
    kind, exact = linear(made(None, bag(3, 14, 3, sizes=[14, 2, 12]).double()))
    close(explain(lime, kind, ridge=1e-9, n_masks=200), exact, atol=1e-5)
    shrunk = explain(lime, kind, ridge=0.1, n_masks=2000).nan_to_num().norm(dim=1) / exact.nan_to_num().norm(
        dim=1
    )
    assert (shrunk < 0.99).all() and (shrunk > 0.8).all()


def test_permutation_shapley_approaches_the_definition_and_adds_up(kind):
    exact = each_sample(kind, shapley)
    few, many = (explain(permutation_shapley, kind, permutations=k) for k in (1, 400))
    close(many, exact, atol=0.03 * exact.nan_to_num().abs().max().item())
    close(few.nansum(1), whole(kind))
    close(explain(permutation_shapley, linear(kind)[0], permutations=1), linear(kind)[1])


def test_permutation_shapley_of_instances_is_the_control():
    kind = made(Attentive(3).requires_grad_(False), bag(3, 6, 3, sizes=[6, 1, 4]))
    given = (kind.model, kind.x, kind.target, kind.baseline, None, np.random.default_rng(0))
    close(explain(permutation_shapley, kind).float(), control_shapley.attribute(*given), atol=0)


def smoothed(kind, rng, draws, sd):
    """SmoothGrad sample by sample, draw by draw."""
    total = torch.zeros_like(kind.x)
    for _ in range(draws):
        noise = torch.from_numpy(rng.standard_normal(kind.x.shape, np.float32))
        for s, row in enumerate(kind.x):
            there = row[~row.isnan()]
            point = (row + sd * (there.max() - there.min()) * noise[s])[None].requires_grad_()
            explained(kind.model(point), kind.target[s : s + 1]).sum().backward()
            total[s] += torch.where(row.isnan(), torch.nan, point.grad[0])
    return (total / draws).abs()


@pytest.mark.parametrize("budget", [1, 1 << 20])
def test_smooth_grad_is_the_mean_of_noisy_gradients(kind, budget, monkeypatch):
    monkeypatch.setattr(smooth_grad, "BUDGET", budget)
    found = smooth_grad.attribute(
        kind.model, kind.x, kind.target, None, np.random.default_rng(0), draws=7, sd=0.3
    )
    close(found, smoothed(kind, np.random.default_rng(0), 7, 0.3))


def test_smooth_grad_without_noise_is_saliency(kind):
    given = kind.model, kind.x, kind.target
    close(
        smooth_grad.attribute(*given, None, np.random.default_rng(0), draws=3, sd=0),
        saliency.attribute(*given, None),
    )


def feature_level(method, kind, seed=0, **options):
    rng = np.random.default_rng(seed)
    alphabet = () if method is captum_gradient_shap else (None,)
    return method.attribute(kind.model, kind.x, kind.target, kind.baseline, *alphabet, rng, **options)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return made(Net(3).double().eval().requires_grad_(False), bag(3, 6, 3, sizes=[6, 1, 4]).double())


@pytest.mark.parametrize("method", [gradient_shap, captum_gradient_shap])
def test_gradient_shap_approaches_integrated_gradients(method, net):
    given = net.model, net.x, net.target, net.baseline
    exact = integrated_gradients.attribute(*given, None, n_steps=256)
    scale = exact.nan_to_num().abs().max().item()
    option = "draws" if method is gradient_shap else "n_samples"
    close(feature_level(method, net, **{option: 4000}), exact, atol=0.06 * scale)


def test_gradient_shap_errs_less_than_unstratified_draws(net):
    exact = integrated_gradients.attribute(net.model, net.x, net.target, net.baseline, None, n_steps=256)

    def error(method, option):
        maps = [feature_level(method, net, seed, **{option: 32}) for seed in range(10)]
        return np.mean([(found - exact).square().nanmean() for found in maps]) ** 0.5

    assert error(gradient_shap, "draws") < 0.5 * error(captum_gradient_shap, "n_samples")


@pytest.mark.parametrize("draws", [2, 5, 16])
def test_gradient_shap_draws_each_reference_in_turn(net, draws):
    """On a linear model the path does not matter: what is left is how often each reference was taken."""
    model = L([1.0, -2.0, 0.5]).double()
    sign = torch.where(net.target == 1, 1.0, -1.0)[:, None, None]
    found = gradient_shap.attribute(
        model, net.x, net.target, net.baseline, None, np.random.default_rng(0), draws=draws
    )
    each = [sign * model.w.detach() * (net.x - b) for b in net.baseline]
    taken = {1, 2, 3, 4} if draws == 5 else {draws // 2}
    options = [sum(k * part for k, part in zip((a, draws - a), each, strict=True)) / draws for a in taken]
    assert min((found - option).nan_to_num().abs().max() for option in options) < 1e-6
    if draws == 5:  # an odd one out: never more than one apart
        near = [
            (a, (found - option).nan_to_num().abs().max()) for a, option in zip(taken, options, strict=True)
        ]
        assert min(near, key=lambda pair: pair[1])[0] in (2, 3)


def test_gradient_shap_does_not_depend_on_memory(net, monkeypatch):
    one = feature_level(gradient_shap, net)
    monkeypatch.setattr(gradients, "BUDGET", 1)
    close(feature_level(gradient_shap, net), one, atol=1e-12)


@pytest.mark.parametrize("method", CAPTUM)
def test_captum_agrees_with_ours_on_a_linear_model(method, kind):
    kind, exact = linear(kind)
    atol = {captum_lime: 0.25, captum_kernel_shap: 2e-4}.get(method, 1e-5)
    close(explain(method, kind), exact, atol=atol)
    close(explain(kernel_shap, kind), exact)


def test_captum_leave_one_out_is_the_definition(kind):
    close(explain(captum_leave_one_out, kind), each_sample(kind, left_out), atol=1e-5)


def test_captum_shapley_approaches_the_definition(kind):
    exact = each_sample(kind, shapley)
    scale = exact.nan_to_num().abs().max().item()
    found = explain(captum_shapley_sampling, kind, n_samples=200)
    close(found.nansum(1), whole(kind), atol=1e-5)
    close(found, exact, atol=0.1 * scale)
    found = explain(captum_kernel_shap, kind, n_samples=2000)
    close(found.nansum(1), whole(kind), atol=1e-3)
    close(found, exact, atol=0.1 * scale)


@pytest.mark.parametrize("name", DRAWN)
def test_captum_leaves_global_generators_alone(name, net):
    states = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    method = catalogue.load("attribution", name)
    arrays = vars(net) | {"rng": np.random.default_rng(0)}
    one, other = (
        method.attribute(*(arrays[part] for part in catalogue.entries("attribution")[name].arrays))
        for arrays in (arrays, vars(net) | {"rng": np.random.default_rng(0)})
    )
    close(one, other, atol=0)
    assert torch.equal(states[0], torch.random.get_rng_state())
    assert (states[1] == np.random.get_state()[1]).all()


OPTIONS = {
    "kernel_shap": {"n_coalitions": 20},
    "lime": {"n_masks": 20},
    "permutation_shapley": {},
    "smooth_grad": {"draws": 4},
    "gradient_shap": {"draws": 4},
    "captum_kernel_shap": {"n_samples": 10},
    "captum_lime": {"n_samples": 10},
    "captum_shapley_sampling": {"n_samples": 2},
    "captum_leave_one_out": {},
    "captum_gradient_shap": {"n_samples": 2},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_step_writes_the_same_bytes_each_time(study, name):
    options = "--options", json.dumps(OPTIONS[name])
    one, other = (test_attribute.attribute(study, name, folder, *options) for folder in ("one", "two"))
    assert one.read_bytes() == other.read_bytes()
    found = Explanation.read(one)
    np.testing.assert_array_equal(np.isnan(found.instance), np.isnan(found.curve[0][..., 1:]))
    assert np.isfinite(found.instance).any() and found.variants
