"""DeepLIFT's rules: completeness, operations against the steps they consist of, close and far references."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from toy_models import Function

from xassay.core.multipliers import multipliers
from xassay.core.targets import explained

SHAPE = 4, 12  # channels, positions


class Read(nn.Module):
    """A function of x, whose output is read by fixed random weights: (sample, 4, 12) -> (sample, 2)."""

    def __init__(self, function, *modules):
        super().__init__()
        self.function, self.modules_ = function, nn.ModuleList(modules)

    def forward(self, x):
        h = self.function(x, *self.modules_).flatten(1)
        weight = torch.randn(h.shape[1], 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        return h @ weight.to(h)


def inputs(dtype=torch.float64, scale=1.0, n=3, references=2):
    """x, references that share a part with it and are close in another, targets."""
    rng = np.random.default_rng(0)
    x, *r = torch.from_numpy(scale * rng.standard_normal((1 + references, n, *SHAPE))).to(dtype)
    r = torch.stack(r)
    r[..., :3], r[..., 3:5] = x[..., :3], x[..., 3:5] + 1e-3
    return x, r, torch.arange(n) % 2


def gap(model, x, r, target):
    """Largest miss of the sum of contributions, over the largest difference of the answers."""
    found = (multipliers(model, x, r, target) * (x - r)).nan_to_num().flatten(2).sum(2)
    with torch.no_grad():
        lost = torch.stack([explained(model(x), target) - explained(model(one), target) for one in r])
    return float((found - lost).abs().max() / lost.abs().max())


def attention(x, module, mask=None, weights=True):
    h = x.mT
    padding = None if mask is None else (torch.arange(SHAPE[1]) > mask).expand(len(x), -1)
    return module(h, h, h, key_padding_mask=padding, need_weights=weights)[0]


OPERATIONS = {
    "strided, grouped convolution": Read(lambda x, m: m(x), nn.Conv1d(4, 6, 5, 2, 2, 1, 2)),
    "transposed convolution": Read(lambda x, m: m(x), nn.ConvTranspose1d(4, 3, 3)),
    "circular convolution": Read(
        lambda x, m: m(x).tanh(), nn.Conv1d(4, 4, 3, padding=1, padding_mode="circular")
    ),
    "dilated pool": Read(lambda x: functional.max_pool1d(x, 3, 2, 1, 2)),
    "pool of images": Read(lambda x: functional.max_pool2d(x[:, None], 3, 2, 1)),
    "adaptive pool": Read(lambda x: functional.adaptive_max_pool1d(x, 5)),
    "adaptive mean": Read(lambda x: functional.adaptive_avg_pool1d(x.relu(), 5)),
    "largest of all": Read(lambda x: x.amax((1, 2), keepdim=True)),
    "smallest": Read(lambda x: x.min(1)[0]),
    "larger of two": Read(lambda x: torch.maximum(x[:, :2], x[:, 2:].sigmoid())),
    "smaller, broadcast": Read(lambda x: torch.min(x, x[:, :1].tanh())),
    "softmax of several": Read(lambda x: (5 * x).softmax(1)),
    "safe softmax": Read(lambda x: functional.scaled_dot_product_attention(x.mT, x.mT, x.mT, is_causal=True)),
    "instance norm": Read(lambda x, m: m(x), nn.InstanceNorm1d(4, affine=True)),
    "image norm": Read(lambda x, m: m(x), nn.LayerNorm(SHAPE)),
    "glu": Read(lambda x: functional.glu(x, 1)),
    "keys and values": Read(lambda x: (x.mT @ x).softmax(-1) @ x.mT),
    "product along an axis": Read(lambda x: (1 + x / 5).prod(-1)),
    "unit length": Read(lambda x: functional.normalize(x, dim=-1)),
    "variance": Read(lambda x: torch.cat(torch.var_mean(x, -1), -1)),
    "powers": Read(lambda x: torch.cat([x**3, 2**x, (x.abs() + 0.1) ** 1.5], 1)),
    "roots, logarithms": Read(lambda x: torch.cat([f(x.abs() + 0.1) for f in (torch.sqrt, torch.rsqrt, torch.log)], 1)),
    "from zero": Read(lambda x: torch.cat([f(x.relu()) for f in (torch.sqrt, torch.log1p, torch.square)], 1)),
    "powers of zero": Read(lambda x: torch.cat([x.relu() ** 0.5, x.relu() ** 1.5, x.relu() ** 3], 1)),
    "close to -1": Read(lambda x: torch.log1p(-0.999999 * x.sigmoid())),
    "one over": Read(lambda x: 1 / (2 + x.tanh())),
    "fixed mask": Read(lambda x: torch.where(torch.arange(12) < 9, x.tanh(), 0.0)),
    "indices": Read(lambda x: x[:, [0, 2, 2]][..., torch.arange(0, 12, 3)].relu()),
    "scattered": Read(lambda x: torch.zeros_like(x[:, :3]).index_add(1, torch.tensor([0, 0, 1, 2]), x.relu())),
    "turned": Read(lambda x: x.flip(-1).roll(1, -1).repeat_interleave(2, -1).permute(2, 0, 1).relu().movedim(0, -1)),
    "windows": Read(lambda x: x.unfold(-1, 3, 2).amax(-1)),
    "interpolated": Read(lambda x: functional.interpolate(x, scale_factor=2, mode="linear").tanh()),
    "detached": Read(lambda x: x.detach() * x.tanh()),
    "bilinear": Read(lambda x, m: m(x[..., :6], x[..., 6:]), nn.Bilinear(6, 6, 3)),
    "on the way": Read(lambda x: torch.lerp(x[:, 0], x[:, 1], x[:, 2])),
    "cosine": Read(lambda x: functional.cosine_similarity(x[:, :2], x[:, 2:], -1)),
    "power mean": Read(lambda x: functional.lp_pool1d(x.relu() + 0.1, 3, 2)),
    "gru": Read(lambda x, m: m(x.mT)[0], nn.GRU(4, 5, bidirectional=True, batch_first=True)),
    "rnn": Read(lambda x, m: m(x.mT)[0], nn.RNN(4, 5, batch_first=True)),
    "lstm, time first": Read(
        lambda x, m: torch.cat(m(x.permute(2, 0, 1))[1], -1).transpose(0, 1),
        nn.LSTM(4, 5, num_layers=2, bidirectional=True),
    ),
    "lstm with projections": Read(lambda x, m: m(x.mT)[0], nn.LSTM(4, 5, proj_size=2, batch_first=True)),
    "heads": Read(attention, nn.MultiheadAttention(4, 2, batch_first=True)),
    "heads without weights": Read(
        lambda x, m: attention(x, m, weights=False), nn.MultiheadAttention(4, 2, batch_first=True)
    ),
    "heads with padding": Read(lambda x, m: attention(x, m, 9), nn.MultiheadAttention(4, 2, batch_first=True)),
    "transformer": Read(
        lambda x, m: m(x.mT), nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, activation="gelu")
    ),
}  # fmt: skip
for layer in (
    *(nn.LeakyReLU(), nn.ELU(), nn.CELU(0.5), nn.SELU(), nn.ReLU6(), nn.RReLU(), nn.PReLU(4), nn.Mish()),
    *(nn.GELU("tanh"), nn.Hardswish(), nn.Hardsigmoid(), nn.Hardtanh(), nn.Softsign(), nn.Tanhshrink()),
    *(nn.Softshrink(), nn.Hardshrink(), nn.Threshold(0.1, 0.2), nn.LogSigmoid(), nn.Softplus(3)),
):
    OPERATIONS[type(layer).__name__] = Read(lambda x, m: m(3 * x), layer)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("name", OPERATIONS)
def test_contributions_add_up(name):
    model = OPERATIONS[name].eval()
    assert gap(model.double(), *inputs()) <= 1e-10
    assert gap(model.float(), *inputs(torch.float32)) <= 1e-4


def lstm_by_steps(x, m):
    x, h, c, states = x.mT, x.new_zeros(len(x), 5), x.new_zeros(len(x), 5), []
    for t in range(x.shape[1]):
        gates = x[:, t] @ m.weight_ih_l0.T + m.bias_ih_l0 + h @ m.weight_hh_l0.T + m.bias_hh_l0
        i, f, g, o = gates.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h)
    return torch.stack(states, 1)


def normal(x, axes, eps=1e-5):
    centred = x - x.mean(axes, keepdim=True)
    return centred * ((centred * centred).mean(axes, keepdim=True) + eps).rsqrt()


STEPS = {  # an operation and what it consists of
    "softmax": (lambda x: x.softmax(-1), lambda x: (x - x.logsumexp(-1, True)).exp()),
    "log softmax": (lambda x: x.log_softmax(1), lambda x: x - x.logsumexp(1, True)),
    "logsumexp": (lambda x: x.logsumexp(-1), lambda x: x.exp().sum(-1).log()),
    "layer norm": (lambda x: functional.layer_norm(x, (12,)), lambda x: normal(x, -1)),
    "group norm": (
        lambda x: functional.group_norm(x, 2),
        lambda x: normal(x.unflatten(1, (2, 2)), (2, 3)).flatten(1, 2),
    ),
    "root norm": (
        lambda x: torch.ops.aten._fused_rms_norm(x, [12], None, 1e-5)[0],
        lambda x: x * ((x * x).mean(-1, True) + 1e-5).rsqrt(),
    ),
    "standard deviation": (lambda x: x.std(-1), lambda x: x.var(-1).sqrt()),
    "length": (lambda x: x.norm(dim=1), lambda x: x.square().sum(1).sqrt()),
    "gate": (lambda x: functional.glu(x, 1), lambda x: x[:, :2] * x[:, 2:].sigmoid()),
    "share": (lambda x: x.softmax(-1), lambda x: x.exp() / x.exp().sum(-1, True)),
    "product of two": (lambda x: x[:, :2].prod(1), lambda x: x[:, 0] * x[:, 1]),
    "overlapping pool": (lambda x: functional.max_pool1d(x, 4, 2), lambda x: x.unfold(-1, 4, 2).amax(-1)),
    "larger": (lambda x: torch.maximum(x[:, 0], x[:, 1]), lambda x: x[:, :2].amax(1)),
    "einsum": (lambda x: torch.einsum("bij,bkj->bik", x, x.tanh()), lambda x: (x[:, :, None] * x.tanh()[:, None]).sum(-1)),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_an_operation_is_explained_as_its_steps_are(name):
    whole, steps = (multipliers(Read(function), *inputs()) for function in STEPS[name])
    torch.testing.assert_close(whole, steps, atol=1e-9, rtol=1e-7)


def test_an_lstm_is_explained_as_its_steps_are():
    layer = nn.LSTM(4, 5, batch_first=True).double()
    whole = multipliers(Read(lambda x, m: m(x.mT)[0], layer), *inputs())
    torch.testing.assert_close(
        whole, multipliers(Read(lstm_by_steps, layer), *inputs()), atol=1e-9, rtol=1e-7
    )


SAME = {
    "tanh": torch.tanh, "gelu": functional.gelu, "softmax": lambda x: x.softmax(-1), "relu": torch.relu,
    "norm": lambda x: functional.layer_norm(x, (12,)), "gate": lambda x: x * x.flip(1).sigmoid(),
    "pool": lambda x: functional.max_pool1d(x, 3, 1, 1), "turned": lambda x: x.roll(1, 2), "exp": lambda x: x.tanh().exp(),
    "mixed": lambda x: x @ torch.linspace(-1, 1, 144).view(12, 12).to(x), "added": lambda x: x + x[:, :1].cos(),
}  # fmt: skip


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.lists(st.sampled_from(sorted(SAME)), min_size=1, max_size=6))
def test_operations_may_follow_one_another(names):
    def chained(x):
        for name in names:
            x = SAME[name](x)
        return x

    # float64; where a chain answers almost the same for both, what is left is rounding over a small difference
    assert gap(Read(chained), *inputs()) <= 1e-6


CURVES = {
    f.__name__: f
    for f in (torch.tanh, torch.sigmoid, torch.exp, functional.gelu, functional.silu, functional.elu)
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("apart", [1e-6, 1e-4, 1e-2, 1.0])
def test_rounding_stays_small_however_close_a_reference_is(name, apart):
    x, one = torch.linspace(-3, 3, 48).view(1, *SHAPE), torch.ones(1)
    r, model = (x + apart)[None], Function(lambda x: CURVES[name](x).flatten(1).sum(1, keepdim=True))
    exact = multipliers(model, x.double(), r.double(), one)
    torch.testing.assert_close(multipliers(model, x, r, one).double(), exact, atol=1e-5, rtol=1e-5)


def test_a_softmax_of_far_logits_is_finite_and_complete():
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-4)):
        x, r, target = inputs(dtype, 100)
        assert multipliers(Read(lambda x: x.softmax(-1)), x, r + 500, target).isfinite().all()
        assert gap(Read(lambda x: x.log_softmax(-1)), x, r + 500, target) <= tolerance


def test_a_quotient_by_hand():
    """-1 / 1 becomes 2 / 4: by the mean of both orders; 4 / 1 becomes 16 / 2: by the chords of logarithms."""
    model = Function(lambda x: x[:, :1] / x[:, 1:])
    x, r, one = (
        torch.tensor([[2.0, 4.0], [16.0, 2.0]]).double(),
        torch.tensor([[-1.0, 1.0], [4.0, 1.0]]),
        torch.ones(2),
    )
    mean = (8 - 4) / np.log(8 / 4)
    expected = [[(1 + 1 / 4) / 2, -0.5 / 4], [mean * np.log(16 / 4) / 12, -mean * np.log(2)]]
    found = multipliers(model, x, r[None].double(), one)[0]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_a_share_of_something_that_grew_much_is_not_lost_in_rounding():
    """Bound or not: one site among others, whose weights are exponentials."""
    model = Read(lambda x: x[:, 0].exp() / (1 + x.exp().sum(1)))
    x, r, target = inputs(torch.float32, 5)
    found, exact = (
        multipliers(model, x.to(d), r.to(d) - 12, target).double() for d in (torch.float32, torch.float64)
    )
    torch.testing.assert_close(found, exact, atol=1e-5 * exact.abs().max().item(), rtol=1e-4)


def test_a_maximum_that_has_not_moved_has_no_slope_where_it_fell():
    """x has its maximum where the reference is as high, yet lower than elsewhere: all of the fall is there."""
    x, r = torch.tensor([[[2.0, 1.0]]]), torch.tensor([[[[2.0, 3.0]]]])
    pool = nn.Sequential(nn.MaxPool1d(2), nn.Flatten())
    assert multipliers(pool, x, r, torch.tensor([1])).flatten().tolist() == [0.0, 0.5]
    assert multipliers(pool, x, x[None], torch.tensor([1])).flatten().tolist() == [1.0, 0.0]
