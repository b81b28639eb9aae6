"""What elements of a sequence do to a function of it, exactly: single bases, Shapley values, pairs.

An element is a set of positions; without it they hold the baseline's bases. f is any function of sequences,
(sample, 4, position) -> (sample,), such as ``targets.Explained`` of a model; ``along`` holds further
arguments of f, each with a row a sample, such as the target.
"""

from math import factorial

import torch

BATCH = 2048  # sequences at a time
CAP = 12  # elements whose coalitions are all listed


@torch.no_grad()
def ism(f, x, along=(), batch=BATCH):
    """In-silico mutagenesis: f with every base at every position in turn, less f(x).

    x: (sample, 4, position). Returns x's shape; 0 where the base stands already. Take off the mean over the
    bases to have hypothetical contributions."""
    n, _, length = x.shape
    edits = torch.arange(4 * length, device=x.device)
    parts = torch.arange(n, device=x.device).split(batch)
    found = torch.cat([f(x[part], *(more[part] for more in along)) for part in parts])
    out = torch.empty(n, 4 * length, dtype=found.dtype, device=x.device)
    for at in torch.arange(n * 4 * length, device=x.device).split(batch):
        sample, edit = at // (4 * length), edits[at % (4 * length)]
        changed = x[sample]
        rows = torch.arange(len(at), device=x.device)
        changed[rows, :, edit % length] = 0
        changed[rows, edit // length, edit % length] = 1
        out[sample, edit] = f(changed, *(more[sample] for more in along)) - found[sample]
    return out.view(n, 4, length)


@torch.no_grad()
def coalitions(f, x, elements, baseline, along=(), batch=BATCH):
    """f with every subset of the elements left in place.

    x: (sample, 4, position); elements: (sample, element, position) bool, at most ``CAP`` of them; baseline:
    (reference, sample, 4, position). Returns (reference, sample, subset) float64: bit e of a subset's number
    says that element e is there."""
    size = elements.shape[1]
    if size > CAP:
        raise ValueError(f"{size} elements have {2**size:,} coalitions; at most {CAP} are enumerated")
    kept = (torch.arange(2**size, device=x.device)[:, None] >> torch.arange(size, device=x.device)) & 1
    return _kept(f, x, elements, baseline, kept.bool(), along, batch)


def shapley(values):
    """Shapley values of a game from what each coalition gets: (..., subset) -> (..., element), as
    ``coalitions`` numbers the subsets. They add up to what all together get more than none."""
    size = values.shape[-1].bit_length() - 1
    subsets = torch.arange(values.shape[-1], device=values.device)
    members = sum((subsets >> e) & 1 for e in range(size)) if size else subsets
    weight = [factorial(k) * factorial(size - k - 1) / factorial(size) for k in range(size)] or [0.0]
    weight = torch.tensor([*weight, 0.0], dtype=values.dtype, device=values.device)
    out = []
    for e in range(size):
        without = subsets[(subsets >> e) & 1 == 0]
        gained = values[..., without | (1 << e)] - values[..., without]
        out.append((gained * weight[members[without]]).sum(-1))
    return torch.stack(out, -1) if out else values.new_zeros(*values.shape[:-1], 0)


def element_shapley(f, x, elements, baseline, along=()):
    """The Shapley value of every element, over all coalitions, averaged over references: (sample, element).

    Arrays as ``coalitions``; an element without a position has 0."""
    return shapley(coalitions(f, x, elements, baseline, along)).mean(0)


@torch.no_grad()
def epistasis(f, x, elements, baseline, alone=False, along=(), batch=BATCH):
    """F(ab) - F(a) - F(b) + F(0) of every pair of elements, averaged over references.

    F(a) is f with element a in place and b replaced; all other elements stay, or with ``alone`` are replaced
    too. Arrays as ``coalitions``, any number of elements. Returns (sample, element, element) float64,
    symmetric, NaN on the diagonal."""
    size = elements.shape[1]
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    single = torch.eye(size, dtype=torch.bool, device=x.device)
    both = torch.stack([single[a] | single[b] for a, b in pairs]) if pairs else single[:0]
    none = torch.zeros_like(single[:1]) if size else torch.zeros(1, 0, dtype=torch.bool, device=x.device)
    kept = torch.cat([none, single, both])
    values = _kept(f, x, elements, baseline, kept if alone else ~kept, along, batch).mean(0)
    out = torch.full((len(x), size, size), torch.nan, dtype=torch.float64, device=x.device)
    for k, (a, b) in enumerate(pairs):
        found = values[:, 0] - values[:, 1 + a] - values[:, 1 + b] + values[:, 1 + size + k]
        out[:, a, b] = out[:, b, a] = found
    return out


def _kept(f, x, elements, baseline, kept, along, batch):
    """f with the elements of each set left in place. kept: (set, element) bool. Returns (reference, sample,
    set) float64."""
    n, sets = len(x), len(kept)
    out = torch.empty(len(baseline), n * sets, dtype=torch.float64, device=x.device)
    for at in torch.arange(n * sets, device=x.device).split(batch):
        sample, which = at // sets, at % sets
        gone = (elements[sample] & ~kept[which][:, :, None]).any(1)[:, None]
        more = [part[sample] for part in along]
        for reference, values in zip(baseline, out, strict=True):
            values[at] = f(torch.where(gone, reference[sample], x[sample]), *more).double()
    return out.view(len(baseline), n, sets)
