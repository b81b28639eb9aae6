"""What the report reads: the tables and the trust cards, with names, order and marks in one place."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from xassay import catalogue
from xassay.core.contracts import CONTROL, FOLDERS, ORACLE
from xassay.core.discoveries import Discovery
from xassay.report.reading import read_frames, read_trust

ENSEMBLE = "~ensemble"
FAMILIES = ("attention", "gradient", "perturbation", "control", "other")
CONTROLS = {
    "control_truth": "truth",
    "control_shapley": "Shapley",
    "control_random": "random",
    "control_constant": "constant",
    "control_input": "input",
}


@dataclass(frozen=True)
class Tables:
    """One DataFrame a file of ``results/tables``, trust cards, provenance.

    A table that is absent is empty, with its columns: a section says so in words instead of failing."""

    frames: dict
    trust: list
    provenance: dict
    plugins: str | None = None
    discoveries: tuple = ()

    @classmethod
    def read(cls, folder, trust, plugins=None, discoveries=()):
        """discoveries: files. Raises InputError where the folder, the trust file or one of them cannot be
        read."""
        found = tuple(Discovery.read(path) for path in discoveries)
        return cls(read_frames(Path(folder)), *read_trust(Path(trust)), plugins, found)

    def __getattr__(self, name):
        try:
            return self.__dict__["frames"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def config(self):
        """The configuration that was run."""
        return self.provenance.get("config") or {}

    # Order: as configured, then as found.

    @cached_property
    def datasets(self):
        found = pd.concat([self.verdicts.dataset, self.summary.dataset, self.datasets_table.dataset])
        return ordered(found.dropna().unique(), self.config.get("datasets") or {})

    @property
    def datasets_table(self):
        return self.frames["datasets"]

    @cached_property
    def models(self):
        """f* first: what every trained model is read against."""
        found = pd.concat([self.verdicts.model, self.summary.model, self.performance.model]).dropna().unique()
        return ordered(found, [ORACLE, *(self.config.get("models") or {})])

    @cached_property
    def pairs(self):
        """(data set, model) that have something to show, in order."""
        frames = (self.verdicts, self.summary, self.performance)
        found = {pair for frame in frames for pair in zip(frame.dataset, frame.model)}
        return [(d, m) for d in self.datasets for m in self.models if (d, m) in found]

    @cached_property
    def methods(self):
        """Contestants, grouped by family; neither controls nor ensembles."""
        found = pd.concat([self.verdicts.method, self.summary.method, self.refused.method]).dropna().unique()
        other = self.config.get("discovery") or {}  # refused like methods, and no contestants
        found = [m for m in found if m and not m.startswith(CONTROL) and "~" not in m and m not in other]
        found = ordered(found, self.config.get("attribution") or {})
        return sorted(found, key=lambda method: FAMILIES.index(self.family(method)))

    def order(self, names, section):
        """Distinct ``names`` in the order of a section of the configuration."""
        return ordered(dict.fromkeys(names), self.config.get(section) or {})

    # Names and what the CARDs say.

    def plugin(self, folder, name):
        """Stem of the plug-in behind an entry of the configuration; an ensemble's is its method's."""
        stem = name.split("~")[0]
        return ((self.config.get(folder) or {}).get(stem) or {}).get(FOLDERS[folder].choice, stem)

    def card(self, folder, name):
        """CARD of the plug-in behind an entry; {} where nothing is known."""
        entry = catalogue.entries(folder, self.plugins).get(self.plugin(folder, name))
        return entry.card if entry else {}

    def kind(self, dataset):
        """Kind of data of a data set; "bag" where its plug-in is not known."""
        return self.card("datasets", dataset).get("kind", "bag")

    def family(self, method):
        family = self.card("attribution", method).get("family", "other")
        return family if family in FAMILIES else "other"

    def label(self, name, folder="attribution"):
        """What a person reads for an id: the CARD's label, the id beside it where the two differ."""
        if name == ORACLE:
            return "f* (oracle)"
        if name in CONTROLS:
            return CONTROLS[name]
        stem, _, tail = name.partition("~")
        label = self.card(folder, stem).get("label") or stem.replace("_", " ")
        if self.plugin(folder, stem) != stem:
            label = f"{label} ({stem})"
        return f"{label}, {tail}" if tail else label

    def marked(self, method, dataset=None):
        """Label of a method, with a dagger where it is flagged on a model of the data set (of any: None)."""
        flagged = any(m == method and dataset in (None, d) for d, _, m in self.flags)
        return self.label(method) + "†" * flagged

    def metrics(self, *families):
        """Metrics of these families that the summary holds, in order."""
        found = self.order(self.summary.metric.dropna(), "evaluation")
        return [metric for metric in found if self.card("evaluation", metric).get("family") in families]

    def of(self, plugin):
        """Metrics that the summary holds and that this plug-in computes."""
        found = self.order(self.summary.metric.dropna(), "evaluation")
        return [metric for metric in found if self.plugin("evaluation", metric) == plugin]

    @cached_property
    def recovery(self):
        """The metric that stands for recovery in figures, one that ranks; None where nothing has a truth."""
        ranking = [m for m in self.metrics("recovery") if self.card("evaluation", m).get("gate")]
        return next(iter(self.of("recovery_auroc") or ranking), None)

    def n_of(self, *metrics):
        """How many seeds and samples stand behind one value of these metrics, in words."""
        rows = self.summary[self.summary.metric.isin(metrics) & self.summary["mean"].notna()]
        if rows.empty:
            return ""
        seeds, samples = (span(rows[column]) for column in ("n_seeds", "n_samples"))
        lost = int(rows.n_nan.sum())
        rest = f"; {lost} undefined values left out." if lost else "."
        return f"n = {seeds} seed{'s' * (seeds != '1')} × {samples} samples a value{rest}"

    # Marks that follow a row wherever it is drawn.

    def learned(self, dataset, model):
        """True, False, or None where it was not asked (f*)."""
        rows = self.frames["learned"].query("dataset == @dataset and model == @model")
        return None if rows.empty or pd.isna(rows.learned.iloc[0]) else bool(rows.learned.iloc[0])

    @cached_property
    def flags(self):
        """{(data set, model, method): "breaks completeness"}; "did not learn" is a mark of its own."""
        found = {}
        for row in self.summary[self.summary.flag.fillna("").ne("")].itertuples():
            words = [word for word in row.flag.split("; ") if word != "did not learn"]
            if words:
                found[row.dataset, row.model, row.method] = "; ".join(words)
        return found

    @cached_property
    def refusals(self):
        """{(data set, model, method): reason} of methods that were refused altogether."""
        rows = self.refused[self.refused.metric.fillna("").eq("") & self.refused.method.fillna("").ne("")]
        return dict(zip(zip(rows.dataset, rows.model, rows.method), rows.reason))

    def refusal(self, dataset, model, method):
        """Why a method did not explain a model, or None."""
        return self.refusals.get((dataset, model, method))

    @cached_property
    def contests(self):
        """Instance AUROC of contestants seed by seed, where there is a truth."""
        return self.instances[self.instances.method.isin(self.methods)].dropna(subset=["instance_auroc"])

    @property
    def silent(self):
        """(silent failures, (method, seed) pairs looked at)"""
        return int(self.contests.silent_failure.astype(bool).sum()), len(self.contests)

    def rows(self, metric, dataset, model, variant=""):
        """Summary rows by method; ``variant=None`` gives all variants."""
        s = self.summary
        keep = (s.metric == metric) & (s.dataset == dataset) & (s.model == model)
        if variant is not None:
            keep &= s.variant.fillna("") == variant
        return s[keep].set_index("method")


def ordered(found, wanted):
    """``found`` in the order of ``wanted`` (a member ``a~b`` of a series stands where ``a`` does)."""
    place = {name: i for i, name in enumerate(wanted)}
    return sorted(found, key=lambda name: place.get(str(name).split("~")[0], len(place)))


def span(values):
    """ "5" or "1 to 5"."""
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"
