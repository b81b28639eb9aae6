"""Run attribution methods and stability tests: from plug-in functions to maps."""

import inspect
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from xassay.core.contracts import NOISE, Gap, Imputed
from xassay.core.contributions import off_simplex_angle
from xassay.core.entry import blocks
from xassay.core.errors import InputError
from xassay.core.explanations import Explanation, Variant
from xassay.core.levels import INSTANCE, reduced
from xassay.core.measuring import DILUTIONS, diluted, measured

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
    angle: list = field(default_factory=list)
    curve: list = field(default_factory=list)
    gap: list = field(default_factory=list)
    imputed: list = field(default_factory=list)
    variants: list = field(default_factory=list)
    diluted: list = field(default_factory=list)

    def add(self, model, seen, streams):
        """Explain the next seed's model; seen: Evaluated; streams: names -> generator of this seed.

        Returns the map and, where the CARD asks for it, the same with noise: (map, sample, unit)."""
        given = (model, seen.x, seen.target, seen.baseline, streams(self.method.id), seen.known, seen.level)
        feature, instance, total = explain(self.method, *given)
        self.feature.append(None if feature is None else feature.cpu().numpy())
        self.instance.append(instance.cpu().numpy())
        self.total.append(total.cpu().numpy())
        if seen.level.alphabet is not None and feature is not None:
            self.angle.append(off_simplex_angle(feature, seen.level.alphabet).cpu().numpy())
        maps = instance[None]
        if self.method.card.get("diluted"):
            noisy = diluted(instance, streams("dilution"))
            self.diluted.append((noisy.cpu().numpy(), noisy.nansum(-1).cpu().numpy()))
            maps = torch.cat([maps, noisy])
        return maps

    def hear(self, answers):
        """Keep what the model answered to the maps that ``add`` gave, as ``measured`` has it."""
        for kept, values in zip((self.curve, self.gap, self.imputed), answers, strict=True):
            kept.append(values[:, 0])
        if self.diluted:
            self.diluted[-1] += tuple(values[:, 1:] for values in answers)

    def write(self, path, samples, seen, model="", code=""):
        """Write all seeds as an Explanation; model: its id; code: hash of the code that ran."""
        method = self.method
        explanation = Explanation(
            model=model,
            level=seen.level.kind,
            units=seen.level.names,
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
            angle=np.stack(self.angle) if self.angle else None,
            curve=tuple(np.stack(self.curve, 1)),
            gap=Gap(*np.stack(self.gap, 1)),
            imputed=Imputed(*np.stack(self.imputed, 1)),
            variants=self.variants,
        )
        if self.diluted:
            maps, totals, *answered = (np.stack(part) for part in zip(*self.diluted, strict=True))
            for k, noise in enumerate(DILUTIONS):
                curve, gap, put = (values[:, :, k].swapaxes(0, 1) for values in answered)
                found = dict(instance=maps[:, k], total=totals[:, k], variants=[], diluted=[])
                found |= dict(curve=tuple(curve), gap=Gap(*gap), imputed=Imputed(*put))
                name = f"{method.id}{NOISE}{noise:g}"
                explanation.diluted.append(replace(explanation, method=name, **found))
        explanation.write(path, samples, self.feature if self.feature[0] is not None else None)


def explain_all(records, model, seen, streams):
    """Explain the next seed's model with every method, then ask it about all of their maps together: what is
    drawn and embedded for one map serves the others."""
    maps = [record.add(model, seen, streams) for record in records]
    answers, start = measured(model, seen, torch.cat(maps), streams), 0
    for record, own in zip(records, maps, strict=True):
        record.hear([values[:, start : start + len(own)] for values in answers])
        start += len(own)


def explain(method, model, x, target, baseline, rng, truth, level=INSTANCE):
    """The map of one method on one model, in blocks of samples that fit in memory.

    method: Plugin; x: (sample, instance, feature); target: (sample,); baseline: (reference, sample,
    instance, feature); truth: (sample, unit), for control_truth; level: whose units the map is about.
    Returns (feature, instance, total): x's shape, or None where the map was made for units; (sample, unit)
    float64, NaN where absent; (sample,) the sum of the map at its own level.

    Raises InputError, which names the plug-in's file, where a map has not the shape of its level."""
    seed = int(rng.integers(2**63)) if "rng" in method.arrays else 0  # and each block its own stream of it
    found = torch.cat(
        [
            shaped(
                method,
                method(
                    model=model,
                    x=x[p],
                    target=target[p],
                    baseline=baseline[:, p],
                    groups=level.units,
                    alphabet=level.alphabet,
                    rng=np.random.default_rng([seed, p.start]),
                    truth=truth[p],
                ),
                x[p],
                level,
            ).detach()
            for p in blocks(x, BUDGET)
        ]
    )
    there = found if level.alphabet is None or method.card["level"] == "instance" else found * x
    total = there.flatten(1).nansum(-1, dtype=torch.float64)
    if method.card["level"] == "instance":
        return None, found.double(), total
    return found, reduced(found, method.card["instance"], level, x), total


def shaped(method, found, x, level):
    """The map of one block, if it is a tensor of the shape that the method's level asks for."""
    own = method.card["level"]
    units = x.shape[1] if level.names is None else len(level.names)
    expected = x.shape if own == "feature" else (len(x), units)
    if not isinstance(found, torch.Tensor) or found.shape != expected:
        got = f"shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else type(found).__name__
        raise InputError(
            f"{inspect.getsourcefile(method.function)}: attribute() returned a map of {got}; "
            f"level {own!r} is a tensor of shape {tuple(expected)}"
        )
    return found


def vary(records, test, seed, model, twin, seen, draws, streams):
    """Explain the variants that a stability test yields for one seed, and add their maps to each record.

    test: Plugin; seen: Evaluated; draws: of this seed; streams: names -> generator, for the test and for
    methods that draw. A CARD with ``variants=False`` opts out: a costly control that no metric compares. What
    is true of a target is the opposite of what is true of another."""
    at = torch.from_numpy(seen.variants).to(seen.x.device)
    target, truth = seen.target[at], seen.known[at]
    arrays = {"x": seen.x[at], "target": target, "baseline": seen.baseline[:, at]}
    given = arrays | {"twin": twin, "noise": seen.noise, "draws": draws, "groups": seen.level.units}
    found, alike = test(model=model, rng=streams(test.id), **given), test.card.get("alike", False)
    for name, changed, x, asked, baseline in found:
        known = torch.where((asked == target)[:, None], truth, -truth)
        distance = (x - arrays["x"]).flatten(1).nan_to_num().norm(dim=1).double().cpu().numpy()
        for record in records:
            if not record.method.card.get("variants", True):
                continue
            rng = streams(test.id, record.method.id, *([] if alike else [name]))
            instance = explain(record.method, changed, x, asked, baseline, rng, known, seen.level)[1]
            record.variants.append(Variant(test.id, name, seed, instance.cpu().numpy(), distance))


def share(draws, seed, seeds):
    """Draws of one seed, of ``draws`` split over ``seeds`` as evenly as can be."""
    return draws // seeds + (seed < draws % seeds)
