"""Occlusion of one instance's windows against a loop, captum, and the closed form of a linear model."""

import pytest
import torch
from sequence_models import built, drawn
from toy_models import Attentive, L, Net, bag, references

from xassay.attribution import captum_occlusion, occlusion
from xassay.core.errors import InputError
from xassay.core.targets import explained

TARGET = torch.tensor([1, 0, 1])
SIZES = [4, 1, 3]


def whole(size, n, stride):
    """Windows of ``size`` of n features, one every ``stride``, the last cut short."""
    starts = range(0, n - size + stride, stride)
    return [range(start, min(start + size, n)) for start in starts]


def loop(model, x, baseline, windows):
    """Each window of each instance replaced by itself; a feature has the mean of its windows' shares."""
    out = torch.full(x.shape, torch.nan)
    for s, n in enumerate((~x[..., 0].isnan()).sum(1).tolist()):
        out[s, :n] = 0
        for i in range(n):
            held = torch.zeros(x.shape[2])
            for window in map(list, windows):
                for reference in baseline:
                    other = x[s : s + 1].clone()
                    other[0, i, window] = reference[s, i, window]
                    fall = explained(model(x[s : s + 1]), TARGET[[s]]) - explained(model(other), TARGET[[s]])
                    out[s, i, window] += fall / (len(window) * len(baseline))
                held[window] += 1
            out[s, i] /= held
    return out


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("network", [Net, Attentive])
@pytest.mark.parametrize(
    ("size", "stride"), [(3, None), (3, 2), (2, 1), (4, 3), (7, None), (99, None), (1, 1)]
)
def test_occlusion_is_a_loop(network, n_outputs, size, stride):
    torch.manual_seed(0)
    model, x = network(7, n_outputs).eval().requires_grad_(False), bag(3, 4, 7, sizes=SIZES)
    found = occlusion.attribute(model, x, TARGET, references(x), None, None, size=size, stride=stride)
    expected = loop(model, x, references(x), whole(min(size, 7), 7, stride or min(size, 7)))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0, equal_nan=True)


def test_groups_of_features_are_the_windows():
    torch.manual_seed(0)
    model, x = Attentive(5).eval().requires_grad_(False), bag(3, 4, 5, sizes=SIZES)
    found = occlusion.attribute(model, x, TARGET, references(x), torch.tensor([[0, 1, 0, 2, 1]]), None)
    expected = loop(model, x, references(x), [[0, 2], [1, 4], [3]])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0, equal_nan=True)


@pytest.mark.parametrize(("size", "stride"), [(3, 3), (2, 2), (3, 2)])
def test_captum_gives_each_feature_what_its_windows_share(size, stride):
    torch.manual_seed(0)
    model, x = Attentive(6).eval().requires_grad_(False), bag(3, 4, 6, sizes=SIZES)
    baseline = references(x)
    found = occlusion.attribute(model, x, TARGET, baseline, None, None, size=size, stride=stride)
    theirs = captum_occlusion.attribute(model, x, TARGET, baseline, size=size, stride=stride)
    n = 6 if stride == size else 3  # features that whole windows alone hold
    torch.testing.assert_close(size * found[..., :n], theirs[..., :n], atol=1e-5, rtol=0, equal_nan=True)


def test_a_linear_model_is_shared_among_the_features_of_a_window():
    w, x = torch.tensor([1.0, -2.0, 0.5, 3.0]), bag(3, 4, 4, sizes=SIZES)
    baseline, ones = references(x), torch.ones(3, dtype=torch.long)
    exact = w * (x - baseline.mean(0))
    found = occlusion.attribute(L(w), x, ones, baseline, None, None, size=1)
    torch.testing.assert_close(found, exact, atol=1e-5, rtol=0, equal_nan=True)
    pairs = occlusion.attribute(L(w), x, ones, baseline, None, None, size=2)
    torch.testing.assert_close(pairs.sum(-1), exact.sum(-1), atol=1e-5, rtol=0, equal_nan=True)
    torch.testing.assert_close(pairs[..., 0], pairs[..., 1], equal_nan=True)


def test_windows_without_a_size_are_of_features_or_of_bases():
    torch.manual_seed(0)
    x = bag(3, 4, 40, sizes=SIZES)
    given = Attentive(40).eval().requires_grad_(False), x, TARGET, references(x), None, None
    torch.testing.assert_close(
        occlusion.attribute(*given), occlusion.attribute(*given, size=32), equal_nan=True
    )
    model, x = built("sequence_cnn").requires_grad_(False), drawn(3)
    given = model, x, TARGET, drawn(6).view(2, 3, *x.shape[1:]), None, 1
    found = occlusion.attribute(*given)
    torch.testing.assert_close(found, occlusion.attribute(*given, size=10))
    assert (found == found[:, :1]).all() and (found[:, :, 0] != found[:, :, 10]).all()


def test_windows_that_leave_features_out_are_refused():
    x = bag(3, 4, 6)
    with pytest.raises(InputError, match="occlusion: stride is 3; allowed: 1 to 2"):
        occlusion.attribute(Net(6), x, TARGET, references(x), None, None, size=2, stride=3)
    with pytest.raises(InputError, match="groups of features"):
        occlusion.attribute(Net(6), x, TARGET, references(x), torch.arange(4)[:, None], None)
