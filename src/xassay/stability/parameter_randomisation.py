"""Parameter randomisation: is the map another one when the model knows nothing? Adebayo et al. (2018).

A layer is a module with parameters of its own, in order of registration; layers are drawn anew from the
output down ("cascading"), and all of them at once."""

import copy

import torch

CARD = dict(
    label="Parameter randomisation",
    varies="parameters",
    fixed="input, target, baseline",
    reference="adebayo2018",
    limits=dict(cascade=(0, None)),
)


def variants(model, x, target, baseline, rng, draws, *, cascade=1):
    """Copies of the model with parameters drawn anew; the model itself is not touched.

    cascade: draws of each partial level; draws: of the full one. Yields levels "output", "top_2", "top_3",
    ... and "full", as "level:draw"."""
    depth = len(layers(model))
    levels = {"output": 1} | {f"top_{n}": n for n in range(2, depth)}
    plan = [(level, n, draw) for level, n in levels.items() if n < depth for draw in range(cascade)]
    for level, n, draw in plan + [("full", depth, draw) for draw in range(draws)]:
        yield f"{level}:{draw}", redrawn(model, n, rng), x, target, baseline


def layers(model):
    """Modules with parameters of their own, in order of registration."""
    return [module for module in model.modules() if next(module.parameters(recurse=False), None) is not None]


def redrawn(model, n, rng):
    """A copy of the model whose last ``n`` layers are initialised anew, from ``rng``.

    A module without ``reset_parameters`` has its parameters redrawn from a normal law of their own root
    mean square."""
    model = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(int(rng.integers(2**63)))
        for module in layers(model)[-n:]:
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
            else:
                for parameter in module.parameters(recurse=False):
                    parameter.normal_(0, parameter.square().mean().sqrt().item())
    return model
