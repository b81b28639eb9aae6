"""Grad-CAM against its equations, and where on the sequence a place of the feature maps lies."""

import numpy as np
import pytest
import torch
from sequence_data import LENGTH
from sequence_models import VARIED, built, drawn
from torch import nn

from xassay import catalogue
from xassay.attribution import grad_cam
from xassay.core.dna import reverse_complement

MAPPED = [
    name
    for name, (plugin, _) in VARIED.items()
    if "feature_maps" in catalogue.entries("models")[plugin].card["provides"]
]
TARGET = torch.tensor([1, 0, 1])


def cam(model, x, sign):
    """Equations 1 and 2 of Selvaraju et al. (2017), in loops, without the ReLU."""
    maps = model.feature_maps(x).detach().requires_grad_()
    (slope,) = torch.autograd.grad((model.head(maps)[:, 0] * sign).sum(), maps)
    out = np.zeros((len(x), maps.shape[2]))
    for s in range(len(x)):
        for channel in range(maps.shape[1]):
            weight = slope[s, channel].mean().item()
            out[s] += weight * maps[s, channel].detach().numpy()
    return out


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("name", [name for name in MAPPED if "averaged" not in name])
def test_maps_are_weighed_by_their_mean_slope(name, relu):
    model, x = built(name).requires_grad_(False), drawn(3)
    expected = cam(model, x, torch.tensor([1.0, -1.0, 1.0]))
    expected = expected.clip(min=0) if relu else expected
    first, step = model.grid
    found = grad_cam.attribute(model, x, TARGET, relu=relu)
    centres = first + step * np.arange(expected.shape[1])
    for s in range(3):
        np.testing.assert_allclose(found[s], np.interp(np.arange(LENGTH), centres, expected[s]), atol=1e-5)


def test_feature_maps_and_head_are_the_model():
    for name in MAPPED:
        model, x = built(name, 3), drawn(4)
        torch.testing.assert_close(model.head(model.feature_maps(x)), model.read(x))


@pytest.mark.parametrize("name", ["averaged", "averaged dilated"])
def test_both_strands_are_explained_where_both_are_read(name):
    model, x = built(name).requires_grad_(False), drawn(3)
    found = grad_cam.attribute(model, x, TARGET)
    torch.testing.assert_close(grad_cam.attribute(model, reverse_complement(x), TARGET).flip(1), found)


GRIDS = {name: VARIED[name] for name in MAPPED} | {
    "even and pooled": ("sequence_cnn", {"size": 4, "pool": 5, "depth": 2}),
    "unpooled": ("sequence_cnn", {"size": 7, "pool": 1}),
}


@pytest.mark.parametrize("name", GRIDS)
def test_the_grid_is_at_the_centre_of_what_a_place_reads(name):
    """The bases that change a place of the maps, as a sum with positive weights shows all of them."""
    plugin, options = GRIDS[name]
    model = catalogue.load("models", plugin).build((4, 600), 1, **options).eval().double()
    for module in model.requires_grad_(False).modules():
        if isinstance(module, nn.Conv1d):
            module.weight.abs_()
        if isinstance(module, nn.MaxPool1d):
            module.forward = nn.AvgPool1d(module.kernel_size, module.stride).forward
    x = drawn(1, 600).double().requires_grad_()
    maps = model.feature_maps(x)
    first, step = model.grid
    middle = int((300 - first) / step)
    for place in (middle, middle + 1):
        (slope,) = torch.autograd.grad(maps[0, :, place].sum(), x, retain_graph=True)
        read = slope[0].abs().sum(0).nonzero().flatten()
        assert read[0] > 0 and read[-1] < 599
        assert (read[0] + read[-1]).item() / 2 == pytest.approx(first + step * place)


def test_without_a_grid_places_share_the_sequence():
    values = torch.tensor([[0.0, 1.0, 4.0]])
    found = grad_cam.drawn_out(values, 12)
    centres = np.array([1.5, 5.5, 9.5])
    np.testing.assert_allclose(found[0], np.interp(np.arange(12), centres, values[0]), atol=1e-6)
    assert (grad_cam.drawn_out(torch.ones(2, 1), 7) == 1).all()


def test_evidence_against_is_shown_on_demand():
    model, x = built("sequence_cnn").requires_grad_(False), drawn(3)
    whole = grad_cam.attribute(model, x, TARGET, relu=False)
    other = grad_cam.attribute(model, x, 1 - TARGET, relu=False)
    torch.testing.assert_close(whole, -other)
    assert (grad_cam.attribute(model, x, TARGET) >= 0).all() and (whole < 0).any()
