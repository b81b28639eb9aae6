"""Remove and debias (ROAD): what the model says while units go and what is left tells their values.

Rong et al. (2022). Beside the curves of core.masking, whose baseline puts foreign values in.
"""

import torch

from xassay.core.base_imputation import by_chain
from xassay.core.entry import rows
from xassay.core.imputation import by_field, by_mean
from xassay.core.noise import spread
from xassay.core.targets import explained
from xassay.core.units import leading, numbered, there

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the units that are removed
BUDGET = 256 << 20  # bytes of the systems of features that are solved at a time
SYSTEM = 24  # bytes of each of a system's entries: the matrix, its factor and what is put together for both
NOISE = 0.1  # of each feature's own standard deviation, added to what is put in


@torch.no_grad()
def imputed(model, x, target, baseline, maps, rng, level):
    """The explained logit with a share of the units imputed from the others, by the order of maps.

    x: (sample, instance, feature), NaN where absent; target: (sample,); baseline: (reference, sample,
    instance, feature), which tells with x each feature's spread; maps: (map, sample, unit); rng: of the
    noise, the same for all maps; level: core.levels.Level. Returns (most, least), each (map, sample, share)
    float64: without the first ``SHARES`` of the units in descending and in ascending order, rounded up but
    never all; NaN where a sample has one unit."""
    size = NOISE * spread(x, baseline)
    known = there(x, numbered(x, level.units, maps.shape[-1]))
    asked = torch.cat([removals(known, maps), removals(known, -maps)], 1)
    found = torch.empty(asked.shape[:2], dtype=torch.float64, device=x.device)
    chunk = rows(model, x)
    if level.kind in ("feature", "group"):
        chunk = max(1, min(chunk, BUDGET // (SYSTEM * x.shape[2] ** 2)))
    together = max(1, chunk // asked.shape[1])  # samples
    for start in range(0, len(x), together):
        p = slice(start, start + together)
        noise = torch.from_numpy(rng.standard_normal(tuple(x[p].shape), "float32")).to(x)
        for part in range(0, asked.shape[1], chunk):
            masks = asked[p, part : part + chunk]
            logits = model(filled(x[p], masks, size * noise, level).flatten(0, 1))
            asked_of = target[p].repeat_interleave(masks.shape[1])
            found[p, part : part + chunk] = explained(logits, asked_of).double().view(masks.shape[:2])
    found = found.view(len(x), 2, len(maps), len(SHARES)).permute(1, 2, 0, 3)
    return tuple(torch.where((known.sum(1) > 1)[:, None], found, torch.nan))


def removals(known, maps):
    """Masks of the first SHARES by each map: (sample, map * share, unit). known: (sample, unit) bool."""
    number = known.sum(-1).double()
    counts = (torch.tensor(SHARES, dtype=torch.float64, device=number.device)[:, None] * number - 1e-9).ceil()
    first = leading(known, maps, torch.minimum(counts, (number - 1).clamp(min=0)))
    return first.permute(2, 0, 1, 3).flatten(1, 2)


def filled(x, removed, noise, level):
    """x with removed units imputed: (sample, mask, instance, feature); noise is added there, but to bases.

    x, noise: (sample, instance, feature); removed: (sample, mask, unit) bool."""
    if level.kind == "position":  # no noise: what is put in are probabilities of the four bases
        return by_chain(x, removed, level.field)
    if level.units is None:
        found, where = by_mean(x, removed)[:, :, None], removed[..., None]
    else:
        gone = removed[..., level.units[0].to(x.device)]  # (sample, mask, feature)
        values = x.nan_to_num().transpose(1, 2)[:, None].expand(-1, gone.shape[1], -1, -1)
        found = by_field(values.flatten(0, 1), gone.flatten(0, 1), level.field)
        found, where = found.view_as(values).transpose(2, 3), gone[:, :, None]
        where = where & ~x.isnan()[:, None]
    return torch.where(where, found + noise[:, None], x[:, None])
