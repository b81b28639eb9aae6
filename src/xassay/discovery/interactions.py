"""Interactions: epistasis of motifs and of elements, and deep feature interaction maps (greenside2018)."""

from itertools import combinations

import numpy as np
import pandas as pd
import torch

from xassay.core import element_effects
from xassay.core.experiments import (
    answers,
    backgrounds,
    beside,
    by_sample,
    chosen,
    mean,
    placed,
    put,
    site,
    with_p,
)
from xassay.core.interaction_maps import scores
from xassay.core.removal import masks
from xassay.core.shuffles import dinucleotide_shuffles
from xassay.core.targets import Explained

CARD = dict(
    label="Interactions of motifs",
    kinds=("sequence",),
    needs=("gradient",),
    finds="interactions",
    reference=("greenside2018", "koo2021gia"),
    limits=dict(n_backgrounds=(2, None), samples=(1, None), n_steps=(1, None), draws=(1, None)),
)
PAIRS = 10  # of motifs, where none are named
NULLS = 4  # shuffles of every sample, each scrambled once
INSERTED = ("first", "second", "backgrounds", "effect", "se", "p", "q")
IN_PLACE = ("first", "second", "pairs", "samples", "effect", "se", "p", "q")
MAPPED = ("source", "goal", "pairs", "samples", "score", "null", "effect", "se", "p", "q")


def discover(
    model,
    x,
    target,
    baseline,
    maps,
    elements,
    known,
    oracle,
    rng,
    *,
    motifs: list[str] = (),
    n_backgrounds=100,
    samples=50,
    n_steps=4,
    draws=4,
):
    """Which motifs have together another effect than each adds alone. Logits; on f* too where it is known.

    Returns three tables. ``inserted``: epistasis f(ab) - f(a) - f(b) + f(0) of every two motifs (default: the
    planted ones, or else all known, at most ten pairs), put side by side at random into ``n_backgrounds``
    dinucleotide shuffles. ``in_place``: the same of every two elements of a sample (those of the data set, or
    the sites of patterns in ``maps``), taken out by putting the references' bases in their place while all
    else stays. ``maps``: deep feature interaction maps of the first ``samples`` samples that have two
    elements: how much the contributions of the goal (integrated gradients of ``n_steps`` points) move when
    the source is scrambled; null: the same places in dinucleotide shuffles; effect: how much more than there.
    Tests: Student's t over backgrounds or samples; q by benjamini1995."""
    functions = beside(model, oracle)
    out = {"inserted": inserted(functions, x, target, elements, known, rng, motifs, n_backgrounds)}
    if elements is None and maps is None:
        return out | {"note": "no elements and no maps: pairs of elements in the samples are left out"}
    found = placed(elements, x, maps, rng, "interactions")
    out["in_place"] = in_place(functions, x, target, baseline, found)
    given = dict(n_steps=n_steps, draws=draws, rng=rng)
    return out | {"maps": mapped(functions, x, target, baseline, found, samples, **given)}


def inserted(functions, x, target, elements, known, rng, motifs, n_backgrounds):
    """Epistasis of motifs in backgrounds: each pair at random places, the same for a, b and both."""
    pairs = list(combinations(chosen(motifs, known, elements, "interactions"), 2))
    pairs, rows = pairs if motifs else pairs[:PAIRS], []
    empty, of = backgrounds(x, target, n_backgrounds, rng)
    none = {key: answers(f, empty, of) for key, f in functions.items()}
    for one, other in pairs:
        spare = x.shape[2] - one.width - other.width
        if spare < 0:
            continue
        cut = np.sort(rng.integers(spare + 1, size=(2, len(empty))), axis=0)
        swap = rng.random(len(empty)) < 0.5  # which of the two comes first
        a = torch.from_numpy(np.where(swap, cut[1] + other.width, cut[0]))
        b = torch.from_numpy(np.where(swap, cut[0], cut[1] + one.width))
        alone, next_to = put(empty, a, site(one)), put(empty, b, site(other))
        row = dict(first=one.name, second=other.name, backgrounds=len(empty))
        for key, f in functions.items():
            both, first, second = (
                answers(f, made, of) for made in (put(alone, b, site(other)), alone, next_to)
            )
            row |= mean(both - first - second + none[key], key)
        rows.append(row)
    return with_p(pd.DataFrame(rows, columns=None if rows else INSERTED), "backgrounds")


def pairs_of(found):
    """Every two elements of a sample that share no position: a list of (sample, row, row)."""
    pairs = []
    for sample, part in found.groupby("sample"):
        for a, b in combinations(part.itertuples(), 2):
            if max(a.start, b.start) >= min(a.stop, b.stop):
                pairs.append((sample, a.Index, b.Index))
    return pairs


def in_place(functions, x, target, baseline, found):
    """Epistasis of elements where they stand, a row a pair of names."""
    rows, values = [], {key: [] for key in functions}
    pairs = pairs_of(found)
    if not pairs:
        return pd.DataFrame(columns=IN_PLACE)
    place = masks(found["start"], found["stop"], x.shape[2])
    sample, a, b = (np.array(part) for part in zip(*pairs))
    two = torch.from_numpy(np.stack([place[a], place[b]], 1)).to(x.device)
    of = torch.from_numpy(sample).to(x.device)
    for key, f in functions.items():
        effect = element_effects.epistasis(Explained(f), x[of], two, baseline[:, of], along=[target[of]])
        values[key] = effect[:, 0, 1].cpu().numpy()
    names = [tuple(sorted((found.at[i, "name"], found.at[j, "name"]))) for i, j in zip(a, b)]
    table = pd.DataFrame(names, columns=["first", "second"])
    for (first, second), part in table.groupby(["first", "second"]):
        at = part.index.to_numpy()
        row = dict(first=first, second=second, pairs=len(at), samples=len(np.unique(sample[at])))
        for key in functions:
            row |= mean(by_sample(values[key][at], sample[at]), key)
        rows.append(row)
    return with_p(pd.DataFrame(rows), "samples")


def mapped(functions, x, target, baseline, found, samples, *, n_steps, draws, rng):
    """Deep feature interaction maps of pairs of elements, in both directions, a row a pair of names."""
    pairs = pairs_of(found)
    kept = sorted({sample for sample, *_ in pairs})[:samples]
    pairs = [(sample, *one) for sample, *both in pairs if sample in kept for one in (both, both[::-1])]
    if not pairs:
        return pd.DataFrame(columns=MAPPED)
    place = masks(found["start"], found["stop"], x.shape[2])
    source, goal = (place[[pair[k] for pair in pairs]] for k in (1, 2))
    rows = torch.tensor(kept, device=x.device)
    own, of, reference = x[rows], target[rows], baseline[:, rows]
    at, null = [kept.index(pair[0]) for pair in pairs], {key: [] for key in functions}
    given = of, reference, at, source, goal
    score = {
        key: scores(f, own, *given, n_steps=n_steps, draws=draws, rng=rng) for key, f in functions.items()
    }
    for made in dinucleotide_shuffles(own.cpu().numpy(), NULLS, rng):
        for key, f in functions.items():
            made = torch.as_tensor(made).to(x)
            null[key].append(scores(f, made, *given, n_steps=n_steps, draws=1, rng=rng))
    table = pd.DataFrame(
        {
            "source": found["name"].to_numpy()[[pair[1] for pair in pairs]],
            "goal": found["name"].to_numpy()[[pair[2] for pair in pairs]],
        }
    )
    out = []
    for (one, other), part in table.groupby(["source", "goal"]):
        at_pair = part.index.to_numpy()
        sample = np.array(at)[at_pair]
        row = dict(source=one, goal=other, pairs=len(part), samples=len(np.unique(sample)))
        for key in functions:
            moved, chance = score[key][at_pair], np.mean(null[key], 0)[at_pair]
            row |= {f"{key}score": moved.mean(), f"{key}null": chance.mean()}
            row |= mean(by_sample(moved - chance, sample), key)
        out.append(row)
    return with_p(pd.DataFrame(out), "samples")
