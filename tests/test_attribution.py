"""Attribution methods against exact values, closed forms and plain loops."""

import pytest
import torch
from toy_models import Attentive, L, Net, Q, S, T, bag, references

from xassay.attribution import (
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
    close(integrated_gradients.attribute(L(w), x, ones, baseline), exact)
    close(deep_lift.attribute(L(w), x, ones, baseline), exact)
    close(leave_one_out.attribute(L(w), x, ones, baseline), exact.sum(-1))
    close(single_instance.attribute(L(w), x, ones), x @ w)
    close(saliency.attribute(L(w), x, ones), torch.where(x.isnan(), torch.nan, w.abs()))


def test_target_zero_is_the_opposite(x, ones):
    w = torch.tensor([1.0, -2.0, 0.5])
    close(input_x_gradient.attribute(L(w), x, ones * 0), -input_x_gradient.attribute(L(w), x, ones))


@pytest.mark.parametrize("n_steps", [1, 8])
def test_squares_are_integrated_in_closed_form(x, ones, n_steps):
    close(integrated_gradients.attribute(S(), x, ones, zero(x), n_steps=n_steps), x**2)
    close(input_x_gradient.attribute(S(), x, ones), 2 * x**2)


def test_saturation_hides_from_the_gradient():
    x, one = torch.full((1, 1, 1), 2.0), torch.ones(1, dtype=torch.long)
    assert saliency.attribute(T(), x, one).item() == 0
    assert integrated_gradients.attribute(T(), x, one, zero(x), n_steps=512).item() == pytest.approx(
        1, abs=5e-3
    )


def test_interaction_is_shared_or_counted_twice():
    x, one = torch.tensor([[[2.0], [3.0]]]), torch.ones(1, dtype=torch.long)
    close(integrated_gradients.attribute(Q(), x, one, zero(x))[..., 0], torch.tensor([[3.0, 3.0]]))
    close(input_x_gradient.attribute(Q(), x, one)[..., 0], torch.tensor([[6.0, 6.0]]))
    close(leave_one_out.attribute(Q(), x, one, zero(x)), torch.tensor([[6.0, 6.0]]))


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("network", [Net, Attentive])
def test_integrated_gradients_are_complete(x, ones, network, n_outputs):
    torch.manual_seed(0)
    model, baseline = network(3, n_outputs), references(x)
    found = integrated_gradients.attribute(model, x, ones, baseline, n_steps=128)
    close(found.nansum((1, 2)), difference(model, x, ones, baseline), atol=4e-3)


@pytest.mark.parametrize("network", [Net, Attentive])
def test_path_through_the_first_layer_is_the_path_through_the_input(x, ones, network, monkeypatch):
    torch.manual_seed(0)
    model, reference = network(3), references(x)[0]
    assert entrance(model, x, reference) is not None
    nodes, weights = [0.1, 0.6, 0.9], [0.2, 0.5, 0.3]
    fast = path_gradient(model, x, reference, ones, nodes, weights)
    monkeypatch.setattr("xassay.core.gradients.entrance", lambda *_: None)
    close(fast, path_gradient(model, x, reference, ones, nodes, weights), atol=1e-6)


class Skipping(Net):
    """The output reads the input itself beside the first layer's."""

    def __init__(self):
        super().__init__(3)
        self.output = torch.nn.Linear(8 + 3, 1)

    def embed(self, x):
        return torch.cat([super().embed(x), x], -1)


def test_model_that_reads_its_input_twice_has_no_entrance(x):
    assert entrance(Skipping(), x, references(x)[0]) is None
    assert entrance(S(), x, references(x)[0]) is None


def test_deep_lift_is_complete_on_a_plain_network(x, ones):
    torch.manual_seed(0)
    model, baseline = Net(3), references(x)
    found = deep_lift.attribute(model, x, ones, baseline)
    close(found.nansum((1, 2)), difference(model, x, ones, baseline))


def test_deep_lift_warns_of_nothing(x, ones, recwarn):
    deep_lift.attribute(Net(3), x, ones, references(x))
    assert not recwarn.list


@pytest.mark.parametrize("network", [Net, Attentive])
def test_leave_one_out_is_a_loop(x, ones, network):
    torch.manual_seed(0)
    model, baseline = network(3), references(x)
    replaced = leave_one_out.attribute(model, x, ones, baseline)
    removed = leave_one_out.attribute(model, x, ones, baseline, replace="remove")
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
        leave_one_out.attribute(Net(3), x, ones, references(x), replace="shuffle")


def test_single_instance_is_a_bag_of_one(x, ones):
    torch.manual_seed(0)
    model = Attentive(3)
    found = single_instance.attribute(model, x, ones)
    for s, size in enumerate(SIZES):
        for i in range(size):
            close(found[s, i], model(x[s : s + 1, i : i + 1])[0, 0].detach())
