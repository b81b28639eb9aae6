"""Networks of layers that read neighbours alone: blocks in any order, ends, and three whole ones."""

import torch
from torch import nn
from torch.nn import functional
from toy_models import Function

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


def conv(channels, filters, kernel, dilation=1):
    return nn.Conv1d(channels, filters, kernel, padding=dilation * (kernel // 2), dilation=dilation)


def inception():
    first = conv(4, WIDTH, 5), nn.ReLU(), Branches(5, 1, True), nn.ReLU(), nn.MaxPool1d(2)
    return nn.Sequential(*first, Branches(3, 1, False), Function(lambda h: h.sum(-1)), nn.Linear(WIDTH, 1))


def gated():
    return nn.Sequential(
        Gated(5, 1, True), Gated(3, 2, False), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(4, 1)
    )


def cropped():
    layers = [Cropped(3, d, True) for d in (1, 2, 4)]
    return nn.Sequential(conv(4, WIDTH, 7), nn.ReLU(), *layers, nn.Flatten(), nn.LazyLinear(1))
