"""Local perturbation: how fast does a map change as its input does? Alvarez-Melis and Jaakkola (2018).

Noise on everything at once averages out: on f = w.x it falls short of the Lipschitz constant of input x
gradient, max |w|. Every other draw therefore moves one unit alone. A method that draws gets the same draws
for every copy of x: what is asked is how its map follows x, not how its own noise does.
"""

import torch

from xassay.core.noise import spread
from xassay.core.units import numbered, there

CARD = dict(
    label="Local perturbation",
    varies="input",
    fixed="model, target, baseline",
    reference="alvarezmelis2018",
    alike=True,
    limits=dict(radius=(1e-4, None)),
)


def variants(model, x, target, baseline, groups, rng, draws, *, radius=0.1):
    """x itself as "local:0", then with uniform noise of up to ``radius`` times each feature's spread.

    The noise is on all units in draws 1, 3, ..., and on one unit in draws 2, 4, ...: each unit of a sample in
    turn, in an order drawn for that sample. x: (sample, instance, feature), NaN where absent; groups: each
    element's unit, or None: the instances; the spread is the standard deviation over the instances of x and
    baseline."""
    size = radius * spread(x, baseline)
    units = numbered(x, groups)
    known, of = there(x, units), units.of.expand(len(x), -1)
    order = torch.from_numpy(rng.permuted([range(units.count)] * len(x), axis=1)).to(x.device)
    order = order.gather(1, (~known.gather(1, order)).long().argsort(dim=1, stable=True))  # absent units last
    yield "local:0", model, x, target, baseline
    for draw in range(draws):
        noise = size * torch.from_numpy(rng.uniform(-1, 1, tuple(x.shape))).to(x)
        if draw % 2:
            unit = order.gather(1, (draw // 2 % known.sum(1).clamp(min=1))[:, None])
            noise = torch.where((of == unit).view(x.shape), noise, 0)
        yield f"local:{draw + 1}", model, x + noise, target, baseline
