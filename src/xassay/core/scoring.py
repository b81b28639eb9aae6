"""What a metric asks for by name, taken from explanations and the probe bank; its answers as table rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from xassay.core.contracts import UNSIGNED, Curve, Gap, Imputed, Probe

ENSEMBLE, NEGATED = "~ensemble", "~negated"
POOLED = 256 << 20  # bytes of summed maps that ``together`` holds at a time
COLUMNS = ("method", "metric", "seed", "variant", "sample", "value")


class Metric(NamedTuple):
    """An entry of the configuration's ``evaluation:``."""

    name: str  # its id
    arrays: tuple[str, ...]  # what the plug-in asks for, in its order
    card: dict
    score: Callable  # with its options bound


class Block(NamedTuple):
    """The answers of one metric to one explanation: values (seed, sample)."""

    variant: str
    seeds: list
    ids: list
    values: np.ndarray


def blocks(metric, explanation, bank, elsewhere=(), tests=None):
    """Every answer of a metric to an explanation, one Block for each thing it is compared with.

    elsewhere: the same method's explanations of other models; tests: {id: plug-in} of the stability entries,
    where they differ. A metric that compares gives one Block a pair of seeds, other model or variant; any
    other gives one."""
    seeds, everywhere = list(range(len(explanation.instance))), range(len(explanation.ids))

    def answer(variant, rows, where, **given):
        at = np.ix_(rows, where)
        arrays = {n: given[n] if n in given else SUPPLIED[n](explanation, bank, at) for n in metric.arrays}
        arrays = faced(arrays).values()
        return Block(
            variant, rows, [explanation.ids[i] for i in where], np.asarray(metric.score(*arrays), float)
        )

    if "replicates" in metric.arrays:
        for k in seeds:
            for other in seeds[k + 1 :]:
                yield answer(str(other), [k], everywhere, replicates=explanation.instance[[other]])
    elif "other_model" in metric.arrays:
        for other in elsewhere:
            yield answer(other.model, seeds, everywhere, other_model=other.instance)
    elif "other_samples" in metric.arrays:
        yield answer("", seeds, everywhere, other_samples=shifted(explanation.instance))
    elif stem := next((n for n in metric.arrays if n not in SUPPLIED), None):
        where = [explanation.ids.index(i) for i in explanation.variant_ids]
        together = metric.card.get("draws") == "together"
        for name, rows, maps, distance in variants(explanation, stem, tests or {}, together):
            yield answer(name, rows, where, **{stem: maps, "distance": distance})
    else:
        yield answer("", seeds, everywhere)


def faced(arrays):
    """Arrays of a metric, {name: array}, as it compares them with the truth: where an effect has no known
    sign, maps count by their size and the truth is 1. The same where the metric asks for no truth."""
    if "truth" not in arrays or not (unsigned := (np.abs(arrays["truth"]) == UNSIGNED).any(-1)).any():
        return arrays
    maps = {
        n: np.where(unsigned[:, None], np.abs(a), a)
        for n, a in arrays.items()
        if n not in ("truth", "distance")
    }
    return (
        arrays
        | maps
        | {"truth": np.where(unsigned[:, None], np.sign(np.abs(arrays["truth"])), arrays["truth"])}
    )


def together(metric, explanations, bank):
    """(explanation, Block) of a metric of masks for many explanations at once: the masks are read once.

    The same as ``blocks`` one by one, since a replicate's value depends on no other's."""
    everywhere = range(len(bank.ids))
    size = max(1, POOLED // (8 * bank.probe.delta[:1].size * max(len(e.instance) for e in explanations)))
    for start in range(0, len(explanations), size):
        part = explanations[start : start + size]
        seeds = [list(range(len(e.instance))) for e in part]
        at = np.ix_(np.concatenate(seeds), everywhere)
        given = {
            "attribution": np.concatenate([e.instance for e in part]),
            "probe": SUPPLIED["probe"](None, bank, at),
        }
        values = np.asarray(metric.score(*(given[name] for name in metric.arrays)), float)
        ends = np.cumsum([len(rows) for rows in seeds])[:-1]
        for explanation, rows, own in zip(part, seeds, np.split(values, ends), strict=True):
            yield explanation, Block("", rows, explanation.ids, own)


def agreements(metric, explanations):
    """(method, Block) of every ordered pair of methods, by a metric that asks for all methods' maps at once.

    Its answer is (method, method, replicate, sample); a method is not compared with itself."""
    found = np.asarray(metric.score(np.stack([e.instance for e in explanations])), float)
    for i, one in enumerate(explanations):
        for j, other in enumerate(explanations):
            if i != j:
                yield one.method, Block(other.method, list(range(found.shape[2])), one.ids, found[i, j])


# Arrays that an explanation and the bank give by themselves, for chosen (seeds, samples).
SUPPLIED = {
    "attribution": lambda e, bank, at: e.instance[at],
    "truth": lambda e, bank, at: bank.truth[at[1][0]],
    "effect": lambda e, bank, at: (np.full(bank.truth.shape, np.nan) if bank.effect is None else bank.effect)[
        at[1][0]
    ],
    "decoy": lambda e, bank, at: (np.full(bank.truth.shape, np.nan) if bank.decoy is None else bank.decoy)[
        at[1][0]
    ],
    "total": lambda e, bank, at: e.total[at],
    "angle": lambda e, bank, at: (np.full(e.total.shape, np.nan) if e.angle is None else e.angle)[at],
    "gap": lambda e, bank, at: chosen(Gap, e.gap, at),
    "imputed": lambda e, bank, at: chosen(Imputed, e.imputed, at),
    "probe": lambda e, bank, at: Probe(bank.probe.masks[at[1][0]], *(a[at] for a in bank.probe[1:])),
    "curve": lambda e, bank, at: Curve(
        *(c[at] for c in e.curve), bank.random[at], None if bank.exact is None else bank.exact[at]
    ),
}


def chosen(kind, measured, at):
    """A Gap or Imputed of chosen (seeds, samples), of one unknown share where none was measured."""
    if measured is None:
        return kind(*(np.full((len(at[0]), at[1].size, 1), np.nan),) * 2)
    return kind(*(part[at] for part in measured))


# What else a metric may compare an explanation with.
COMPARED = ("replicates", "other_model", "other_samples", "methods", "distance")


def variants(explanation, stem, tests, together=False):
    """(name, seeds, maps, distance) of the variants of a stability plug-in.

    maps: (seed, variant sample, instance); distance: (seed, variant sample), of x from the sample's own. An
    entry that is not called like its plug-in is named before the variant. together: all draws of a level and
    one seed at once, (1, draw, variant sample, instance) and (1, draw, variant sample)."""
    found = {}
    for variant in explanation.variants:
        if tests.get(variant.test, variant.test) == stem:
            name = variant.name if variant.test == stem else f"{variant.test} {variant.name}"
            key = (name.partition(":")[0], variant.seed) if together else (name, None)
            found.setdefault(key, []).append(variant)
    for (name, seed), group in found.items():
        maps, far = ([getattr(v, key) for v in group] for key in ("instance", "distance"))
        far = [np.full(len(m), np.nan) if d is None else d for m, d in zip(maps, far, strict=True)]
        maps, far, seeds = np.array(maps, float), np.array(far, float), [v.seed for v in group]
        yield (name, [seed], maps[None], far[None]) if together else (name, seeds, maps, far)


def shifted(maps):
    """For each map that of the next sample and the next seed, where both have an instance.

    maps: (seed, sample, instance). With one sample there is no other one: NaN."""
    if maps.shape[1] < 2:
        return np.full(maps.shape, np.nan)
    return np.roll(maps, (-1, -1), (0, 1))


def scaled(maps):
    """Maps divided by their largest absolute value, so that seeds and samples can be averaged and drawn.

    maps: (..., instance). A map of zeros stays one."""
    largest = np.nan_to_num(np.abs(maps)).max(-1, keepdims=True)
    return maps / np.where(largest > 0, largest, 1)


def ensemble(explanation):
    """The mean of the scaled maps of all seeds, a contestant of its own. Its total and curves are unknown."""
    nothing = np.full((1, len(explanation.ids)), np.nan)
    return replace(
        explanation,
        method=explanation.method + ENSEMBLE,
        instance=scaled(explanation.instance).mean(0, keepdims=True),
        total=nothing,
        curve=(nothing[..., None],) * 2,
        gap=None,
        imputed=None,
        angle=None,
        variants=[],
        diluted=[],
    )


def negated(explanation):
    """The opposite of an explanation: what was most relevant is least."""
    return replace(
        explanation,
        method=explanation.method + NEGATED,
        instance=-explanation.instance,
        total=-explanation.total,
        curve=explanation.curve[::-1],
        gap=None,
        imputed=explanation.imputed and Imputed(*explanation.imputed[::-1]),
        variants=[],
        diluted=[],
    )


def table(named):
    """Rows of (method, metric, Block) triples: {column: array} with the columns of COLUMNS."""
    named = list(named)
    sizes = [block.values.size for *_, block in named]

    def column(values, dtype=object):
        return np.repeat(np.array(values, dtype), sizes)

    def joined(parts, dtype):
        return np.concatenate([np.asarray(p, dtype).ravel() for p in parts]) if named else np.array([], dtype)

    found = (
        column([method for method, *_ in named]),
        column([metric for _, metric, _ in named]),
        joined([np.repeat(b.seeds, len(b.ids)) for *_, b in named], int),
        column([b.variant for *_, b in named]),
        joined([np.tile(np.array(b.ids, object), len(b.seeds)) for *_, b in named], object),
        joined([b.values for *_, b in named], float),
    )
    return dict(zip(COLUMNS, found, strict=True))
