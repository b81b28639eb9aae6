"""What a study says of its methods: the scores of every (data set, model), gated, flagged and judged."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xassay.core.contracts import CONTROL, EXACT
from xassay.core.scoring import ENSEMBLE
from xassay.core.seeding import generator
from xassay.stats import dose_tables, gates, learning, verdict
from xassay.stats.summary import measured

EMPTY = np.empty((0, 0))


@dataclass(frozen=True)
class Entry:
    """A metric or a method of the study: its plug-in, CARD and the arrays that it asks for."""

    plugin: str
    card: dict
    arrays: tuple


def entries(section, choice, plugins):
    """{id: Entry} of a section of the configuration; one left out is every plug-in of the folder.

    choice: the key that names a plug-in; plugins: {name: catalogue entry}. Unknown plug-ins are left out."""
    named = {
        name: (entry or {}).get(choice, name) for name, entry in (section or {p: {} for p in plugins}).items()
    }
    known = {name: plugins[plugin] for name, plugin in sorted(named.items()) if plugin in plugins}
    return {name: Entry(p.name, p.card, p.arrays) for name, p in known.items()}


class Comparison:
    """One study, ready for its tables.

    scores, predictions: one frame a (data set, model), scores as they come; config: the configuration;
    metrics, methods: {id: Entry}.

    measured: a Measured a (data set, model); learned: {(data set, model): row}; gates: {(data set, model):
    {metric: row}}."""

    def __init__(self, scores, predictions, config, metrics, methods):
        self.config, self.metrics, self.methods = config, metrics, methods
        self.thresholds = verdict.THRESHOLDS | (config.get("verdict") or {})
        self.names = {entry.plugin: name for name, entry in reversed(metrics.items())}
        self.predictions = {key(frame): frame for frame in predictions}
        self.learned = {
            pair: {"dataset": pair[0], "model": pair[1]}
            | learning.learned(frame, pair[1], self.rng("learned", *pair))
            for pair, frame in self.predictions.items()
        }
        paired = [name for name, entry in metrics.items() if "replicates" in entry.arrays]
        ranges = {name: entry.card["range"] for name, entry in metrics.items()}
        self.measured = [measured(frame, ranges, paired) for frame in scores]
        self.gates = {(one.dataset, one.model): dict(self.gated(one)) for one in self.measured}

    def rng(self, *names):
        """A random stream of its own for each use."""
        return generator(self.config.get("seed", 0), "compare", *names)

    def gated(self, one):
        """(metric, row of the gates table) of each gated metric on one (data set, model)."""
        for name, entry in self.metrics.items():
            row = gates.controls(one, name, entry.card, self.rng("gate", one.dataset, one.model, name))
            if row is not None:
                yield name, gates.graded(row)

    def contestants(self, one):
        """The methods of one (data set, model): no controls, no ensembles."""
        found = sorted({method for method, *_ in one.tables})
        return [
            method for method in found if not method.startswith(CONTROL) and not method.endswith(ENSEMBLE)
        ]

    def axioms(self, method):
        """What a method claims; an ensemble claims what its method does."""
        entry = self.methods.get(method.removesuffix(ENSEMBLE))
        return entry.card["axioms"] if entry else ()

    def ranked(self, one, method, metric):
        """Does the metric rank this contestant? Controls are never ranked; an ungated metric ranks nobody; a
        metric of an axiom ranks those that claim it, and one that is a method's own question not that."""
        card = self.metrics[metric].card
        return (
            not method.startswith(CONTROL)
            and gates.passes(self.gates[one.dataset, one.model].get(metric))
            and card["direction"] != 0
            and (card["family"] != "completeness" or "completeness" in self.axioms(method))
            and self.plugin(method) not in card.get("circular", ())
        )

    def plugin(self, method):
        """The plug-in of a method, or of an ensemble's."""
        entry = self.methods.get(method.removesuffix(ENSEMBLE))
        return entry.plugin if entry else method

    def standings(self, one):
        """(metrics, scores) of those that rank on one (data set, model): scores (metric, method), the means
        of the contestants, larger is better; NaN where a metric does not rank a method."""
        methods = self.contestants(one)
        rows = {}
        for metric, entry in self.metrics.items():
            tables = [one.table(m, metric) if self.ranked(one, m, metric) else EMPTY for m in methods]
            means = [np.nanmean(table) if np.isfinite(table).any() else np.nan for table in tables]
            if np.isfinite(means).any():
                rows[metric] = entry.card["direction"] * np.round(means, 10)  # as ``ranks`` ties them
        return list(rows), np.reshape(list(rows.values()), (len(rows), len(methods)))

    def flag(self, one, method):
        """The marks that every row of a method carries: did not learn, breaks completeness."""
        learned = self.learned.get((one.dataset, one.model), {"learned": True})["learned"]
        marks = [] if learned else ["did not learn"]
        gap = one.table(method.removesuffix(ENSEMBLE), self.names.get("completeness_gap"))
        claimed = "completeness" in self.axioms(method) and np.isfinite(gap).any()
        if claimed and np.nanmedian(gap) > self.thresholds["completeness"]:
            marks.append("breaks completeness")
        return "; ".join(marks)

    def card(self, one, method):
        """The trust card of a method."""
        pair = one.dataset, one.model
        limit = self.limits.get((*pair, method))
        found = verdict.Case(
            one=one,
            method=method,
            claims=self.axioms(method),
            names=self.names,
            gates=self.gates[pair],
            learned=self.learned[pair],
            thresholds=self.thresholds,
            rng=self.rng("card", *pair, method),
            level=self.level(one.dataset),
        ).card()
        also = {"limit_of_detection": limit, "reproducibility": self.reproducibility(one, method)}
        return found | {name: told for name, told in also.items() if told}

    def level(self, dataset):
        """What the maps of a data set are about; a member of a series has its series' level."""
        entry = (self.config.get("datasets") or {}).get(dataset.partition("~")[0]) or {}
        return entry.get("level", "instance")

    def reproducibility(self, one, method):
        """What the card says of other architectures: it informs, and judges nothing, since models that decide
        otherwise deserve another map; the Shapley control tells how alike they are."""
        metric, told = self.names.get("reproducibility"), []
        for found_method, name, other in sorted(one.tables):
            if (found_method, name) != (method, metric):
                continue
            found, exact = (one.interval(m, metric, other) for m in (method, EXACT))
            if np.isfinite(found.mean):
                told.append(
                    f"{found.mean:.2f} ({found.lower:.2f} to {found.upper:.2f}) with {other}, whose exact "
                    f"attributions agree at {exact.mean:.2f}"
                )
        return {"text": "maps of the same bags correlate at " + "; ".join(told)} if told else None

    @cached_property
    def limits(self):
        """What the cards of a series say of its limit of detection: it informs, and judges nothing."""
        return dose_tables.limits(self)


def key(frame):
    """(data set, model) of a file's rows."""
    return frame["dataset"].iloc[0], frame["model"].iloc[0]
