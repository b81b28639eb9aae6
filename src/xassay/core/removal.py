"""Parts of sequences taken out: their bases in another order, or the baseline's in their place."""

import numpy as np
import torch

from xassay.core.experiments import answers

BATCH = 512  # parts at a time


def masks(start, stop, length):
    """Positions of stretches: (stretch, position) bool."""
    place = np.arange(length)
    return (place >= np.asarray(start)[:, None]) & (place < np.asarray(stop)[:, None])


def scrambled(x, mask, rng):
    """Sequences with the columns of masked positions in random order, each by itself.

    x: (sequence, 4, position); mask: (sequence, position) bool array."""
    keys = np.where(mask, rng.random(mask.shape), 2)
    source, place = keys.argsort(1, kind="stable"), (~mask).argsort(1, kind="stable")
    order = np.tile(np.arange(mask.shape[1]), (len(mask), 1))
    moved = np.arange(mask.shape[1]) < mask.sum(1, keepdims=True)
    np.put_along_axis(order, place, np.where(moved, source, place), 1)
    return x.gather(2, torch.from_numpy(order).to(x.device)[:, None].expand_as(x))


def versions(x, sample, mask, baseline, fill, draws, rng):
    """The samples without masked positions: yields sequences (part, 4, position), ``draws`` times where
    scrambled, or once a reference."""
    own, gone = x[torch.from_numpy(np.asarray(sample)).to(x.device)], torch.from_numpy(mask).to(x.device)
    if fill == "scramble":
        yield from (scrambled(own, mask, rng) for _ in range(draws))
    else:
        for reference in baseline:
            yield torch.where(gone[:, None], reference[np.asarray(sample)], own)


def removed(functions, x, target, sample, mask, baseline, *, fill, draws, rng):
    """What parts add to the explained output: f(x) less the mean of f(x without the part).

    functions: {name: Module}; sample: (part,) rows of x; mask: (part, position) bool. Returns
    {name: (part,)}."""
    sample, out = np.asarray(sample), {name: [] for name in functions}
    whole = {name: answers(f, x, target) for name, f in functions.items()}
    for first in range(0, len(sample), BATCH):
        these = slice(first, first + BATCH)
        of = target[torch.from_numpy(sample[these]).to(target.device)]
        made = list(versions(x, sample[these], mask[these], baseline, fill, draws, rng))
        for name, f in functions.items():
            left = np.mean([answers(f, part, of) for part in made], 0)
            out[name].append(whole[name][sample[these]] - left)
    return {name: np.concatenate(parts) if parts else np.zeros(0) for name, parts in out.items()}


def elsewhere(elements, length, rng):
    """A random stretch of each element's width in its sequence that meets no element: starts (element,), -1
    where there is none."""
    taken = {}
    for row in elements.itertuples():
        taken.setdefault(row.sample, np.zeros(length, bool))[row.start : row.stop] = True
    out = np.full(len(elements), -1)
    for k, row in enumerate(elements.itertuples()):
        busy = np.concatenate([[0], np.cumsum(taken[row.sample])])
        width = row.stop - row.start
        free = np.flatnonzero(busy[width:] == busy[:-width])
        if len(free):
            out[k] = free[rng.integers(len(free))]
    return out
