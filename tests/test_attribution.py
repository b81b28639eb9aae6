"""Attribution methods against exact values, closed forms and plain loops."""

import itertools

import numpy as np
import pytest
import torch
from toy_models import Attentive, L, Net, Q, S, T, bag, references

from xassay import catalogue
from xassay.attribution import (
    control_shapley,
    deep_lift,
    input_x_gradient,
    integrated_gradients,
    leave_one_out,
    saliency,
    single_instance,
)
from xassay.core.errors import InputError
from xassay.core.gradients import entrance, path_gradient
from xassay.core.targets import explained

SIZES = [4, 1, 3]


@pytest.fixture
def x():
    return bag(3, 4, 3, sizes=SIZES)


@pytest.fixture
def ones():
    return torch.ones(3, dtype=torch.long)


def zero(x):
    return torch.where(x.isnan(), torch.nan, 0.0)[None]


def close(one, other, atol=1e-5):
    torch.testing.assert_close(one, other.to(one.dtype), atol=atol, rtol=0, equal_nan=True)


def difference(model, x, target, baseline):
    """f(x) - f(b), mean over references."""
    return (
        torch.stack([explained(model(x), target) - explained(model(b), target) for b in baseline])
        .mean(0)
        .detach()
    )


def test_linear_model_is_explained_exactly(x, ones):
    w, baseline = torch.tensor([1.0, -2.0, 0.5]), references(x)
    exact = w * (x - baseline.mean(0))
    close(integrated_gradients.attribute(L(w), x, ones, baseline, None), exact)
    close(deep_lift.attribute(L(w), x, ones, baseline, None), exact)
    close(leave_one_out.attribute(L(w), x, ones, baseline, None), exact.sum(-1))
    alone = (baseline @ w).nanmean((0, 2))
    close(single_instance.attribute(L(w), x, ones, baseline), x @ w - alone[:, None])
    close(saliency.attribute(L(w), x, ones, None), torch.where(x.isnan(), torch.nan, w.abs()))


def test_target_zero_is_the_opposite(x, ones):
    w = torch.tensor([1.0, -2.0, 0.5])
    close(
        input_x_gradient.attribute(L(w), x, ones * 0, None), -input_x_gradient.attribute(L(w), x, ones, None)
    )


@pytest.mark.parametrize("n_steps", [1, 8])
def test_squares_are_integrated_in_closed_form(x, ones, n_steps):
    close(integrated_gradients.attribute(S(), x, ones, zero(x), None, n_steps=n_steps), x**2)
    close(input_x_gradient.attribute(S(), x, ones, None), 2 * x**2)


def test_saturation_hides_from_the_gradient():
    x, one = torch.full((1, 1, 1), 2.0), torch.ones(1, dtype=torch.long)
    assert saliency.attribute(T(), x, one, None).item() == 0
    assert integrated_gradients.attribute(T(), x, one, zero(x), None, n_steps=512).item() == pytest.approx(
        1, abs=5e-3
    )


def test_interaction_is_shared_or_counted_twice():
    x, one = torch.tensor([[[2.0], [3.0]]]), torch.ones(1, dtype=torch.long)
    close(integrated_gradients.attribute(Q(), x, one, zero(x), None)[..., 0], torch.tensor([[3.0, 3.0]]))
    close(input_x_gradient.attribute(Q(), x, one, None)[..., 0], torch.tensor([[6.0, 6.0]]))
    close(leave_one_out.attribute(Q(), x, one, zero(x), None), torch.tensor([[6.0, 6.0]]))


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("network", [Net, Attentive])
def test_integrated_gradients_are_complete(x, ones, network, n_outputs):
    torch.manual_seed(0)
    model, baseline = network(3, n_outputs), references(x)
    found = integrated_gradients.attribute(model, x, ones, baseline, None, n_steps=128)
    close(found.nansum((1, 2)), difference(model, x, ones, baseline), atol=4e-3)


def by_both_paths(model, x, reference, target, monkeypatch):
    """path_gradient as it comes and through the input, in double: no rounding near a kink of a ReLU."""
    model, x, reference = model.double().eval(), x.double(), reference.double()
    given = (model, x, reference, target, [0.1, 0.6, 0.9], [0.2, 0.5, 0.3])
    found = path_gradient(*given)
    with monkeypatch.context() as patch:
        patch.setattr("xassay.core.gradients.entrance", lambda *_: None)
        return found, path_gradient(*given)


def same(found, plain):
    close(found, plain, atol=1e-5 * plain.nan_to_num().abs().max().item())


def shipped(name):
    return lambda n_features, n_outputs: catalogue.load("models", name).build((4, n_features), n_outputs)


SHIPPED = [
    name for name, entry in catalogue.entries("models").items() if "instances" in entry.card["provides"]
]


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize(
    "build", [Net, Attentive, *map(shipped, SHIPPED)], ids=["Net", "Attentive", *SHIPPED]
)
def test_path_through_the_first_layer_is_the_path_through_the_input(build, x, ones, n_outputs, monkeypatch):
    torch.manual_seed(0)
    model, reference = build(3, n_outputs).eval(), references(x)[0]
    assert entrance(model, x, reference, ones) is not None
    same(*by_both_paths(model, x, reference, ones, monkeypatch))


class Fronted(Net):
    """A function of the input before the first layer."""

    def __init__(self, front):
        super().__init__(3)
        self.front = front

    def embed(self, x):
        return super().embed(self.front(x))


class Skipping(Net):
    """The output reads the input itself beside the first layer's."""

    def __init__(self, scale):
        super().__init__(3)
        self.output, self.scale = torch.nn.Linear(8 + 1, 1), scale

    def embed(self, x):
        return torch.cat([super().embed(x), x.sum(-1, keepdim=True)], -1)

    def pool(self, h):
        return self.scale * super().pool(h)


class Early(torch.nn.Module):
    """The activation is registered before the layer that it follows."""

    def __init__(self):
        super().__init__()
        self.act, self.first = torch.nn.ReLU(), torch.nn.Linear(3, 1, bias=False)
        torch.nn.init.ones_(self.first.weight)

    def forward(self, x):
        return self.act(self.first(x.nan_to_num())).sum(1)


class EarlyTwice(Early):
    """It precedes the layer as well."""

    def forward(self, x):
        return self.act(self.first(self.act(x.nan_to_num() + 9) - 9)).sum(1)


class Tied(Net):
    """The first layer's weights are read once more."""

    def pool(self, h):
        return super().pool(h) * self.encoder[0].weight.square().sum()


class Twice(Net):
    """The first layer is called twice."""

    def embed(self, x):
        return super().embed(x) + super().embed(2 * x)


UNSUITED = {
    "squared front": lambda: Fronted(torch.square),
    "cubic front": lambda: Fronted(lambda x: x**3),
    "front with a kink": lambda: Fronted(lambda x: x.clamp(max=0.5)),
    "skip connection": lambda: Skipping(1.0),
    "skip connection, small logits": lambda: Skipping(1e-5),
    "early activation": Early,
    "early activation, called twice": EarlyTwice,
    "tied weights": lambda: Tied(3),
    "layer called twice": lambda: Twice(3),
    "no layer": S,
}


@pytest.mark.parametrize("scale", [1.0, 5e-3])
@pytest.mark.parametrize("case", UNSUITED)
def test_a_shortcut_is_never_believed_wrongly(case, scale, x, ones, monkeypatch):
    torch.manual_seed(0)
    x, reference = x.abs() * scale, -references(x)[0].abs() * scale
    for start in (reference, torch.zeros_like(x).where(~x.isnan(), x), -x):
        same(*by_both_paths(UNSUITED[case](), x, start, ones, monkeypatch))


def test_other_samples_of_a_block_do_not_change_a_path(x, ones, monkeypatch):
    torch.manual_seed(0)
    model, reference = Fronted(lambda x: x.clamp(max=9)), references(x)[0]
    assert entrance(model, x, reference, ones) is not None
    alone = by_both_paths(model, x, reference, ones, monkeypatch)[0]
    x = x.clone()
    x[2] *= 100
    model.float()
    assert entrance(model, x, reference, ones) is None
    found, plain = by_both_paths(model, x, reference, ones, monkeypatch)
    same(found, plain)
    same(found[:2], alone[:2])


def test_models_that_read_their_input_otherwise_have_no_entrance(x, ones):
    for model in (Skipping(1e-5), Fronted(torch.square), Tied(3), Twice(3), S()):
        assert entrance(model, 5e-3 * x, 5e-3 * references(x)[0], ones) is None


def test_deep_lift_is_complete_on_a_plain_network(x, ones):
    torch.manual_seed(0)
    model, baseline = Net(3), references(x)
    found = deep_lift.attribute(model, x, ones, baseline, None)
    close(found.nansum((1, 2)), difference(model, x, ones, baseline))


def test_deep_lift_warns_of_nothing(x, ones, recwarn):
    deep_lift.attribute(Net(3), x, ones, references(x), None)
    assert not recwarn.list


@pytest.mark.parametrize("network", [Net, Attentive])
def test_leave_one_out_is_a_loop(x, ones, network):
    torch.manual_seed(0)
    model, baseline = network(3), references(x)
    replaced = leave_one_out.attribute(model, x, ones, baseline, None)
    removed = leave_one_out.attribute(model, x, ones, baseline, None, replace="remove")
    whole = explained(model(x), ones)
    for s, size in enumerate(SIZES):
        for i in range(size):
            swapped = baseline.new_tensor(0)
            for b in baseline:
                one = x[s : s + 1].clone()
                one[0, i] = b[s, i]
                swapped = swapped + (whole[s] - model(one)[0, 0]) / len(baseline)
            close(replaced[s, i], swapped.detach())
            rest = [j for j in range(size) if j != i]
            smaller = whole[s] - model(x[s : s + 1, rest])[0, 0] if rest else swapped
            close(removed[s, i], smaller.detach())


def test_leave_one_out_refuses_another_way(x, ones):
    with pytest.raises(InputError, match="allowed: baseline, remove"):
        leave_one_out.attribute(Net(3), x, ones, references(x), None, replace="shuffle")


def test_single_instance_is_a_bag_of_one(x, ones):
    torch.manual_seed(0)
    model = Attentive(3)
    baseline = references(x)
    found = single_instance.attribute(model, x, ones, baseline)
    for s, size in enumerate(SIZES):
        plain = torch.stack(
            [model(b[s : s + 1, i : i + 1])[0, 0] for b in baseline for i in range(size)]
        ).mean()
        for i in range(size):
            close(found[s, i], (model(x[s : s + 1, i : i + 1])[0, 0] - plain).detach())


def enumerated_shapley(model, x, target, baseline):
    """The definition: the mean over all orders of what an instance's replacement changes, one bag at a time."""
    out = torch.full(x.shape[:2], torch.nan, dtype=torch.float64)
    for s in range(len(x)):
        n = int((~x[s, :, 0].isnan()).sum())
        orders = list(itertools.permutations(range(n)))
        out[s, :n] = 0
        for order, reference in itertools.product(orders, baseline):
            now = x[s : s + 1].clone()
            for i in order:
                before = explained(model(now), target[s : s + 1]).item()
                now[0, i] = reference[s, i]
                after = explained(model(now), target[s : s + 1]).item()
                out[s, i] += (before - after) / (len(orders) * len(baseline))
    return out


@pytest.mark.parametrize("model", [S(), T(), L([1.0, -2.0, 0.5])], ids=["S", "T", "L"])
def test_shapley_is_exact_on_sums_whatever_the_number_of_permutations(model, x, ones):
    baseline = references(x, 2)
    found = control_shapley.attribute(
        model, x, ones, baseline, None, np.random.default_rng(0), permutations=1
    )
    close(found, enumerated_shapley(model, x, ones, baseline), atol=1e-4)


def test_shapley_approaches_the_enumeration_and_always_adds_up(x, ones):
    model, baseline = Attentive(3), references(x, 2)
    rng = np.random.default_rng(0)
    few, many = (
        control_shapley.attribute(model, x, ones, baseline, None, rng, permutations=k) for k in (2, 400)
    )
    exact = enumerated_shapley(model, x, ones, baseline)
    close(many, exact, atol=0.02 * exact.nan_to_num().abs().max().item())
    whole = difference(model, x, ones, baseline)
    close(few.nansum(-1), whole)
    close(many.nansum(-1), whole)
