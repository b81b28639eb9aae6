"""Class sensitivity: is the map another one for another target? Sixt, Granz and Landgraf (2020)."""

import torch

CARD = dict(label="Class sensitivity", varies="target", fixed="model, input, baseline", reference="sixt2020")


def variants(model, x, target, baseline):
    """The other class, as level "other"; of more than two, the next."""
    with torch.no_grad():
        outputs = model(x[:1]).shape[1]
    yield "other", model, x, (target + 1) % max(outputs, 2), baseline
