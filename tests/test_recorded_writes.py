"""What a model writes in place is explained as what it might have computed instead."""

import numpy as np
import pytest
import torch
from torch import nn
from toy_models import Function

from xassay.core.errors import InputError
from xassay.core.multipliers import multipliers

SHAPE = 4, 6  # channels, positions


def buffered(x):
    """Parts of a buffer, one of them through a view that was there before, then all of it."""
    out = x.new_zeros(x.shape)
    row = out[:, 1]
    out[:, :2] = x[:, 2:]
    out[:, 2:] = x[:, :2].tanh()
    row.mul_(x[:, 0])
    return out.relu_()


def over(h):
    """Values that are read before and after they are written over."""
    first = h[:, :1].clone()
    h.sigmoid_().add_(first)
    return torch.cat([h, first], 1)


def seen(h):
    """A view of what is written over later."""
    row, square = h[:, 0], h.square()
    h += square
    return torch.stack([row, h[:, 1] * square[:, 0]], 1)


def shifted(h):
    """A row over another of the same memory; a constant over a third."""
    h[:, 0] = h[:, 1]
    h[:, 1], h[:, 2, 2:] = 0, 5
    return h.tanh()


def used(x):
    """A constant that is read, and then written into."""
    kept = torch.linspace(0, 1, 6).to(x).expand(4, 6).clone()
    product = x * kept
    kept += x[0]
    return product + kept


def flattened(x):
    """The whole of a memory through a view of another shape, then another part of it."""
    h = 2 * x
    h.flatten(1).tanh_()
    h[:, ::2, 1:].exp_()
    return h


def emptied(h):
    """What depended on x, and does not any more."""
    h.fill_(3)
    return h[:, :1]


WRITTEN = {
    "buffer": (buffered, lambda x: torch.cat([x[:, 2:3], x[:, 3:] * x[:, :1], x[:, :2].tanh()], 1).relu()),
    "over": (
        lambda x: over(2 * x),
        lambda x: torch.cat([(2 * x).sigmoid() + x[:, :1] * 2, 2 * x[:, :1]], 1),
    ),
    "seen": (
        lambda x: seen(x.exp()),
        lambda x: torch.stack(
            [e[:, 0] + e[:, 0].square() if k == 0 else (e[:, 1] + e[:, 1].square()) * e[:, 0].square()
             for e in [x.exp()] for k in range(2)], 1),
    ),
    "shifted": (
        lambda x: shifted(2 * x),
        lambda x: torch.cat(
            [2 * x[:, 1:2], 0 * x[:, :1], torch.cat([2 * x[:, 2:3, :2], torch.full_like(x[:, 2:3, 2:], 5)], -1),
             2 * x[:, 3:]], 1).tanh(),
    ),
    "used": (used, lambda x: x * torch.linspace(0, 1, 6).to(x) + torch.linspace(0, 1, 6).to(x) + x[:1]),
    "flattened": (flattened, lambda x: torch.stack(
        [torch.cat([t[:, k, :1], t[:, k, 1:].exp()], -1) if k % 2 == 0 else t[:, k]
         for t in [(2 * x).tanh()] for k in range(4)], 1)),
    "masked": (
        lambda x: (2 * x).masked_fill_(torch.arange(6) > 3, 1.0).transpose_(1, 2),
        lambda x: torch.where(torch.arange(6) > 3, 1.0, 2 * x).mT,
    ),
    "emptied": (lambda x: x[:, :1] + emptied(x.exp()), lambda x: x[:, :1] + 3),
}  # fmt: skip


def inputs():
    drawn = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 1, *SHAPE)))
    return drawn[0], drawn[1:], torch.ones(1, dtype=torch.long)


def read(function):
    """Its outputs, weighed: (sample, 1)."""
    weights = torch.from_numpy(np.random.default_rng(1).standard_normal(100))

    def answer(x):
        h = function(x).flatten(1)
        return (h * weights[: h.shape[1]]).sum(1, keepdim=True)

    return Function(answer)


@pytest.mark.parametrize("name", WRITTEN)
def test_writing_in_place_is_explained_as_not_doing_so(name):
    model, plain = map(read, WRITTEN[name])
    x, r, target = inputs()
    torch.testing.assert_close(model(x.clone()), plain(x))
    torch.testing.assert_close(multipliers(model, x, r, target), multipliers(plain, x, r, target))


def test_a_model_that_writes_over_its_input_leaves_it_alone():
    x, r, target = inputs()
    before = x.clone(), r.clone()
    found = multipliers(read(lambda x: x.tanh_().add_(1)), x, r, target)
    assert torch.equal(x, before[0]) and torch.equal(r, before[1])
    torch.testing.assert_close(found, multipliers(read(lambda x: x.tanh() + 1), x, r, target))


def test_layers_in_place_are_layers():
    torch.manual_seed(0)
    layers = lambda inplace: [nn.Linear(6, 5), nn.ReLU(inplace), nn.Linear(5, 3), nn.ELU(inplace=inplace)]  # noqa: E731
    one, other = (nn.Sequential(*layers(inplace)).double() for inplace in (True, False))
    other.load_state_dict(one.state_dict())
    torch.testing.assert_close(multipliers(read(one), *inputs()), multipliers(read(other), *inputs()))


def test_other_ways_to_write_are_refused():
    with pytest.raises(InputError, match=r"^DeepLIFT: no rule for aten.tanh, which writes; allowed: "):
        multipliers(read(lambda x: torch.tanh(x, out=torch.empty_like(x))), *inputs())
