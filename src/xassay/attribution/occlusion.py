"""Occlusion: Zeiler and Fergus (2014), one window at a time replaced: of features of one instance, of
bases."""

import torch

from xassay.core.bags import present
from xassay.core.errors import InputError
from xassay.core.masking import answers, singles
from xassay.core.targets import explained
from xassay.core.windows import spans, windows

CARD = dict(
    label="Occlusion", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="feature", instance="sum", axioms=(), reference="zeiler2014", hypothetical=False,
    limits=dict(size=(1, None), stride=(1, None)),
)  # fmt: skip

FEATURES, BASES = 32, 10  # of a window, where no size is given


def attribute(
    model, x, target, baseline, groups, alphabet, *, size: int | None = None, stride: int | None = None
):
    """f(x) - f(x with a window replaced), shared by the window's features, mean over windows that hold one.

    x: (sample, instance, feature), NaN rows where absent; target: (sample,); baseline: (reference, sample,
    instance, feature); groups: each feature's group, (1, feature), which then are the windows, or None:
    ``size`` neighbours in the order of the features (default 32; all, where there are fewer), one every
    ``stride``, by default ``size``. Without overlap an instance's features add up to what its windows are
    worth, each alone. alphabet: the axis of bases of sequences, whose windows are of neighbouring positions
    (default 10); a base that is not there is worth as much as the one that is, since a window tells no base
    from another.
    Returns x's shape, logits. Raises InputError for a stride that leaves features out, and for groups of
    instances."""
    size = min(size or (FEATURES if alphabet is None else BASES), x.shape[2])
    if alphabet is not None:
        return positions(model, x, target, baseline, size, stride).to(x.dtype)
    whole = answers(model, x, baseline, torch.zeros_like(present(x)[:, None]), target)[:, :, None]
    total = torch.zeros(x.shape, dtype=torch.float64, device=x.device)
    times = torch.zeros(x.shape[2], dtype=torch.float64, device=x.device)
    every = torch.arange(x.shape[1], device=x.device)[:, None]
    for window in partitions(x.shape[2], size, stride, groups):
        window = window.to(x.device)
        number, rest = torch.bincount(window), int(window.max()) + 1
        without = singles(model, x, baseline, target, units=every * rest + window)
        effect = (whole - without.view(len(x), x.shape[1], rest))[..., window]
        held = window > 0  # window 0 is what this partition leaves to another
        total[..., held] += (effect / number[window])[..., held]
        times += held
    return (total / times).to(x.dtype)


def positions(model, x, target, baseline, size, stride):
    """``attribute`` of sequences: x's shape, the same for every base of a position."""
    if stride is not None and stride > size:
        raise InputError(f"occlusion: stride is {stride}; allowed: 1 to {size}, the size of a window")
    with torch.no_grad():
        whole = explained(model(x), target).double()
    effect = whole[:, None] - windows(model, x, baseline, target, size, stride or size)
    total = torch.zeros(len(x), x.shape[2], dtype=torch.float64, device=x.device)
    times = torch.zeros(x.shape[2], dtype=torch.float64, device=x.device)
    for k, (start, stop) in enumerate(spans(x.shape[2], size, stride or size)):
        total[:, start:stop] += effect[:, k : k + 1] / (stop - start)
        times[start:stop] += 1
    return (total / times)[:, None].expand(x.shape)


def partitions(n_features, size, stride, groups):
    """Sets of windows that do not overlap: (feature,) numbers from 1, 0 where the set has no window."""
    if groups is not None:
        if tuple(groups.shape) != (1, n_features):
            raise InputError("occlusion: units are parts of bags; allowed: groups of features")
        yield groups[0] + 1
        return
    if stride is not None and stride > size:
        raise InputError(f"occlusion: stride is {stride}; allowed: 1 to {size}, the size of a window")
    places = spans(n_features, size, stride or size)
    turns = -(-size // (stride or size))
    for turn in range(turns):
        window = torch.zeros(n_features, dtype=torch.long)
        for number, (start, stop) in enumerate(places[turn::turns], 1):
            window[start:stop] = number
        if window.any():
            yield window
