"""Prediction gaps against a loop over samples, shares and draws, and against the closed form of f = w.x."""

import numpy as np
import pytest
import torch
from toy_models import Attentive, L, bag, references

from xassay.core import gaps
from xassay.core.levels import Level
from xassay.core.targets import explained

X = bag(5, 6, 3, sizes=[6, 6, 1, 4, 2])
TARGET = torch.tensor([0, 1, 1, 0, 1])


def rng():
    return np.random.default_rng(0)


def maps(width=6, there=None):
    """Two maps, (map, sample, unit), the second with ties."""
    draws = np.random.default_rng(1).normal(size=(2, 5, width))
    draws[1] = np.round(draws[1])
    found = torch.from_numpy(draws)
    return found if there is None else torch.where(there, found, torch.nan)


def spread(x, baseline):
    """SD of each feature over the instances of x and of the references."""
    cells = [
        cell for part in (baseline.flatten(0, 1), x) for row in part for cell in row if not cell[0].isnan()
    ]
    return torch.stack(cells).std(0)


def slow(model, x, baseline, given, noise, of=None):
    """A forward pass a draw. of: each feature's unit, or None where instances are the units."""
    out = torch.full((2, *given.shape[:2], len(gaps.SHARES)), torch.nan, dtype=torch.float64)
    size = gaps.SD * spread(x, baseline)
    for m, s, k in np.ndindex(out.shape[1:]):
        units = [u for u in range(given.shape[2]) if of is not None or not x[s, u, 0].isnan()]
        order = sorted(units, key=lambda u: -abs(given[m, s, u].item()))  # sorted is stable
        n = int(np.ceil(gaps.SHARES[k] * len(order)))
        for part, chosen in enumerate((order[:n], order[n:])):
            moved = []
            for draw in noise[:, s] if chosen else ():
                other = x[s].clone()
                where = (chosen, slice(None)) if of is None else (slice(None), np.isin(of, chosen))
                other[where] += (size * draw)[where]
                pair = torch.stack([x[s], other])
                logits = explained(model(pair), TARGET[[s, s]])
                moved.append((logits[0] - logits[1]).abs().double())
            if moved:
                out[part, m, s, k] = torch.stack(moved).mean()
    return out


@pytest.mark.parametrize("block", [64 << 20, 1])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_gaps_match_a_loop(block, n_outputs, monkeypatch):
    monkeypatch.setattr(gaps, "BLOCK", block)
    torch.manual_seed(0)
    model, baseline = Attentive(3, n_outputs).eval().requires_grad_(False), references(X)
    given = maps(there=~X[..., 0].isnan())
    drawn = rng()
    noise = drawn.standard_normal((len(X), gaps.DRAWS, *X.shape[1:]), "float32").swapaxes(0, 1)
    noise = torch.from_numpy(noise)  # the same whatever the block
    found = gaps.gaps(model, X, TARGET, baseline, given, rng())
    expected = slow(model, X, baseline, given, noise)
    assert found[0].shape == (2, 5, len(gaps.SHARES))
    np.testing.assert_allclose(torch.stack(found), expected, atol=1e-5)
    assert found[1][:, 2].isnan().all() and not found[0].isnan().any()  # a bag of one leaves nothing


def test_features_and_groups_of_them_are_units_too():
    torch.manual_seed(0)
    model, baseline, of = Attentive(3).eval().requires_grad_(False), references(X), np.array([0, 1, 0])
    given, noise = maps(2), rng().standard_normal((len(X), gaps.DRAWS, *X.shape[1:]), "float32")
    noise = torch.from_numpy(noise.swapaxes(0, 1))
    found = gaps.gaps(model, X, TARGET, baseline, given, rng(), Level("feature", groups=of[None]))
    expected = slow(model, X, baseline, given, noise, of)
    np.testing.assert_allclose(torch.stack(found), expected, atol=1e-5)


def test_gaps_of_a_linear_model_approach_their_closed_form(monkeypatch):
    """sd ||w_m|| sqrt(2 / pi): w.e of n instances with the same weights is normal with n times its variance."""
    monkeypatch.setattr(gaps, "DRAWS", 4000)
    w, baseline = torch.tensor([1.0, -2.0, 0.5]), references(X)
    given = maps(there=~X[..., 0].isnan())
    found = gaps.gaps(L(w), X, TARGET, baseline, given, rng())
    sd = gaps.SD * (w * spread(X, baseline)).norm().item()
    for s, n in enumerate((~X[..., 0].isnan()).sum(1).tolist()):
        first = np.ceil(np.array(gaps.SHARES) * n)
        for part, number in zip(found, (first, n - first)):
            expected = np.where(number > 0, sd * np.sqrt(number * 2 / np.pi), np.nan)
            error = sd * np.sqrt(number * (1 - 2 / np.pi) / 4000)  # of a mean of |normal|
            off = np.abs(part[:, s].numpy() - expected)
            assert (np.isnan(off) == (number == 0)).all() and (np.nan_to_num(off) <= 4 * error + 1e-5).all()


def test_only_the_order_of_a_map_counts_and_noise_is_the_same_for_all_maps():
    model, baseline = L([1.0, -2.0, 0.5]), references(X)
    one = maps(there=~X[..., 0].isnan())[:1]
    found = gaps.gaps(model, X, TARGET, baseline, torch.cat([one, -3 * one, one]), rng())
    for part in found:
        assert torch.equal(part[0].nan_to_num(), part[1].nan_to_num())
        assert torch.equal(part[0].nan_to_num(), part[2].nan_to_num())
