"""Analytic bag models whose exact attributions are known, and two small networks.

Each is ``pool(embed(x))``: (sample, instance, feature) -> (sample, 1), NaN rows where absent.
"""

import torch
from torch import nn

from xassay.core import bags


class Analytic(nn.Module):
    """The sum over instances of a function of each: f(x) = sum_i g(x_i)."""

    def g(self, x):
        """(sample, instance, feature) without NaN -> (sample, instance)."""
        raise NotImplementedError

    def embed(self, x):
        mask = bags.present(x)
        return bags.emptied(self.g(bags.filled(x, mask))[..., None], mask)

    def pool(self, h):
        return bags.filled(h, bags.present(h)).sum(1)

    def forward(self, x):
        return self.pool(self.embed(x))


class L(Analytic):
    """Linear, f = sum_i w . x_i: phi* = w * (x - b)."""

    def __init__(self, w):
        super().__init__()
        self.w = nn.Parameter(torch.as_tensor(w, dtype=torch.float32))

    def g(self, x):
        return x @ self.w


class S(Analytic):
    """Squares, f = sum x^2: integrated gradients x^2 - b^2 where b = 0, input x gradient 2 x^2."""

    def g(self, x):
        return x.square().sum(-1)


class T(Analytic):
    """Saturation, f = sum min(x, 1): at x = 2 the gradient is 0, integrated gradients from 0 are 1."""

    def g(self, x):
        return x.clamp(max=1).sum(-1)


class Q(Analytic):
    """Interaction, f = product over the instances of their sums: in a bag of two, f = x1 x2.

    From b = 0, integrated gradients and Shapley values are f / 2, leaving one out gives f."""

    def g(self, x):
        return x.sum(-1)

    def pool(self, h):
        return torch.where(bags.present(h)[..., None], h, 1.0).prod(1)


class Net(nn.Module):
    """A ReLU network with mean pooling: DeepLIFT is exact on it."""

    def __init__(self, n_features, n_outputs=1, width=8):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(n_features, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.output = nn.Linear(width, n_outputs)

    def embed(self, x):
        mask = bags.present(x)
        return bags.emptied(self.encoder(bags.filled(x, mask)), mask)

    def pool(self, h):
        mask = bags.present(h)
        return self.output(bags.masked_mean(bags.filled(h, mask), mask))

    def forward(self, x):
        return self.pool(self.embed(x))


class Attentive(Net):
    """The same with attention, its logit the last column of the embedding."""

    def __init__(self, n_features, n_outputs=1, width=8):
        super().__init__(n_features, n_outputs, width)
        self.score = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def embed(self, x):
        mask = bags.present(x)
        h = self.encoder(bags.filled(x, mask))
        return bags.emptied(torch.cat([h, self.score(h)], -1), mask)

    def pool(self, h):
        mask = bags.present(h)
        h = bags.filled(h, mask)
        weight = bags.masked_softmax(h[..., -1], mask)
        return self.output((weight[:, None] @ h[..., :-1])[:, 0])

    def attention(self, x):
        h = self.embed(x)
        mask = bags.present(h)[:, None]
        return torch.where(mask, bags.masked_softmax(h[:, None, :, -1], mask), torch.nan)


def bag(*shape, sizes=None, seed=0):
    """Normal draws (sample, instance, feature), padded with NaN beyond each bag's size."""
    x = torch.from_numpy(_normal(shape, seed))
    for row, size in zip(x, sizes or (), strict=bool(sizes)):
        row[size:] = torch.nan
    return x


def references(x, n=2, seed=1):
    """A baseline of normal draws: (reference, sample, instance, feature), NaN where x is."""
    return torch.where(x.isnan(), torch.nan, torch.from_numpy(_normal((n, *x.shape), seed)))


def _normal(shape, seed):
    import numpy as np

    return np.random.default_rng(seed).standard_normal(shape, np.float32)


class Chain(nn.Sequential):
    """Layers on the whole flattened input, behind a function of each element: (sample, ...) -> output."""

    def __init__(self, shape, n_outputs, front, hidden, inplace, width=8):
        size = int(torch.tensor(shape).prod())
        layers = [nn.Linear(size, width)]
        for _ in range(hidden - 1):
            layers += [nn.ReLU(inplace), nn.Linear(width, width)]
        centre = bags.Centre(shape[-1])
        centre.origin.copy_(torch.randn(shape[-1]))
        fronts = {
            "centre": centre,
            "scale": nn.Hardtanh(-1, 0.5),
            "log": nn.Softplus(),
            "square": Function(torch.square),
        }
        first = [fronts[front]] if front else []
        super().__init__(*first, nn.Flatten(), *layers, nn.ReLU(inplace), nn.Linear(width, n_outputs))


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *given):
        return self.function(*given)


class Beginning(nn.Module):
    """``function(net, x)`` of a small network on rows: (sample, feature) -> (sample, 1)."""

    def __init__(self, n_features, function):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_features, 8), nn.Tanh(), nn.Linear(8, 1))
        self.function = function

    def forward(self, x):
        return self.function(self.net, x)


class Fronted(Beginning):
    """A function of the input, or a module, before the network."""

    def __init__(self, n_features, front):
        super().__init__(n_features, lambda net, x: net(self.front(x)))
        self.front = front


class Twice(Beginning):
    """The first layer is called twice."""

    def __init__(self, n_features):
        super().__init__(n_features, lambda net, x: net(x) + net[0](2 * x).mean(-1, keepdim=True))


class Pooled(nn.Module):
    """A convolution (a neighbourhood's mean and tanh), pooled: (sample, ...) -> (sample, 3)."""

    def __init__(self, shape):
        super().__init__()
        self.output = nn.Linear(shape[0], 3)

    def forward(self, x):
        h = torch.tanh(x + 0.5 * x.roll(1, -1))
        return self.output(h.flatten(2).mean(-1) if h.ndim > 2 else h)
