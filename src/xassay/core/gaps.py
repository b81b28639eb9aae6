"""How far the explained logit moves under noise on a part of x: the prediction gap of Agarwal et al. (2022).

On the most important part by a map, and on the rest."""

import numpy as np
import torch

from xassay.core.entry import blocks
from xassay.core.levels import INSTANCE
from xassay.core.masking import answers
from xassay.core.noise import spread
from xassay.core.units import leading, numbered, there

SHARES = (0.1, 0.25, 0.5)  # of the units that get the noise, the largest |attribution| first
DRAWS = 8
SD = 0.5  # of the noise, in each feature's own standard deviation: between twins and strangers
BLOCK = 64 << 20  # bytes of noisy inputs at a time


@torch.no_grad()
def gaps(model, x, target, baseline, maps, rng, level=INSTANCE):
    """E|f(x) - f(x + e)|, e normal on a part of the units with ``SD`` times each feature's own spread; of a
    sequence, where half a base is none, e puts a base drawn at random in the place of what is there.

    x: (sample, instance, feature); target: (sample,); baseline: (reference, sample, instance, feature), which
    tells each feature's spread; maps: (map, sample, unit); rng: of the noise, the same for all maps; level:
    core.levels.Level. Returns (important, rest), each (map, sample, share) float64: the first
    ``SHARES`` of the units by |map|, since a gap has no sign, rounded up, and all others; NaN where nothing
    is left."""
    units, size = level.units, SD * spread(x, baseline)
    masks = parts(there(x, numbered(x, units, maps.shape[-1])), maps)
    found = []
    for p in blocks(x, BLOCK // DRAWS):
        # a sample's draws, whatever the block
        if level.kind == "position":
            drawn = np.eye(4, dtype=np.float32)[rng.integers(4, size=(len(x[p]), DRAWS, x.shape[2]))]
            other = torch.from_numpy(drawn).to(x).permute(1, 0, 3, 2)
        else:
            drawn = rng.standard_normal((len(x[p]), DRAWS, *x.shape[1:]), "float32")
            other = x[p] + size * torch.from_numpy(drawn).to(x).transpose(0, 1)
        whole = torch.zeros_like(masks[p, :1])
        asked = torch.cat([whole, masks[p]], 1)
        logits = answers(model, x[p], other, asked, target[p], units=units, each=True)
        found.append((logits[..., :1] - logits[..., 1:]).abs().mean(0))
    found = torch.cat(found).view(len(x), 2, len(maps), len(SHARES)).permute(1, 2, 0, 3).clone()
    empty = ~masks.any(-1).view(len(x), 2, len(maps), -1).permute(1, 2, 0, 3)
    return tuple(found.masked_fill(empty, torch.nan))


def parts(there, maps):
    """Masks of the first SHARES by each map and of their complements: (sample, 2 * map * share, unit)."""
    counts = torch.tensor(SHARES, dtype=torch.float64)[:, None] * there.sum(-1)
    first = leading(there, maps.abs(), counts.ceil())
    both = torch.stack([first, ~first & there])
    return both.permute(3, 0, 1, 2, 4).flatten(1, 3)
