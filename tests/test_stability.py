"""What the stability tests change, and the laws of noise."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toy_models import L, Net, bag, references

from xassay import catalogue
from xassay.core import noise
from xassay.core.errors import InputError
from xassay.core.explaining import Plugin, Record, share, vary
from xassay.core.levels import INSTANCE
from xassay.stability import (
    baseline_swap,
    class_sensitivity,
    input_noise,
    local_perturbation,
    parameter_randomisation,
)


def rng():
    return np.random.default_rng(0)


def randomised(model, draws=2, **options):
    x = bag(1, 2, 3)
    found = parameter_randomisation.variants(model, x, None, None, rng(), draws, **options)
    return {name: changed for name, changed, *_ in found}


def test_randomisation_cascades_from_the_output():
    model = Net(3)
    found = randomised(model)
    assert list(found) == ["output:0", "top_2:0", "full:0", "full:1", "only_2:0", "only_3:0"]
    changed = {name: redrawn(model, copied) for name, copied in found.items()}
    assert changed["output:0"] == [False, False, True]
    assert changed["top_2:0"] == [False, True, True]
    assert changed["full:0"] == [True, True, True]
    assert not torch.equal(found["full:0"].output.weight, found["full:1"].output.weight)


def redrawn(model, copied):
    """Which layers have other weights."""
    pairs = zip(linear(model), linear(copied), strict=True)
    return [not torch.equal(one.weight, other.weight) for one, other in pairs]


def test_independent_randomisation_redraws_what_the_cascade_adds():
    model = Net(3)
    found = randomised(model, cascade=0, independent=2)
    assert list(found) == ["full:0", "full:1", "only_2:0", "only_2:1", "only_3:0", "only_3:1"]
    assert redrawn(model, found["only_2:1"]) == [False, True, False]
    assert redrawn(model, found["only_3:0"]) == [True, False, False]
    assert list(randomised(model, cascade=0, independent=0)) == ["full:0", "full:1"]
    assert list(randomised(L([1.0]))) == ["full:0", "full:1"]  # one layer: nothing below the full level


def linear(model):
    return [module for module in model.modules() if isinstance(module, torch.nn.Linear)]


def test_bare_parameters_are_redrawn_at_their_own_size():
    w = torch.full((10_000,), 3.0)
    found = randomised(L(w), draws=1)["full:0"].w.detach()
    assert abs(found.mean().item()) < 0.2
    assert found.std().item() == pytest.approx(3, rel=0.05)


def test_randomisation_is_by_its_generator_alone():
    model, state = Net(3), copy.deepcopy(torch.random.get_rng_state())
    one, other = randomised(model)["full:1"], randomised(model)["full:1"]
    assert torch.equal(one.output.weight, other.output.weight)
    assert torch.equal(state, torch.random.get_rng_state())


def test_draws_are_shared_over_the_seeds():
    assert [share(20, k, 3) for k in range(3)] == [7, 7, 6]
    assert share(20, 0, 1) == 20


def test_multinomial_noise_keeps_means_zeros_and_absences():
    library = np.array([[500.0, 800.0, np.nan]])
    drawn = rng().poisson([[5.0, 0.0, 30.0, 2.0]], (1, 3, 4)).astype(float)
    x = torch.from_numpy(np.log1p(1e4 * drawn / library[..., None])).float()
    law, stream = noise.law({"law": "multinomial", "scale": 1e4}, library), rng()
    found = torch.stack([law(x, stream) for _ in range(4000)])
    assert found[:, 0, 2].isnan().all() and (found[..., :2, 1] == 0).all()
    mean = torch.expm1(found.double()).mean(0)[0, :2]
    spread = torch.expm1(found.double()).std(0)[0, :2] / 4000**0.5
    assert ((mean - torch.expm1(x[0, :2].double())).abs() <= 4 * spread + 1e-2).all()
    whole = np.expm1(found[0, 0, 0].numpy()) / 1e4 * 500
    np.testing.assert_allclose(whole, np.rint(whole), atol=1e-3)


def test_multinomial_noise_of_a_whole_library_keeps_its_size():
    drawn = np.array([[[3.0, 1.0, 6.0]]])
    x = torch.from_numpy(np.log1p(1e4 * drawn / 10))
    found = noise.law({"law": "multinomial", "scale": 1e4}, np.array([[10.0]]))(x, rng())
    assert np.expm1(found.numpy()).sum() == pytest.approx(1e4)


def test_gaussian_noise_has_its_size():
    x = torch.zeros(1, 1000, 2)
    found = noise.law({"law": "gaussian", "sd": [0.1, 2.0]})(x, rng())
    np.testing.assert_allclose(found.std((0, 1)), [0.1, 2.0], rtol=0.1)


@pytest.mark.parametrize("law", [{"law": "poisson"}, {}, {"law": "multinomial", "scale": 1e4}])
def test_unusable_law_is_an_input_error(law):
    with pytest.raises(InputError, match="noise"):
        noise.law(law)


def test_input_noise_draws_anew_each_time():
    x = bag(2, 3, 2)
    found = list(
        input_noise.variants(None, x, None, None, rng(), noise.law({"law": "gaussian", "sd": 1.0}), 3)
    )
    assert [name for name, *_ in found] == ["noise:0", "noise:1", "noise:2"]
    assert not torch.equal(found[0][2], found[1][2])


def perturbed(x, draws, **options):
    given = (None, x, None, references(x), None, rng(), draws)
    (name, _, same, *_), *found = local_perturbation.variants(*given, **options)
    assert name == "local:0" and torch.equal(same.nan_to_num(), x.nan_to_num())
    return {name: other for name, _, other, *_ in found}


def test_local_perturbation_moves_everything_and_each_instance_in_turn():
    x = bag(3, 5, 4, sizes=[5, 1, 3])
    found = perturbed(x, 20)
    assert list(found) == [f"local:{draw}" for draw in range(1, 21)]
    there = ~x[..., 0].isnan()
    moved = torch.stack([((other - x).abs() > 0).any(-1) for other in found.values()])
    assert all(torch.equal(other.isnan(), x.isnan()) for other in found.values())
    assert (moved[::2] == there).all()
    assert (moved[1::2].sum(-1) == 1).all()
    for sample, n in enumerate(there.sum(1).tolist()):
        order = moved[1::2, sample].int().argmax(-1).tolist()
        assert sorted(order[:n]) == list(range(n)) and order[: 10 - n] == order[n:]  # everyone, then again
    assert moved[1::2].int().argmax(-1)[:, 0].tolist() != sorted(moved[1::2].int().argmax(-1)[:, 0].tolist())


def test_local_perturbation_moves_the_units_of_the_level():
    x, groups = bag(3, 5, 4, sizes=[5, 1, 3]), torch.tensor([[0, 1, 0, 2]])
    found = [
        other
        for *_, other, _, _ in local_perturbation.variants(None, x, None, references(x), groups, rng(), 6)
    ]
    moved = torch.stack(
        [((other - x).abs() > 0) for other in found[2::2]]
    )  # (draw, sample, instance, feature)
    there = ~x.isnan()
    for sample in range(3):
        chosen = [set(groups[0][part[sample].any(0)].tolist()) for part in moved]
        assert all(len(one) == 1 for one in chosen) and set.union(*chosen) == {0, 1, 2}
        for part, (unit,) in zip(moved, chosen):
            assert torch.equal(part[sample], there[sample] & (groups == unit))


def test_a_method_that_draws_does_so_alike_for_every_copy():
    """What its own noise does must not look like what the input's does."""
    x = bag(2, 4, 3)
    seen = SimpleNamespace(
        variants=np.array([0, 1]), x=x, target=torch.ones(2, dtype=torch.long), baseline=references(x),
        known=torch.ones(2, 4, dtype=torch.float64), noise=None, level=INSTANCE,
    )  # fmt: skip

    def drawn(x, rng):
        return torch.from_numpy(rng.normal(size=x.shape[:2]))

    method = Plugin("drawn", "drawn", drawn, {"level": "instance"}, ("x", "rng"), {})
    card = catalogue.entries("stability")["local_perturbation"].card
    arrays = ("model", "x", "target", "baseline", "groups", "rng", "draws")
    test = Plugin("local", "local_perturbation", local_perturbation.variants, card, arrays, {})
    record = Record(method)
    vary([record], test, 0, L([1.0, 2, 3]), None, seen, 4, lambda *names: np.random.default_rng([len(names)]))
    maps = np.stack([variant.instance for variant in record.variants])
    assert len(maps) == 5 and (maps == maps[0]).all()


def test_local_perturbation_is_a_share_of_each_features_spread():
    x = torch.cat([bag(4, 50, 1), 10 * bag(4, 50, 1)], -1)
    cells = torch.cat([references(x).flatten(0, 2), x.flatten(0, 1)])
    far = torch.stack([(other - x).abs() for other in list(perturbed(x, 41, radius=0.2).values())[::2]])
    largest = far.flatten(0, 2).amax(0) / cells.std(0)
    assert (largest <= 0.2 + 1e-6).all() and (largest > 0.19).all()
    assert all(torch.equal(other, x) for other in perturbed(x, 2, radius=0).values())


def test_baseline_is_swapped_for_others_only():
    x = bag(2, 3, 2, sizes=[3, 1])
    cells = references(x)
    found = {name: baseline for name, *_, baseline in baseline_swap.variants(None, x, None, cells)}
    assert list(found) == ["zero", "mean"]
    torch.testing.assert_close(found["mean"][0, 0, 0], cells.flatten(0, 2).nanmean(0))
    assert [name for name, *_ in baseline_swap.variants(None, x, None, found["zero"])] == []
    assert [name for name, *_ in baseline_swap.variants(None, x, None, found["mean"])] == ["zero"]


@pytest.mark.parametrize(("n_outputs", "expected"), [(1, [0, 1]), (3, [2, 1])])
def test_other_class(n_outputs, expected):
    (found,) = class_sensitivity.variants(Net(2, n_outputs), bag(2, 3, 2), torch.tensor([1, 0]), None)
    assert found[0] == "other" and found[3].tolist() == expected


def test_truth_turns_with_the_target():
    x = bag(2, 3, 2)
    seen = SimpleNamespace(
        variants=np.array([1]), x=x, target=torch.ones(2, dtype=torch.long), baseline=references(x),
        known=torch.ones(2, 3, dtype=torch.float64), noise=None, level=INSTANCE,
    )  # fmt: skip
    card = {"level": "instance"}
    method = Plugin("truth", "control_truth", lambda truth: truth, card, ("truth",), {})
    test = Plugin(
        "class", "class_sensitivity", class_sensitivity.variants, {}, ("model", "x", "target", "baseline"), {}
    )
    record = Record(method)
    vary([record], test, 0, Net(2), None, seen, 1, lambda *_: rng())
    (found,) = record.variants
    assert (found.instance == -1).all() and found.name == "other" and found.instance.shape == (1, 3)
