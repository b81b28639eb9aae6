"""Experiments on a model: sequences made for a question, the answers, and their mean with its error."""

import numpy as np
import pandas as pd
import torch

from xassay.core import motifs
from xassay.core.entry import rows
from xassay.core.errors import InputError
from xassay.core.patterns import sites_of
from xassay.core.shuffles import dinucleotide_shuffles
from xassay.core.significance import benjamini_hochberg
from xassay.core.targets import explained


def beside(model, oracle):
    """What an experiment asks, by what stands before its columns: the model, and f* where it is known."""
    return {"": model} | ({} if oracle is None else {"oracle_": oracle})


@torch.no_grad()
def answers(model, x, target):
    """The explained output of sequences: (sequence,) float64, an array.

    x: (sequence, 4, position); target: (sequence,)."""
    size = rows(model, x[:1])
    parts = (explained(model(part), of) for part, of in zip(x.split(size), target.split(size)))
    return torch.cat([part.double() for part in parts]).cpu().numpy()


def backgrounds(x, target, n, rng):
    """``n`` sequences without a message, dinucleotides kept: shuffles of the samples in turn, each with its
    sample's target.

    Returns (n, 4, position), (n,)."""
    of = np.arange(n) % len(x)
    drawn = dinucleotide_shuffles(x[of].cpu().numpy(), 1, rng)[0]
    return torch.from_numpy(drawn).to(x), target[of]


def site(motif, strand="+"):
    """The likeliest bases of a motif, one-hot: (4, width) float32."""
    found = torch.eye(4)[torch.from_numpy(motif.probabilities.argmax(0).copy())].T
    return found if strand == "+" else found.flip((0, 1))


def put(x, start, bases):
    """A copy of sequences with ``bases``, (4, width) or (sequence, 4, width), from ``start`` on: a number, or
    one a sequence."""
    out, width = x.clone(), bases.shape[-1]
    start = torch.as_tensor(start, device=x.device).expand(len(x))
    place = (start[:, None] + torch.arange(width, device=x.device))[:, None].expand(-1, 4, -1)
    return out.scatter_(2, place, bases.to(x).expand(len(x), 4, width))


def chosen(names, known, elements, where):
    """Motifs that are asked for by name; without names the planted ones that are known, or else all known.

    Raises InputError for an unknown name, or where there is none to choose from."""
    if names:
        return motifs.pick(names, known, f"{where}.motifs")
    planted = set() if elements is None else {name.lower() for name in elements["name"].unique()}
    found = [motif for motif in known if planted & {motif.name.lower(), motif.id.lower()}] or list(known)
    if not found:
        raise InputError(f"{where}: there are no motifs to insert; allowed: a file of known motifs")
    return found


def placed(elements, x, maps, rng, where):
    """Elements to experiment with: those that are known, or else the sites of patterns in maps.

    Returns a DataFrame with sample, name, start, stop, strand, causal, those inside their sequence. Raises
    InputError where there are neither elements nor maps."""
    if elements is None and maps is None:
        raise InputError(f"{where}: knows no elements and has no maps; allowed: maps, the id of a method")
    if elements is None:
        found = sites_of(x.cpu().numpy(), maps.cpu().numpy(), rng=rng).rename(columns={"pattern": "name"})
        elements = found.assign(causal=True)
    inside = (elements["start"] >= 0) & (elements["stop"] <= x.shape[2])
    columns = ["sample", "name", "start", "stop", "strand", "causal"]
    return elements.loc[inside, columns].reset_index(drop=True)


def mean(values, prefix=""):
    """Mean of independent values with its standard error: {prefix + "effect": .., prefix + "se": ..}."""
    values = np.asarray(values, np.float64)
    values = values[~np.isnan(values)]
    error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
    effect = values.mean() if len(values) else np.nan
    return {f"{prefix}effect": float(effect), f"{prefix}se": float(error)}


def by_sample(values, sample):
    """Mean of a sample's values, one a sample: several elements of a sequence are no independent draws."""
    return pd.Series(np.asarray(values, np.float64)).groupby(np.asarray(sample)).mean().to_numpy()


def with_p(table, n):
    """The table with ``p``, that the effect is 0 (Student's t), and ``q`` (benjamini1995) after ``se``.

    n: column with the number of independent values."""
    from scipy.stats import t

    if table.empty:
        return table
    size = table["effect"].abs() / table["se"].where(table["se"] > 0)
    p = 2 * t.sf(size, (table[n] - 1).clip(lower=1))
    exact = np.where(table["effect"] == 0, 1.0, 0.0)  # no spread at all: the same in every sequence
    p = np.where(table["se"] == 0, exact, p)
    after = table.columns.get_loc("se") + 1
    table.insert(after, "p", p)
    table.insert(after + 1, "q", benjamini_hochberg(p))
    return table
