"""Answers to local changes of a sequence or image: windows replaced, as Zeiler and Fergus (2014) do.

Of a convolutional network on sequences only what a change can reach is recomputed (core/receptive), which is
tried on a few changes before it is believed; other models run in full.
"""

from functools import partial

import torch

from xassay.core.chains import heaviest
from xassay.core.dna import reverse_complement
from xassay.core.errors import InputError
from xassay.core.receptive import Reach
from xassay.core.strands import averages
from xassay.core.targets import explained

BUDGET = 4 << 20  # bytes of the largest tensor that a model makes of rows at a time
TRIED = 4  # samples, and edits of each, that the shortcut is tried on
TOLERANCE = 1e-5  # of the largest logit tried
FILLS = (torch.nan, 0.0, torch.inf, -torch.inf)  # a comparison swallows NaN, arithmetic does not


def windows(model, x, baseline, target, size, stride, *, chunk=None):
    """The explained logit with each window replaced by the baseline's, averaged over references.

    x: (sample, channel, position), or (sample, channel, row, column), where size and stride are pairs;
    baseline: (reference, sample, ...); target: (sample,); chunk: rows at a time (default: by memory). A
    window takes all channels; ``spans`` has their places. Returns (sample, window) or
    (sample, row window, column window), float64. Raises InputError for an impossible size or stride."""
    if x.dim() == 4:
        return _squares(model, x, baseline, target, size, stride, chunk)
    places = torch.tensor(spans(x.shape[2], size, stride), device=x.device)
    # a window that the end cuts short is one of full width whose first positions stay as they are
    first = places[:, 0].clamp(max=x.shape[2] - size)
    cells = first[:, None] + torch.arange(size, device=x.device)
    starts, replaced = first.expand(len(x), -1), cells >= places[:, :1]
    logits = []
    for reference in baseline:
        content = torch.where(replaced, reference[:, :, cells], x[:, :, cells]).transpose(1, 2)
        logits.append(edited(model, x, starts, content, target, chunk=chunk))
    return torch.stack(logits).mean(0)


@torch.no_grad()
def edited(model, x, starts, content, target, *, chunk=None):
    """The explained logit of sequences of which a few neighbouring positions are changed.

    x: (sample, channel, position); starts: (sample, edit), the first position of each edit; content:
    (sample, edit, channel, width), what stands there instead; target: (sample,); chunk: rows at a time
    (default: by memory). Returns (sample, edit) float64. Raises InputError for edits beyond the ends."""
    width = content.shape[3]
    if starts.numel() and not (starts.min() >= 0 and starts.max() + width <= x.shape[2]):
        raise InputError(f"edits of {width} positions: some lie outside the sequence's {x.shape[2]}")
    if averages(model):
        # each strand is a sequence of its own: no part of the mean of both is local
        turned = x.shape[2] - width - starts, content.flip((2, 3))
        found = edited(model.read, x, starts, content, target, chunk=chunk)
        return (found + edited(model.read, reverse_complement(x), *turned, target, chunk=chunk)) / 2
    _keep_freed()
    given = x, starts, content, target
    answer = _shortcut(model, *given, chunk) or partial(_plain, model, chunk=chunk)
    return answer(*given)


def _keep_freed():
    """Have glibc keep freed slices for the next ones: it learns from the largest block that was ever freed.

    Else a trim after every few edits, and the page faults that follow, may take half of the time."""
    torch.empty((32 << 20) - (8 << 10), dtype=torch.uint8)  # the largest that it learns from, less its header


def spans(length, size, stride):
    """Windows along one axis: a list of (start, stop), the last cut short where the end comes first.

    As captum has them. Raises InputError for windows that do not fit or leave gaps."""
    if not 1 <= size <= length:
        raise InputError(f"size: must be 1 to {length}, the positions there are, is {size}")
    if not 1 <= stride <= (size if size < length else stride):
        raise InputError(f"stride: must be 1 to {size}, the window's size, is {stride}")
    return [(start, min(start + size, length)) for start in range(0, length - size + stride, stride)]


def _shortcut(model, x, starts, content, target, chunk):
    """``Reach`` as a function of x, starts, content and target, or None.

    None where it has nothing to gain, or differs on the first, the last and some edits between of a few
    samples, whatever (FILLS) stands in the place of x and of what the chain passes over."""
    if starts.numel() == 0:
        return None
    sample = _spread(len(x))
    edit = starts[0].argsort(stable=True)[_spread(starts.shape[1])]
    few = x[sample], starts[sample][:, edit], content[sample][:, edit], target[sample]
    if few[1].numel() * 2 >= starts.numel():
        return None
    try:
        reach = Reach(model, x, content.shape[3])
        grain, rows = reach.grain(starts[: reach.block].numel()), chunk or _rows(model, x)
        answer = partial(reach, grain=grain, rows=rows, chunk=chunk)
        expected = _plain(model, *few)
        if not (answer(*few, fills=FILLS) - expected).abs().max() <= TOLERANCE * expected.abs().max():
            return None
    except Exception:  # whatever a model answers to being taken apart
        return None
    return lambda *given: answer(*given)[0]


def _spread(number):
    """TRIED places from the first to the last of ``number``, each once."""
    return torch.linspace(0, number - 1, min(TRIED, number)).long()


def _rows(model, x):
    """Rows at a time of what is asked in full."""
    try:
        largest = heaviest(model, x)
    except Exception:  # what will not be watched
        largest = 0
    return max(1, BUDGET // (max(largest, x[0].numel()) * x.element_size()))


def _plain(model, x, starts, content, target, chunk=None):
    """``edited`` by its definition, every edit a row."""
    n_samples, n_edits, _, width = content.shape
    cells = starts[..., None] + torch.arange(width, device=x.device)
    chunk = chunk or _rows(model, x)
    out = torch.empty(n_samples * n_edits, dtype=torch.float64, device=x.device)
    cells, content = cells.flatten(0, 1), content.flatten(0, 1)
    sample = torch.arange(n_samples, device=x.device).repeat_interleave(n_edits)
    for rows in torch.arange(len(out), device=x.device).split(chunk):
        places = cells[rows][:, None].expand_as(content[rows])
        changed = x[sample[rows]].scatter(2, places, content[rows])
        out[rows] = explained(model(changed), target[sample[rows]]).double()
    return out.view(n_samples, n_edits)


@torch.no_grad()
def _squares(model, x, baseline, target, size, stride, chunk):
    """``windows`` of images."""
    axes = [_covered(*given, x.device) for given in zip(x.shape[2:], size, stride, strict=True)]
    masks = (axes[0][:, None, :, None] & axes[1][None, :, None, :]).flatten(0, 1)
    chunk = chunk or _rows(model, x)
    sample, window = torch.cartesian_prod(
        torch.arange(len(x), device=x.device), torch.arange(len(masks), device=x.device)
    ).T
    out = torch.zeros(len(sample), dtype=torch.float64, device=x.device)
    for rows in torch.arange(len(out), device=x.device).split(chunk):
        which = sample[rows]
        for reference in baseline:
            changed = torch.where(masks[window[rows], None], reference[which], x[which])
            out[rows] += explained(model(changed), target[which]).double()
    return (out / len(baseline)).view(len(x), *(len(axis) for axis in axes))


def _covered(length, size, stride, device):
    """Which positions of an axis each window covers: (window, position) bool."""
    start, stop = torch.tensor(spans(length, size, stride), device=device).T
    place = torch.arange(length, device=device)
    return (start[:, None] <= place) & (place < stop[:, None])
