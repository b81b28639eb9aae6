"""Local perturbation: how fast does a map change as its input does? Alvarez-Melis and Jaakkola (2018).

Noise on everything at once averages out: on f = w.x it falls short of the Lipschitz constant of input x
gradient, max |w|. Every other draw therefore moves one unit alone."""

import torch

CARD = dict(
    label="Local perturbation",
    varies="input",
    fixed="model, target, baseline",
    reference="alvarezmelis2018",
    limits=dict(radius=(0, None)),
)


def variants(model, x, target, baseline, rng, draws, *, radius=0.1):
    """x with uniform noise of up to ``radius`` times each feature's spread, as "local:draw".

    The noise is on all units in draws 0, 2, ..., and on one unit, x's axis 1, in draws 1, 3, ...: each unit
    of a sample in turn, in an order drawn for that sample. x: (sample, unit, ...), NaN where absent; the
    spread is the standard deviation over the units of x and baseline."""
    cells = torch.cat([baseline.flatten(0, 2), x.flatten(0, 1)])
    there = ~x.flatten(2)[..., 0].isnan()
    size = radius * cells[~cells.flatten(1)[:, 0].isnan()].std(0)
    turn = torch.from_numpy(rng.permuted([range(x.shape[1])] * len(x), axis=1)).to(x.device)
    turn = turn.masked_fill(~there, x.shape[1]).argsort(1)  # present units first, in the order drawn
    for draw in range(draws):
        noise = size * torch.from_numpy(rng.uniform(-1, 1, tuple(x.shape))).to(x)
        if draw % 2:
            (unit,) = turn.gather(1, (draw // 2 % there.sum(1).clamp(min=1))[:, None]).unbind(1)
            alone = torch.arange(x.shape[1], device=x.device) == unit[:, None]
            noise = torch.where(alone.view(*alone.shape, *[1] * (x.dim() - 2)), noise, 0)
        yield f"local:{draw}", model, x + noise, target, baseline
