"""Mutations of sequences against a loop that puts every base at every position, one model call an edit."""

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from toy_models import Function

from xassay.core import windows
from xassay.core.mutations import mutations
from xassay.core.targets import explained

PROPERTY = settings(deadline=None, max_examples=40, derandomize=True)
EVEN = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
WIDTH = 4
POOLS = {
    "max": nn.MaxPool1d(2),
    "overlapping": nn.MaxPool1d(3, 2, padding=1, ceil_mode=True),
    "cut short": nn.MaxPool1d(3, 3, ceil_mode=True),
    "dilated": nn.MaxPool1d(3, 1, dilation=2),
    "apart": nn.MaxPool1d(2, 3),
    "mean": nn.AvgPool1d(4, 3, padding=2),
}
ENDS = {
    "dense": lambda h: h.flatten(1),
    "viewed": lambda h: h.contiguous().view(len(h), -1),
    "mean": lambda h: h.mean(-1),
    "max": lambda h: functional.adaptive_max_pool1d(h, 1)[..., 0],
    "turned": lambda h: h.flip(-1).flatten(1),
}


def settled(norm):
    """Batch norm as training leaves it: statistics that are not 0 and 1."""
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    nn.init.normal_(norm.weight)
    return norm


class Residual(nn.Module):
    """h + relu(conv(h)), as BPNet's layers are."""

    def __init__(self, kernel, dilation, norm):
        super().__init__()
        self.norm = settled(nn.BatchNorm1d(WIDTH)) if norm else nn.Identity()
        self.conv = nn.Conv1d(WIDTH, WIDTH, 2 * (kernel // 2) + 1, padding="same", dilation=dilation)

    def forward(self, h):
        return h + self.norm(self.conv(h)).relu()


class Cropped(Residual):
    """The same without padding: what is added is cut off at both ends."""

    def forward(self, h):
        side = self.conv.dilation[0] * (self.conv.kernel_size[0] // 2)
        if not side or h.shape[-1] <= 2 * side:
            return super().forward(h)
        found = functional.conv1d(h, self.conv.weight, self.conv.bias, dilation=self.conv.dilation)
        return self.norm(found).relu() + h[:, :, side:-side]


class Gated(Residual):
    """What one convolution lets through of another."""

    def forward(self, h):
        return self.norm(h).tanh() * torch.sigmoid(self.conv(h)) - 0.5 * h


class Branches(Residual):
    """Two widths of convolution beside each other and what they read, joined, and made one again."""

    def __init__(self, kernel, dilation, norm):
        super().__init__(kernel, dilation, norm)
        self.other, self.mix = nn.Conv1d(WIDTH, WIDTH, 1), nn.Conv1d(3 * WIDTH, WIDTH, 1)

    def forward(self, h):
        return self.mix(torch.cat([self.norm(self.conv(h)).relu(), self.other(h).exp().clamp(max=9), h], 1))


class InPlace(Residual):
    """Everything written over."""

    def forward(self, h):
        kept = self.norm(self.conv(h)).relu_()
        kept += functional.pad(h, (2, 1))[..., 2:-1]
        return functional.relu(kept, inplace=True)


BLOCKS = {"residual": Residual, "cropped": Cropped, "gated": Gated, "branches": Branches, "in place": InPlace}


class Plain(nn.Sequential):
    """Convolution, batch norm, a function of single values, pooling; those that there is room for."""

    def __init__(self, kernel, stride, padding, dilation, norm, point, pool):
        sizes = kernel, 1 if padding == "same" else stride, padding, dilation
        layers = [nn.Conv1d(WIDTH, WIDTH, *sizes)]
        layers += [settled(nn.BatchNorm1d(WIDTH))] if norm else []
        layers += [Function(lambda h: h.clamp(max=3).exp())] if point == "exp" else [nn.ReLU(inplace=True)]
        super().__init__(*layers, *([POOLS[pool]] if pool else []))


class Network(nn.Module):
    """Blocks that the length has room for, an end, and a head of two layers."""

    def __init__(self, length, blocks, end, outputs):
        super().__init__()
        self.blocks, self.end = nn.Sequential(), ENDS[end]
        for build in blocks:
            block = build()
            try:
                nn.Sequential(*self.blocks, block).eval()(torch.zeros(1, 4, length))
            except RuntimeError:
                continue
            self.blocks.append(block)
        size = self.end(self.blocks.eval()(torch.zeros(1, 4, length))).shape[1]
        self.head = nn.Sequential(nn.Linear(size, 6), nn.ReLU(), nn.Linear(6, outputs))

    def forward(self, x):
        return self.head(self.end(self.blocks(x)))


PLAIN = st.builds(
    partial,
    st.just(Plain),
    kernel=st.integers(1, 7),
    stride=st.sampled_from([1, 1, 2, 3]),
    padding=st.sampled_from([0, 1, 3, "same"]),
    dilation=st.integers(1, 3),
    norm=st.booleans(),
    point=st.sampled_from(["relu", "exp"]),
    pool=st.sampled_from([None, *POOLS]),
)
OTHER = st.one_of(
    st.builds(partial, st.just(BLOCKS[name]), st.integers(1, 5), st.integers(1, 4), st.booleans())
    for name in BLOCKS
)


def drawn(n, length, shares=0.0):
    """One-hot sequences; a part of the positions ambiguous or empty."""
    x = functional.one_hot(torch.randint(0, 4, (n, length)), 4).transpose(1, 2).float()
    odd = torch.rand(n, length) < shares
    kinds = torch.stack([torch.full((4,), 0.25), torch.tensor([0.5, 0, 0.5, 0]), torch.zeros(4)])
    return torch.where(odd[:, None], kinds[torch.randint(0, 3, (n, length))].transpose(1, 2), x)


@torch.no_grad()
def loop(model, x, target, positions=None):
    """``mutations`` by its definition."""
    positions = range(x.shape[2]) if positions is None else positions
    out = torch.zeros(len(x), 4, len(positions), dtype=torch.float64)
    for s in range(len(x)):
        given = x[s : s + 1], target[s : s + 1]
        whole = explained(model(given[0]), given[1]).double()
        for k, i in enumerate(positions):
            for b in range(4):
                other = given[0].clone()
                other[0, :, i] = torch.eye(4)[b]
                out[s, b, k] = explained(model(other), given[1]).double() - whole
    return out


def close(model, found, expected, x, target, tolerance):
    """Equal to ``tolerance`` of the largest answer."""
    with torch.no_grad():
        size = max(expected.abs().max().item(), explained(model(x), target).abs().max().item())
    torch.testing.assert_close(found, expected, atol=tolerance * size, rtol=0)


def shortened(model, x, monkeypatch):
    """Whether hardly any edit of x is asked in full."""
    asked, plain = [], windows._plain

    def counted(model, x, starts, *given, **options):
        asked.append(starts.numel())
        return plain(model, x, starts, *given, **options)

    monkeypatch.setattr(windows, "_plain", counted)
    mutations(model, x, torch.ones(len(x), dtype=torch.long))
    return sum(asked) <= windows.TRIED**2


@EVEN
@PROPERTY
@given(
    seed=st.integers(0, 99),
    first=PLAIN,
    blocks=st.lists(st.one_of(PLAIN, OTHER), max_size=4),
    end=st.sampled_from(list(ENDS)),
    outputs=st.sampled_from([1, 3]),
    length=st.integers(24, 60),
    shares=st.sampled_from([0.0, 0.2]),
    chunk=st.sampled_from([None, 1, 7, 1000]),
    double=st.booleans(),
)
def test_mutations_are_a_loop(seed, first, blocks, end, outputs, length, shares, chunk, double):
    torch.manual_seed(seed)
    model, x = Network(length, [first, *blocks], end, outputs).eval(), drawn(3, length, shares)
    model, x = (model.double(), x.double()) if double else (model, x)
    target = torch.tensor([1, 0, 1])
    found, expected = mutations(model, x, target, chunk=chunk), loop(model, x, target)
    assert found.shape == x.shape and found.dtype == torch.float64
    close(model, found, expected, x, target, 1e-12 if double else 1e-5)
