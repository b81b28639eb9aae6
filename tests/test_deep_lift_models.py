"""DeepLIFT's multipliers: complete for every layer, against a slow definition, refused where there is no rule."""

import numpy as np
import pytest
import torch
from sequence_data import LENGTH
from torch import nn
from torch.nn import functional
from toy_models import bag, references

from xassay import catalogue
from xassay.attribution import deep_lift, deep_lift_shap
from xassay.core.errors import InputError
from xassay.core.multipliers import multipliers
from xassay.core.targets import explained


class Of(nn.Module):
    """Layers, then a function of what they give, then a linear layer: (sample, 1)."""

    def __init__(self, function, *layers):
        super().__init__()
        self.layers, self.function = nn.Sequential(*layers), function
        self.output = nn.LazyLinear(1)

    def forward(self, x):
        return self.output(self.function(self.layers(x)).flatten(1))


class Recurrent(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.lstm = nn.LSTM(4, 5, batch_first=True, **options)

    def forward(self, x):
        return self.lstm(x.transpose(1, 2))[0]


class SelfAttention(nn.Module):
    def __init__(self, fused):
        super().__init__()
        self.one, self.fused = nn.Linear(4, 12), fused

    def forward(self, x):
        q, k, v = self.one(x.transpose(1, 2)).chunk(3, -1)
        if self.fused:
            return functional.scaled_dot_product_attention(q, k, v)
        return torch.softmax(q @ k.transpose(1, 2) / 2, -1) @ v


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        x = x.transpose(1, 2)
        return self.attention(x, x, x, need_weights=False)[0]


def convolution():
    return nn.Conv1d(4, 6, 5, padding=2)


def gate(h):
    return h[:, :3] * torch.sigmoid(h[:, 3:])


reused = nn.ReLU()
OPS = {
    "linear": Of(lambda h: h, convolution()),
    "relu": Of(nn.ReLU(), convolution()),
    "functional relu": Of(functional.relu, convolution()),
    "relu method": Of(lambda h: h.relu(), convolution()),
    "reused relu": Of(reused, convolution(), reused, nn.Conv1d(6, 6, 3)),
    "leaky relu": Of(nn.LeakyReLU(0.1), convolution()),
    "elu": Of(nn.ELU(), convolution()),
    "gelu": Of(nn.GELU(), convolution()),
    "silu": Of(nn.SiLU(), convolution()),
    "softplus": Of(nn.Softplus(), convolution()),
    "exponential": Of(torch.exp, convolution()),
    "sigmoid": Of(nn.Sigmoid(), convolution()),
    "tanh": Of(nn.Tanh(), convolution()),
    "max pooling": Of(nn.MaxPool1d(4), convolution(), nn.ReLU()),
    "overlapping pools": Of(nn.MaxPool1d(4, 2), convolution(), nn.MaxPool1d(3, 1), nn.ReLU()),
    "padded pool": Of(nn.MaxPool1d(3, 2, 1, ceil_mode=True), convolution()),
    "two pools": Of(
        nn.MaxPool1d(2), convolution(), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(6, 6, 3), nn.ReLU()
    ),
    "images": Of(nn.MaxPool2d(2), nn.Unflatten(1, (1, 4)), nn.Conv2d(1, 3, 3, padding=1), nn.ReLU()),
    "mean pooling": Of(nn.AdaptiveAvgPool1d(2), convolution(), nn.ReLU(), nn.AvgPool1d(2)),
    "largest": Of(lambda h: h.amax(-1), convolution()),
    "largest, kept": Of(lambda h: h.max(-1, keepdim=True).values, convolution()),
    "adaptive maximum": Of(nn.AdaptiveMaxPool1d(1), convolution()),
    "softmax": Of(nn.Softmax(-1), convolution()),
    "log softmax": Of(nn.LogSoftmax(1), convolution()),
    "logsumexp": Of(lambda h: h.logsumexp(-1), convolution()),
    "batch norm": Of(nn.ReLU(), convolution(), nn.BatchNorm1d(6)),
    "layer norm": Of(nn.LayerNorm(LENGTH), convolution()),
    "group norm": Of(nn.GroupNorm(2, 6), convolution()),
    "rms norm": Of(nn.RMSNorm(LENGTH), convolution()),
    "gate": Of(gate, convolution()),
    "product": Of(lambda h: h * h.flip(1), convolution()),
    "square": Of(lambda h: h * h, convolution()),
    "power": Of(lambda h: h**3, convolution()),
    "quotient": Of(lambda h: h[:, :3] / (1 + h[:, 3:].exp()), convolution()),
    "logarithm": Of(lambda h: torch.log1p(h.square()), convolution()),
    "einsum": Of(lambda h: torch.einsum("ncl,ndl->ncd", h, h.tanh()), convolution()),
    "residual": Of(lambda h: h + functional.relu(h).flip(-1), convolution()),
    "joined": Of(lambda h: torch.cat([h.tanh(), h[..., :5].relu()], -1).permute(0, 2, 1), convolution()),
    "attention": Of(lambda h: h, SelfAttention(False)),
    "fused attention": Of(lambda h: h, SelfAttention(True)),
    "multi-head attention": Of(lambda h: h, Heads()),
    "lstm": Of(lambda h: h, Recurrent()),
    "two-way lstm": Of(lambda h: h[:, -1], Recurrent(bidirectional=True, num_layers=2)),
}


def case(dtype=torch.float64, references=3, samples=4):
    """One-hot x, (sample, 4, LENGTH), references and targets."""
    rng = np.random.default_rng(0)
    drawn = np.eye(4)[rng.integers(4, size=(references + 1, samples, LENGTH))].transpose(0, 1, 3, 2)
    drawn = torch.from_numpy(drawn.copy()).to(dtype)
    return drawn[0], drawn[1:], torch.tensor([1, 0, 1, 1])[:samples]


def gap(model, x, reference, target):
    """Mean miss of the sum of contributions, over the mean size of the difference."""
    found = multipliers(model, x, reference, target)
    with torch.no_grad():
        lost = explained(model(x), target) - torch.stack([explained(model(r), target) for r in reference])
    told = (found * (x - reference)).nan_to_num().flatten(2).sum(-1)
    return ((told - lost).abs().mean() / lost.abs().mean()).item()


@pytest.fixture(params=OPS)
def model(request):
    torch.manual_seed(0)
    model = OPS[request.param].float().eval()
    with torch.no_grad():
        model(case(torch.float32)[0])
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm1d):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
    return model.requires_grad_(False)


def test_multipliers_are_complete(model):
    assert gap(model.float(), *case(torch.float32)) <= 1e-4
    assert gap(model.double(), *case()) <= 1e-10


def test_a_sample_and_a_reference_know_nothing_of_others(model):
    x, reference, target = case()
    model = model.double()
    whole = multipliers(model, x, reference, target)
    for chunk in (1, 3):
        torch.testing.assert_close(multipliers(model, x, reference, target, chunk=chunk), whole)
    torch.testing.assert_close(multipliers(model, x, reference.flip(0), target), whole.flip(0))
    torch.testing.assert_close(multipliers(model, x, reference[:1], target), whole[:1])


def test_a_linear_models_multipliers_are_its_slopes():
    torch.manual_seed(0)
    x, reference, target = case()
    model = nn.Sequential(nn.Conv1d(4, 3, 5), nn.Flatten(), nn.Linear(3 * (LENGTH - 4), 1)).double()
    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(explained(model(leaf), target).sum(), leaf)
    torch.testing.assert_close(multipliers(model, x, reference, target), slope.expand_as(reference))


def test_a_network_of_two_layers_by_hand():
    """The definition: each hidden unit's change over its input's, times the weights before and behind."""
    torch.manual_seed(0)
    first, last = nn.Linear(5, 7).double(), nn.Linear(7, 1).double()
    x, r, target = torch.randn(3, 5).double(), torch.randn(2, 3, 5).double(), torch.ones(3, dtype=torch.long)
    before, after = first(x) - first(r), first(x).relu() - first(r).relu()
    expected = ((after / before) * last.weight[0]) @ first.weight
    torch.testing.assert_close(
        multipliers(nn.Sequential(first, nn.ReLU(), last), x, r, target), expected.detach()
    )


def test_pooling_gives_each_winner_its_due():
    """x wins at 0 with 3, the reference at 1 with 2: 0 rises from 1 to 3, 1 falls from 2 to 0; f changes by 1."""
    x, r = torch.tensor([[[3.0, 0.0]]]), torch.tensor([[[[1.0, 2.0]]]])
    model = nn.Sequential(nn.MaxPool1d(2), nn.Flatten())
    found = multipliers(model, x, r, torch.tensor([1]))
    assert (found * (x - r)).flatten().tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "name", [n for n, e in catalogue.entries("models").items() if "sequence" in e.card["kinds"]]
)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_every_model_of_sequences_is_complete(name, n_outputs):
    torch.manual_seed(0)
    model = catalogue.load("models", name).build((4, LENGTH), n_outputs).eval().requires_grad_(False)
    x, reference, target = case(torch.float32)
    assert gap(model, x, reference, target) <= 1e-4


@pytest.mark.parametrize(
    "name", [n for n, e in catalogue.entries("models").items() if "bag" in e.card["kinds"]]
)
def test_every_model_of_bags_is_complete(name):
    torch.manual_seed(0)
    model, x = (
        catalogue.load("models", name).build((5, 4), 1).eval().requires_grad_(False),
        bag(3, 5, 4, sizes=[5, 1, 3]),
    )
    assert gap(model, x, references(x), torch.tensor([1, 0, 1])) <= 1e-4
    found = deep_lift.attribute(model, x, torch.tensor([1, 0, 1]), references(x), None)
    torch.testing.assert_close(found.isnan(), x.isnan())


def test_equal_inputs_have_the_plain_slope():
    x, _, target = case()
    model = nn.Sequential(nn.Conv1d(4, 3, 5), nn.Tanh(), nn.Flatten(), nn.LazyLinear(1)).double()
    model(x)
    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(explained(model(leaf), target).sum(), leaf)
    torch.testing.assert_close(multipliers(model, x, x[None], target)[0], slope)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda h: torch.sort(h, -1).values, "no rule for aten.sort"),
        (lambda h: torch.cdist(h, h), "no rule for aten._cdist_forward"),
        (
            lambda h: torch.where(h > 0, h, 2 * h),
            "the model computes otherwise for a sample than for its reference",
        ),
        (
            lambda h: h.masked_fill(h < 0, 0),
            "the model computes otherwise for a sample than for its reference",
        ),
        (
            lambda h: h.gather(-1, h.argsort(-1)),
            "the model computes otherwise for a sample than for its reference",
        ),
        (lambda h: torch.softmax(h, 0), "contributions miss .*% of what the model's answer moves"),
    ],
)
def test_what_has_no_rule_is_refused_in_a_line(function, told):
    x, reference, target = case(torch.float32)
    model = Of(function, convolution())
    with torch.no_grad():
        model(x)
    with pytest.raises(InputError, match=f"^DeepLIFT: {told}") as raised:
        multipliers(model, x, reference, target)
    assert "\n" not in str(raised.value)


def test_shuffled_references_are_averaged_over():
    torch.manual_seed(0)
    x, _, target = case(torch.float32)
    model = nn.Sequential(nn.Conv1d(4, 3, 5), nn.ReLU(), nn.Flatten(), nn.LazyLinear(1))
    with torch.no_grad():
        model(x)
    found = [
        deep_lift_shap.attribute(model, x, target, 1, np.random.default_rng(0), n_references=n)
        for n in (1, 20)
    ]
    again = deep_lift_shap.attribute(model, x, target, 1, np.random.default_rng(0), n_references=20)
    torch.testing.assert_close(again, found[1], atol=0, rtol=0)
    assert not torch.allclose(*found)
