"""The verdict on one method, on one model, on one data set: a trust card with its reasons in words.

- a model that did not learn: **not assessed**;
- a negative control failed, or a claimed axiom broken: **do not use**;
- every criterion met, with its whole interval: **trust**;
- else: **caution**, naming what.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xassay.core.contracts import ORACLE
from xassay.stats.gates import passes
from xassay.stats.intervals import clipped, mean_interval, median_interval
from xassay.stats.summary import OPEN, Measured

THRESHOLDS = {
    "recovery": 0.8,
    "faithfulness": 0.5,
    "completeness": 0.1,
    "randomisation": 0.5,
    "permutation": 0.0,
    "repeatability": 0.5,
    "robustness": 0.5,
}
FORBIDDING = ("completeness", "randomisation", "permutation")  # failing one of these means: do not use
GATED = ("recovery", "faithfulness")  # count only where their metric tells truth from noise
ANY = "*"  # the mean over all levels of a stability test
FLOOR = "repeatability_floor"  # the maps of different samples, in place of a negative control


class Rule(NamedTuple):
    """How a criterion is measured and told."""

    metric: str  # plug-in
    level: str  # of its variants
    larger_passes: bool
    trained: bool  # asked of a trained model only, not of f*
    controls: tuple  # (positive, negative): whose means are drawn beside the value
    missing: str  # why there may be no value
    text: str
    beats: tuple = ()  # controls to be exceeded beside the threshold: what they earn is no merit of a method
    within_reach: bool = False  # whether the positive control's value bounds what can be asked of a method


RULES = {
    "recovery": Rule(
        "recovery_auroc", "", True, False, ("control_truth", "control_random"),
        "no truth to recover",
        "ranks a planted {unit} above another {unit} of its {sample} {value:.0%} of the time ({lower:.0%} to "
        "{upper:.0%}; chance 50%, needed {threshold:.0%} and more than the size of the input earns)",
        beats=("control_input",),
    ),
    "faithfulness": Rule(
        "faithfulness_correlation", "", True, False, ("control_shapley", "control_random"),
        "the map or the model's answer is constant",
        "what the model loses when {units} are replaced follows the map with a correlation of {value:.2f} "
        "({lower:.2f} to {upper:.2f}; chance 0, needed {threshold:.2g}{reached})",
        within_reach=True,
    ),
    "completeness": Rule(
        "completeness_gap", "", False, False, (None, "control_random"),
        "the model never answers",
        "the map misses the model's answer, which it claims to add up to, by {value:.1%} "
        "({lower:.1%} to {upper:.1%}, median; allowed {threshold:.0%})",
    ),
    "randomisation": Rule(
        "randomisation_similarity", "full", False, True, (None, "control_input"),
        "no map of a random network, or a constant one",
        "the map of the same network with random weights correlates with this one at {value:.2f} "
        "({lower:.2f} to {upper:.2f}; allowed below {threshold:g})",
    ),
    "permutation": Rule(
        "permutation_gain", "twin", True, True, (None, "control_input"),
        "no truth, or no map of a model trained on permuted labels",
        "finds planted {units} better by {value:+.2f} AUROC than on a model trained on permuted labels "
        "({lower:+.2f} to {upper:+.2f}; must exceed {threshold:g})",
    ),
    "repeatability": Rule(
        "repeatability", "", True, True, ("control_truth", FLOOR),
        "one seed only, or a constant map",
        "maps of models that differ by their seed alone correlate at {value:.2f} "
        "({lower:.2f} to {upper:.2f}; needed {threshold:g}; maps of different samples: {negative:.2f})",
        beats=(FLOOR,),
    ),
    "robustness": Rule(
        "noise_stability", ANY, True, False, ("control_truth", "control_random"),
        "no map of noisy input, or a constant one",
        "the map of the same {sample} with fresh measurement noise correlates with this one at {value:.2f} "
        "({lower:.2f} to {upper:.2f}; needed {threshold:g})",
    ),
}  # fmt: skip


UNITS = {
    "instance": ("cell", "cells", "bag"),
    "feature": ("feature", "features", "bag"),
    "group": ("group of features", "groups of features", "bag"),
    "position": ("position", "positions", "sequence"),
}  # of the levels of an assay


@dataclass
class Case:
    """What a verdict is made from.

    claims: axioms that the method claims; names: {metric plug-in: its id in this study}; gates: {metric id:
    row of the gates table, descriptors left out}; learned: row of the learned table; rng: for the median's
    interval; level: of the data set, whose units the maps are about."""

    one: Measured
    method: str
    claims: tuple
    names: dict
    gates: dict
    learned: dict
    thresholds: dict
    rng: Any
    level: str = "instance"

    def card(self):
        """Verdict, reasons and criteria."""
        criteria = {name: self.criterion(name, rule) for name, rule in RULES.items()}
        verdict, reasons = decide(criteria, self.learned)
        return {"verdict": verdict, "reasons": reasons, "criteria": criteria}

    def criterion(self, name, rule):
        """One criterion: its whole interval must lie on the right side of its threshold."""
        if name == "completeness" and name not in self.claims:
            return criterion("not applicable", "does not claim that the map adds up to the model's answer")
        if rule.trained and self.one.model == ORACLE:
            return criterion(
                "not applicable", "f* is the known rule, not trained: it has no other seed and no twin"
            )
        if rule.metric not in self.names:
            return criterion("not evaluated", f"{rule.metric} is not part of this study")
        found = self.measure(name, rule)
        if not np.isfinite(found.mean):
            return criterion("not evaluated", f"not measured: {rule.missing}")
        told = dict(zip(("value", "lower", "upper"), found[:3], strict=True)) | self.lines(name, rule)
        named = dict(zip(("unit", "units", "sample"), UNITS[self.level], strict=True))
        reachable = told["positive"] if rule.within_reach else np.nan
        if limited := reachable < told["threshold"]:
            told["threshold"] = reachable
        reached = ", what the sampled Shapley values of this model reach" * bool(limited)
        text = rule.text.format(**told, **named, reached=reached)
        gate = self.gates.get(self.names[rule.metric])
        if name in GATED and not passes(gate):
            return criterion("not gated", f"{text}; {gate['reason'] if gate else 'not gated here'}", **told)
        # Features are the same in every sample: that maps are alike across samples is no fault there.
        beaten = [control for control in rule.beats if control != FLOOR or self.level == "instance"]
        bar = np.nanmax([told["threshold"], *(self.control(control, rule) for control in beaten)])
        return criterion(side(found, bar, rule.larger_passes), text, **told)

    def measure(self, name, rule):
        """The interval of a criterion; for completeness of the median, which no odd sample moves."""
        table = self.table(self.method, rule)
        found = median_interval(table, self.rng) if name == "completeness" else mean_interval(table)
        return clipped(found, self.one.ranges.get(self.names[rule.metric], OPEN))

    def table(self, method, rule):
        """(seed, sample) of a criterion's metric for a method or a control."""
        metric = self.names[rule.metric]
        if rule.level != ANY:
            return self.one.table(method, metric, rule.level)
        levels = self.one.levels(method, metric)
        return np.mean(levels, axis=0) if levels else np.empty((0, 0))

    def lines(self, name, rule):
        """Control lines and threshold of a criterion; gated metrics show the controls that gated them."""
        if name in GATED:
            gate = self.gates.get(self.names[rule.metric]) or {}
            positive, negative = gate.get("m_positive", np.nan), gate.get("m_negative", np.nan)
        else:
            positive, negative = (self.control(control, rule) for control in rule.controls)
        return {"positive": positive, "negative": negative, "threshold": self.thresholds[name]}

    def control(self, control, rule):
        """Mean of a control on a criterion's metric, NaN where there is none."""
        if control == FLOOR:
            return self.one.interval(self.method, self.names.get(FLOOR)).mean
        return mean_interval(self.table(control, rule)).mean if control else np.nan


def criterion(status, text, **numbers):
    """A criterion as trust.json holds it."""
    empty = dict.fromkeys(("value", "lower", "upper", "positive", "negative", "threshold"))
    passed = {"passed": True, "failed": False}.get(status)
    return empty | numbers | {"passed": passed, "status": status, "text": text}


def side(found, threshold, larger_passes):
    """Where an interval lies: passed, failed, or inconclusive (across the threshold, or of unknown width)."""
    sign = 1 if larger_passes else -1
    near, far = sorted((sign * found.lower, sign * found.upper))
    return "passed" if near > sign * threshold else "failed" if far <= sign * threshold else "inconclusive"


def decide(criteria, learned):
    """Verdict and reasons from the criteria."""
    if not learned["learned"]:
        return "not assessed", [f"the model did not learn: {learned['reason']}"]
    asked = {name: c for name, c in criteria.items() if c["status"] != "not applicable"}
    broken = [name for name in FORBIDDING if name in asked and asked[name]["status"] == "failed"]
    unmet = [name for name, c in asked.items() if c["status"] != "passed"]
    verdict, named = (
        ("do not use", broken) if broken else ("caution", unmet) if unmet else ("trust", list(asked))
    )
    return verdict, [f"{name} {asked[name]['status']}: {asked[name]['text']}" for name in named]
