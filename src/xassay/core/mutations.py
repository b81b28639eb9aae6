"""In-silico mutagenesis: what a model answers to every base at every position, less what it answers to x."""

import torch

from xassay.core.errors import InputError
from xassay.core.windows import edited

EDITS = 1 << 19  # sequences to ask about at a time


@torch.no_grad()
def mutations(model, x, target, positions=None, *, chunk=None):
    """F with each base in turn put at a position, less F(x); F is the explained logit.

    x: (sample, 4, position); target: (sample,); positions: numbers of those to change, None: all; chunk: rows
    at a time (default: by memory). Of a position with shares of bases (N), these are changes from the shares
    to each base. Returns (sample, 4, position) float64, 0 for the base that stands there. Raises InputError
    for a position that is not there."""
    length = x.shape[2]
    places = torch.as_tensor(range(length) if positions is None else positions, dtype=torch.long).to(x.device)
    if places.dim() != 1 or not ((places >= 0) & (places < length)).all():
        raise InputError(f"positions: some are not in the sequence; allowed: a list of 0 to {length - 1}")
    if not len(places):
        return torch.zeros(*x.shape[:2], 0, dtype=torch.float64, device=x.device)
    blocks = zip(*(part.split(max(1, EDITS // (3 * len(places)))) for part in (x, target)))
    return torch.cat([_changes(model, *block, places, chunk) for block in blocks])


def _changes(model, x, target, places, chunk):
    """``mutations`` of samples that fit in memory."""
    columns = x[:, :, places]
    stands = (columns == 1) & ((columns != 0).sum(1, keepdim=True) == 1)
    order = stands.byte().argsort(dim=1, stable=True)  # of the bases, the one that stands there last
    soft = ~stands.any(1)
    # the others of every position, then the last of those where none stands, as many as the sample with most
    # has: elsewhere it changes nothing
    most = soft.byte().argsort(dim=1, stable=True, descending=True)[:, : int(soft.sum(1).max())]
    every = torch.arange(len(places), device=x.device).repeat(x.shape[1] - 1).expand(len(x), -1)
    place = torch.cat([every, most], 1)
    base = torch.cat([order[:, :-1].flatten(1), order[:, -1].gather(1, most)], 1)
    content = torch.nn.functional.one_hot(base, x.shape[1]).to(x.dtype)
    # F(x) comes the same way, as an edit that changes nothing: what rounds alike cancels
    content = torch.cat([content, columns[:, None, :, 0]], 1)[..., None]
    starts = torch.cat([places[place], places[:1].expand(len(x), 1)], 1)
    found = edited(model, x, starts, content, target, chunk=chunk)
    out = torch.zeros(columns.shape, dtype=torch.float64, device=x.device)
    rows = torch.arange(len(x), device=x.device)[:, None]
    out[rows, base, place] = found[:, :-1] - found[:, -1:]
    return out.masked_fill_(stands, 0)
