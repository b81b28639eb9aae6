"""Run attribution methods and stability tests: from plug-in functions to maps."""

import inspect
from dataclasses import dataclass, field

import numpy as np
import torch

from xassay.core.bags import present
from xassay.core.errors import InputError
from xassay.core.explanations import Explanation, Variant
from xassay.core.masking import curves, ordered

BUDGET = 64 << 20  # bytes of x that a method gets at a time


@dataclass(frozen=True)
class Plugin:
    """A plug-in of the configuration: called with all arrays, it passes on those that it asks for by name."""

    id: str
    stem: str
    function: object
    card: dict
    arrays: tuple
    options: dict

    def __call__(self, **arrays):
        return self.function(*(arrays[name] for name in self.arrays), **self.options)


@dataclass
class Record:
    """The maps of one method, seed after seed; lists along the seed axis."""

    method: Plugin
    feature: list = field(default_factory=list)
    instance: list = field(default_factory=list)
    total: list = field(default_factory=list)
    curve: list = field(default_factory=list)
    variants: list = field(default_factory=list)

    def add(self, model, seen, rng):
        """Explain the next seed's model; seen: Evaluated."""
        given = (model, seen.x, seen.target, seen.baseline)
        feature, instance, total = explain(self.method, *given, rng, seen.known)
        most, least = replacement(*given, instance)
        self.feature.append(None if feature is None else feature.cpu().numpy())
        self.instance.append(instance.cpu().numpy())
        self.total.append(total.cpu().numpy())
        self.curve.append((most.cpu().numpy(), least.cpu().numpy()))

    def write(self, path, samples, seen, code=""):
        """Write all seeds as an Explanation; code: hash of the code that ran."""
        method = self.method
        explanation = Explanation(
            method=method.id,
            plugin=method.stem,
            label=method.card["label"],
            card=method.card,
            options=method.options,
            code=code,
            ids=seen.ids,
            variant_ids=[seen.ids[i] for i in seen.variants],
            instance=np.stack(self.instance),
            total=np.stack(self.total),
            curve=tuple(np.stack(curve) for curve in zip(*self.curve, strict=True)),
            variants=self.variants,
        )
        explanation.write(path, samples, self.feature if method.card["level"] == "feature" else None)


def explain(method, model, x, target, baseline, rng, truth):
    """The map of one method on one model, in blocks of samples that fit in memory.

    method: Plugin; x: (sample, instance, feature); target: (sample,); baseline: (reference, sample,
    instance, feature); truth: (sample, instance), for control_truth.
    Returns (feature, instance, total): x's shape, or None at instance level; (sample, instance) float64,
    NaN where absent; (sample,) the sum of the map at its own level.

    Raises InputError, which names the plug-in's file, where a map has not the shape of its level."""
    size = max(1, BUDGET // (x[0].numel() * x.element_size()))
    parts = [slice(start, start + size) for start in range(0, len(x), size)]
    found = torch.cat(
        [
            shaped(
                method,
                method(
                    model=model, x=x[p], target=target[p], baseline=baseline[:, p], rng=rng, truth=truth[p]
                ),
                x[p],
            ).detach()
            for p in parts
        ]
    )
    total = found.flatten(1).nansum(-1, dtype=torch.float64)
    if method.card["level"] == "instance":
        return None, found.double(), total
    return found, reduced(found, method.card["instance"]), total


def shaped(method, found, x):
    """The map of one block, if it is a tensor of the shape that the method's level asks for."""
    level = method.card["level"]
    expected = x.shape if level == "feature" else x.shape[:2]
    if not isinstance(found, torch.Tensor) or found.shape != expected:
        got = f"shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else type(found).__name__
        raise InputError(
            f"{inspect.getsourcefile(method.function)}: attribute() returned a map of {got}; "
            f"level {level!r} is a tensor of shape {tuple(expected)}"
        )
    return found


def reduced(feature, how):
    """A feature-level map, (sample, instance, feature), as an instance-level one: (sample, instance) float64.

    how: "sum" for contributions, "norm" (L2) for slopes."""
    if how == "norm":
        return torch.linalg.vector_norm(feature, dim=-1, dtype=torch.float64)
    return feature.sum(-1, dtype=torch.float64)


def replacement(model, x, target, baseline, instance):
    """The explained logit as instances go in the order of a map, (sample, instance), and against it.

    Returns (most, least), each (sample, step); NaN where the map lacks a value for a present instance."""
    order = torch.cat([ordered(instance, descending=True), ordered(instance, descending=False)], 1)
    found = curves(model, x, baseline, order, target)
    found[(instance.isnan() & present(x)).any(1)] = torch.nan
    return found[:, 0], found[:, 1]


def vary(records, test, seed, model, twin, seen, draws, streams):
    """Explain the variants that a stability test yields for one seed, and add their maps to each record.

    test: Plugin; seen: Evaluated; draws: of this seed; streams: names -> generator, for the test and for
    methods that draw. A CARD with ``variants=False`` opts out: a costly control that no metric compares. What
    is true of a target is the opposite of what is true of another."""
    at = torch.from_numpy(seen.variants).to(seen.x.device)
    target, truth = seen.target[at], seen.known[at]
    arrays = {"x": seen.x[at], "target": target, "baseline": seen.baseline[:, at]}
    found = test(model=model, twin=twin, noise=seen.noise, draws=draws, rng=streams(test.id), **arrays)
    for name, changed, x, asked, baseline in found:
        known = torch.where((asked == target)[:, None], truth, -truth)
        for record in records:
            if not record.method.card.get("variants", True):
                continue
            rng = streams(test.id, record.method.id, name)
            instance = explain(record.method, changed, x, asked, baseline, rng, known)[1]
            record.variants.append(Variant(test.id, name, seed, instance.cpu().numpy()))


def share(draws, seed, seeds):
    """Draws of one seed, of ``draws`` split over ``seeds`` as evenly as can be."""
    return draws // seeds + (seed < draws % seeds)
