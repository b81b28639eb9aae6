"""ROAD: imputed values against linear systems solved one by one, its answers against a loop."""

import analytic
import numpy as np
import pytest
import torch
from toy_models import Attentive, L, bag, references

from xassay.core import imputation, levels, road
from xassay.core.imputation import Field, by_field, by_mean, field, pixels
from xassay.core.targets import explained
from xassay.evaluation import road as metric

TARGET = torch.tensor([0, 1, 1])


def rng():
    return np.random.default_rng(0)


def dense(given):
    return given.precision.to_dense()


def solved(values, removed, given):
    """One row after the other: Q_rr (x_r - mean_r) = -Q_rk (x_k - mean_k)."""
    out, precision = values.double().clone(), dense(given)
    for row, gone in zip(out, removed):
        right = -precision[gone][:, ~gone] @ (row[~gone] - given.mean[~gone, None])
        row[gone] = given.mean[gone, None] + torch.linalg.solve(precision[gone][:, gone], right)
    return out


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["pixels", "features"])
def test_imputation_solves_the_system(kind, share):
    given = (
        pixels(6, 5)
        if kind == "pixels"
        else field(rng().normal(size=(200, 30)) @ rng().normal(size=(30, 30)))
    )
    values = torch.from_numpy(rng().normal(size=(4, 30, 3)))
    removed = torch.from_numpy(rng().random((4, 30)) < share)
    found = by_field(values, removed, given)
    torch.testing.assert_close(found, solved(values, removed, given), atol=1e-4, rtol=0)
    assert torch.equal(found[~removed], values[~removed])
    assert by_field(values.float(), removed, given).dtype == torch.float32


def test_nothing_and_everything_removed():
    given = field(rng().normal(3, size=(50, 4)))
    values = torch.from_numpy(rng().normal(size=(1, 4, 2)))
    assert torch.equal(by_field(values, torch.zeros(1, 4, dtype=torch.bool), given), values)
    whole = by_field(values, torch.ones(1, 4, dtype=torch.bool), given)
    torch.testing.assert_close(whole, given.mean[None, :, None].expand(1, 4, 2))


def test_a_pixel_is_the_weighted_mean_of_its_neighbours():
    precision = dense(pixels(4, 5))
    torch.testing.assert_close(precision.sum(1), torch.zeros(20, dtype=torch.float64), atol=1e-12, rtol=0)
    inner = precision[1 * 5 + 2].view(4, 5)
    assert (
        inner[1, 2].item() == pytest.approx(1)
        and inner[0, 2] == -1 / 6
        and inner[1, 1] == -1 / 6
        and inner[2, 3] == -1 / 12
    )
    assert inner[3].abs().sum() == 0 and inner[:, 0].abs().sum() == 0
    assert (precision[0] != 0).sum() == 4  # a corner has three neighbours


def test_a_copied_feature_is_told_from_its_twin_and_an_independent_one_is_its_mean():
    values = rng().normal(size=(4000, 3))
    values[:, 1] = 2 * values[:, 0] + 0.01 * values[:, 1] + 5
    x = torch.tensor([[[1.0], [0.0], [9.0]]])
    removed = torch.tensor([[False, True, False]])
    assert by_field(x, removed, field(values))[0, 1, 0] == pytest.approx(7, abs=0.2)
    alone = by_field(x, torch.tensor([[False, False, True]]), field(values))[0, 2, 0]
    assert alone == pytest.approx(values[:, 2].mean(), abs=0.2)


def test_a_constant_feature_tells_nothing_and_is_its_mean():
    values = np.c_[rng().normal(size=(100, 2)), np.full(100, 4.0)]
    found = by_field(torch.ones(1, 3, 1), torch.tensor([[False, False, True]]), field(values))
    assert found[0, 2, 0] == pytest.approx(4)


def test_instances_of_a_bag_are_neighbours_of_all_others():
    x, n = bag(1, 5, 3, sizes=[4]), 4
    removed = torch.tensor([[True, False, True, False, False]])
    every = torch.eye(n, dtype=torch.float64) * (1 + 1 / (n - 1)) - 1 / (n - 1)
    expected = solved(x[:, :n], removed[:, :n], Field(torch.zeros(n, dtype=torch.float64), every))[0]
    found = by_mean(x, removed[:, None])[0, 0]
    for k in (0, 2):
        torch.testing.assert_close(found.double(), expected[k], atol=1e-6, rtol=0)
    assert by_mean(x, ~x[:, None, :, 0].isnan()).isnan().all()  # nothing is left to tell from


def loop(model, x, baseline, maps, noise, of=None, given=None):
    """One forward pass a map, sample and share."""
    out = torch.full((2, *maps.shape[:2], len(road.SHARES)), torch.nan, dtype=torch.float64)
    cells = torch.cat([baseline.flatten(0, 2), x.flatten(0, 1)])
    size = road.NOISE * cells[~cells[:, 0].isnan()].std(0)
    for side, m, s, k in np.ndindex(out.shape):
        units = [u for u in range(maps.shape[2]) if of is not None or not x[s, u, 0].isnan()]
        order = sorted(units, key=lambda u: (1, -1)[side] * -maps[m, s, u].item())
        gone = order[: min(int(np.ceil(road.SHARES[k] * len(order) - 1e-9)), len(order) - 1)]
        there, other = ~x[s, :, 0].isnan(), x[s].clone()
        if len(order) == 1:
            continue
        if of is None:
            rest = [u for u in units if u not in gone]
            other[gone] = x[s, rest].mean(0) + (size * noise[s])[gone]
        else:
            where = np.isin(of, gone)
            put = solved(x[s, there].T[None], torch.from_numpy(where)[None], given)[0].T.float()
            other[there] = torch.where(torch.from_numpy(where), put + (size * noise[s])[there], x[s, there])
        out[side, m, s, k] = explained(model(other[None]), TARGET[[s]])[0].double()
    return out


@pytest.mark.parametrize("chunk", [1, 7, 100])
@pytest.mark.parametrize("kind", ["instance", "group"])
def test_answers_match_a_loop(kind, chunk, monkeypatch):
    monkeypatch.setattr(road, "rows", lambda model, x: chunk)
    torch.manual_seed(0)
    x, model = bag(3, 6, 4, sizes=[6, 1, 3]), Attentive(4).eval().requires_grad_(False)
    of = np.array([0, 1, 0, 2]) if kind == "group" else None
    given = field(rng().normal(size=(99, 4)) @ rng().normal(size=(4, 4)))
    level = levels.INSTANCE if of is None else levels.Level("group", list("abc"), of[None], given)
    maps = torch.from_numpy(rng().normal(size=(2, 3, 6 if of is None else 3)))
    maps = maps if of is not None else torch.where(x[..., 0].isnan(), torch.nan, maps)
    found = road.imputed(model, x, TARGET, references(x), maps, rng(), level)
    noise = torch.from_numpy(rng().standard_normal(tuple(x.shape), "float32"))
    expected = loop(model, x, references(x), maps, noise, of, given)
    np.testing.assert_allclose(torch.stack(found), expected, atol=1e-5)
    assert torch.stack(found)[:, :, 1].isnan().all() == (of is None)  # a bag of one


def test_noise_is_the_same_for_all_maps_and_the_order_alone_counts():
    x = bag(3, 6, 2)
    one = torch.from_numpy(rng().normal(size=(1, 3, 6)))
    found = road.imputed(
        L([1.0, 2.0]), x, TARGET, references(x), torch.cat([one, 3 * one + 1]), rng(), levels.INSTANCE
    )
    assert all(torch.equal(part[0], part[1]) for part in found)


def test_the_metric_on_a_linear_model_has_a_closed_form():
    """Imputed by the mean of those kept, f = sum of w x is n times the mean of what is left."""
    x, ones = bag(40, 12, 1), torch.ones(40, dtype=torch.long)
    phi = x[None, ..., 0].double()
    found = contract(road.imputed(L([1.0]), x, ones, references(x), phi, silent(), levels.INSTANCE))
    ordered = np.sort(x[..., 0].double().numpy(), -1)
    gone = np.ceil(np.array(road.SHARES) * 12 - 1e-9).astype(int)
    least = [12 * ordered[:, n:].mean(-1) for n in gone]
    most = [12 * ordered[:, : 12 - n].mean(-1) for n in gone]
    curve = analytic.curve(analytic.linear(np.ones(12)), x[..., 0].double().numpy(), phi[0].numpy())
    unit = np.array([np.nanmax(orders) - np.nanmin(orders) for orders in curve.random[0]])
    expected = (np.mean(least, 0) - np.mean(most, 0)) / unit
    np.testing.assert_allclose(metric.score(found, curve)[0], expected, atol=1e-5)


def contract(parts):
    from xassay.core.contracts import Imputed

    return Imputed(*(part.numpy() for part in parts))


def silent():
    """A generator of no noise."""

    class Silent:
        def standard_normal(self, shape, kind):
            return np.zeros(shape, kind)

    return Silent()


def test_conjugate_gradients_end_where_a_hole_is_large():
    removed = torch.ones(1, 400, dtype=torch.bool)
    removed[0, :20] = False  # one row of the image is left
    given, values = pixels(20, 20), torch.from_numpy(rng().normal(size=(1, 400, 1)))
    found = by_field(values, removed, given)
    torch.testing.assert_close(found, solved(values, removed, given), atol=1e-4, rtol=0)
    assert imputation.MOST > 400
