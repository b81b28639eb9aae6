"""Parameter randomisation: is the map another one when the model knows nothing? Adebayo et al. (2018).

A layer is a module with parameters of its own, in order of registration; layers are drawn anew from the
output down ("cascading"), all of them at once, and one at a time while the others stay ("independent")."""

import copy

import torch

CARD = dict(
    label="Parameter randomisation",
    varies="parameters",
    fixed="input, target, baseline",
    reference="adebayo2018",
    limits=dict(cascade=(0, None), independent=(0, None)),
)


def variants(model, x, target, baseline, rng, draws, *, cascade=1, independent=1):
    """Copies of the model with parameters drawn anew; the model itself is not touched.

    draws: of the full level; cascade: of each partial one; independent: of each single layer. Yields levels
    "output", "top_2", "top_3", ... and "full", then "only_2", "only_3", ..., the layer that top_2, top_3, ...
    and full add to the level before ("output" is a single layer already), as "level:draw"."""
    depth = len(layers(model))
    levels = {"output": 1} | {f"top_{n}": n for n in range(2, depth)}
    plan = [
        (level, range(-n, 0), draw) for level, n in levels.items() if n < depth for draw in range(cascade)
    ]
    plan += [("full", range(-depth, 0), draw) for draw in range(draws)]
    plan += [(f"only_{n}", [-n], draw) for n in range(2, depth + 1) for draw in range(independent)]
    for level, chosen, draw in plan:
        yield f"{level}:{draw}", redrawn(model, chosen, rng), x, target, baseline


def layers(model):
    """Modules with parameters of their own, in order of registration."""
    return [module for module in model.modules() if next(module.parameters(recurse=False), None) is not None]


def redrawn(model, chosen, rng):
    """A copy of the model with some layers, by their places in ``layers``, initialised anew from ``rng``.

    A module without ``reset_parameters`` has its parameters redrawn from a normal law of their own root
    mean square."""
    model, state = copy.deepcopy(model), torch.get_rng_state()
    everything = layers(model)
    torch.default_generator.manual_seed(int(rng.integers(2**63)))
    try:
        for module in (everything[place] for place in chosen):
            device = next(module.parameters(recurse=False)).device
            redraw(module.to("cpu"))  # whose generator is seeded: the same draws for every device
            module.to(device)
    finally:
        torch.set_rng_state(state)
    return model


@torch.no_grad()
def redraw(module):
    """Initialise a layer anew, in place."""
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()
    else:
        for parameter in module.parameters(recurse=False):
            parameter.normal_(0, parameter.square().mean().sqrt().item())
