"""Guided backpropagation and deconvolution: by hand, by hooks of torch, and through every kind of ReLU."""

import copy

import pytest
import torch
from sequence_models import built, drawn
from torch import nn
from torch.nn import functional

from xassay.attribution import deconvolution, guided_backprop
from xassay.core.gradients import gradient
from xassay.core.rectified import deconvolved, guided, modified_gradient

ONES = torch.ones(4, dtype=torch.long)
RELUS = {
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
    "functional": functional.relu,
    "functional in place": lambda h: functional.relu(h, inplace=True),
    "torch": torch.relu,
    "torch in place": torch.relu_,
    "method": lambda h: h.relu(),
    "method in place, its answer unused": lambda h: (h.relu_(), h)[1],
    "clamp": lambda h: h.clamp(min=0),
    "clamp by place": lambda h: torch.clamp(h, 0.0),
    "clamp_min": lambda h: h.clamp_min(0),
    "clamp in place": lambda h: h.clamp_(min=0),
}
LIKE = {  # which have a slope of their own
    "two-sided": lambda h: h.clamp(0, 6),
    "shifted": lambda h: h.clamp(min=-0.1),
    "leaky": lambda h: functional.leaky_relu(h, 0.2),
    "tensor": lambda h: torch.clamp(h, torch.zeros(9)),
    "gelu": functional.gelu,
}


class Two(nn.Module):
    """A matrix, a function, a matrix."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last, self.function = nn.Linear(6, 9), nn.Linear(9, 1), function

    def forward(self, x):
        return self.last(self.function(self.first(x)))


@pytest.mark.parametrize("relu", RELUS)
@pytest.mark.parametrize(("through", "open_alone"), [(guided, True), (deconvolved, False)])
def test_two_layers_by_hand(through, open_alone, relu):
    model, x = Two(RELUS[relu]).requires_grad_(False), torch.randn(4, 6)
    passed = model.last.weight[0].clamp(min=0).expand(4, -1)
    passed = passed * (model.first(x) > 0) if open_alone else passed
    torch.testing.assert_close(modified_gradient(model, x, ONES, through), passed @ model.first.weight)
    against = (-model.last.weight[0]).clamp(min=0).expand(4, -1)
    against = against * (model.first(x) > 0) if open_alone else against
    found = modified_gradient(model, x, 0 * ONES, through)
    torch.testing.assert_close(found, against @ model.first.weight)


@pytest.mark.parametrize("relu", RELUS)
def test_what_a_relu_passes_as_it_is_gives_the_gradient(relu):
    model, x = Two(RELUS[relu]).requires_grad_(False), torch.randn(4, 6)
    found = modified_gradient(model, x, ONES, lambda into, out: into)
    torch.testing.assert_close(found, gradient(model, x, ONES))


@pytest.mark.parametrize("like", LIKE)
def test_other_activations_keep_their_slope(like):
    model, x = Two(LIKE[like]).requires_grad_(False), torch.randn(4, 6)
    torch.testing.assert_close(modified_gradient(model, x, ONES, guided), gradient(model, x, ONES))


@pytest.mark.parametrize(
    "name", ["sequence_cnn", "exponential", "averaged", "dilated_cnn", "cnn_transformer"]
)
@pytest.mark.parametrize(("method", "through"), [(guided_backprop, guided), (deconvolution, deconvolved)])
def test_networks_by_hooks_of_torch(name, method, through):
    """All of these models' ReLUs are modules, whose slopes torch lets a hook replace."""
    model, x, target = built(name).requires_grad_(False), drawn(4), torch.tensor([1, 0, 1, 1])
    hooked = copy.deepcopy(model)
    for module in hooked.modules():
        if isinstance(module, nn.ReLU):
            module.register_full_backward_hook(lambda _, into, out: (through(into[0], out[0]),))
    expected = gradient(hooked, x, target)
    found = method.attribute(model, x, target, 1)
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, gradient(model, x, target))
    fixed = method.attribute(model, x, target, 1, correct=True)
    torch.testing.assert_close(fixed, expected - expected.mean(1, keepdim=True))


@pytest.mark.parametrize("method", [guided_backprop, deconvolution])
def test_a_model_without_a_relu_has_its_gradient(method):
    model, x, target = built("kmer_logistic").requires_grad_(False), drawn(4), torch.tensor([1, 0, 1, 1])
    torch.testing.assert_close(method.attribute(model, x, target, 1), gradient(model, x, target))


def test_the_model_is_left_as_it_was():
    model, x = built("sequence_cnn"), drawn(4)
    before = gradient(model, x, ONES)
    guided_backprop.attribute(model, x, ONES, 1)
    torch.testing.assert_close(gradient(model, x, ONES), before, atol=0, rtol=0)
    assert not any(p.grad is not None for p in model.parameters())
