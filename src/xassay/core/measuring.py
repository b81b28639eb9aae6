"""What a model answers along the orders of maps: curves, gaps, imputations; and maps with noise added."""

import torch

from xassay.core.gaps import gaps
from xassay.core.masking import curves, ordered
from xassay.core.road import imputed

DILUTIONS = (0.25, 0.5, 1.0, 2.0, 4.0)  # RMS of the noise added to a positive control, over the map's own


def measured(model, seen, maps, streams):
    """What the model answers along the orders of maps, (map, sample, unit): curves, gaps, imputations.

    streams: names -> generator, of the noise. Returns ((most, least), map, sample, step), ((important, rest),
    map, sample, share) and ((most, least), map, sample, share), NaN where a map lacks a value for a present
    unit."""
    given = (model, seen.x, seen.target, seen.baseline, maps)
    lost = (maps.isnan() & seen.there).any(-1)
    answered = [
        replacement(*given, seen.level.units),
        gaps(*given, streams("gap"), seen.level),
        imputed(*given, streams("imputed"), seen.level),
    ]
    return [torch.where(lost[..., None], torch.nan, torch.stack(part)).cpu().numpy() for part in answered]


def diluted(instance, rng):
    """A map, (sample, instance), with noise of DILUTIONS times its RMS in that sample: (noise, sample,
    instance). The same draw at every level, so that levels differ by the amount alone."""
    noise = torch.from_numpy(rng.standard_normal(tuple(instance.shape))).to(instance)
    size = instance.square().nanmean(-1, keepdim=True).sqrt()
    return torch.stack([instance + level * size * noise for level in DILUTIONS])


def replacement(model, x, target, baseline, maps, units=None):
    """The explained logit as units go in the order of maps, (map, sample, unit), and against it.

    Returns (most, least), each (map, sample, step)."""
    order = torch.cat([ordered(m, descending) for descending in (True, False) for m in maps], 1)
    found = curves(model, x, baseline, order, target, units=units)
    return found.transpose(0, 1).reshape(2, *maps.shape[:2], -1).unbind(0)
