"""What a study holds: its choices, the pairs that can be, and the reasons why others cannot."""

from dataclasses import dataclass, field, replace

from xassay.catalogue import Entry
from xassay.core.contracts import FOLDERS, ORACLE, ORACLES, TRAINED

# Methods whose maps a discovery reads unless it names one, the first that the study has: they tell what each
# base would contribute, and add up or ask the model itself.
TELLING = ("deep_lift_shap", "deep_lift", "in_silico_mutagenesis", "integrated_gradients")


@dataclass(frozen=True)
class Choice:
    """One entry of a section: an id, its plug-in and all of its options."""

    name: str
    entry: Entry
    options: dict
    reserved: dict = field(default_factory=dict)  # a data set's ``baseline``, ...; a discovery's ``maps``

    @property
    def plugin(self):
        """The plug-in's name; the oracle, which has none, keeps its own."""
        return self.entry.name if self.entry else self.name

    @property
    def files(self):
        """Input files that the options name."""
        paths = [self.options.get(key) for key in self.entry.card.get("files", ())]
        return [path for path in paths if path is not None]

    @property
    def baseline(self):
        """A data set's baseline, as core.baselines takes it."""
        return {"kind": self.reserved["baseline"], "references": self.reserved["references"]}


@dataclass(frozen=True)
class Study:
    """A checked configuration. Every section maps ids to Choices."""

    settings: dict
    datasets: dict
    models: dict
    attribution: dict
    evaluation: dict
    stability: dict
    discovery: dict
    controls: dict

    def choice(self, section, name):
        """A section's choice; the oracle is in none, and has no options."""
        return Choice(name, None, {}) if name == ORACLE else getattr(self, section)[name]

    def entries(self, section):
        """Plug-ins of a section."""
        return [choice.entry for choice in getattr(self, section).values()]

    def plan(self, section):
        """A section as plain data: by id, the plug-in under the section's key, and all of its options."""
        choices = getattr(self, section).values()
        return {c.name: {FOLDERS[section].choice: c.plugin, **c.options, **c.reserved} for c in choices}

    def description(self):
        """The configuration with all defaults, less where it ran; what it refuses, with the reasons."""
        settings = {key: value for key, value in self.settings.items() if key not in ("device", "plugins")}
        sections = {name: self.plan(name) for name in FOLDERS}
        return {"config": settings | sections, "refused": self.refused()}

    def models_of(self, dataset):
        """Ids of the models that read a data set, the oracle last where the data set defines one."""
        names = [name for name in self.models if self.unread(dataset, name) is None]
        return names + [ORACLE] * (ORACLE in self.datasets[dataset].entry.defines)

    def others(self, dataset, model):
        """Ids of the trained models of a data set beside ``model``; f*, which is not trained, has none."""
        trained = [name for name in self.models_of(dataset) if name not in (model, ORACLE)]
        return [] if model == ORACLE else trained

    def methods_of(self, dataset, model):
        """Ids of the methods that can explain a model of a data set."""
        return [name for name in self.attribution if self.unexplained(dataset, model, name) is None]

    def pairs(self):
        """Every (data set, model)."""
        return [(dataset, model) for dataset in self.datasets for model in self.models_of(dataset)]

    def seeds(self, model):
        """Replicates of a model; the oracle is known, not trained, and has one."""
        return 1 if model == ORACLE else self.settings["seeds"]

    def builder(self, dataset, model):
        """The plug-in that builds a model: the data set's own for its oracle."""
        return self.datasets[dataset].entry if model == ORACLE else self.models[model].entry

    def provides(self, dataset, model):
        """What a model gives beside its logits; a data set's CARD may say it for its oracle."""
        default = ORACLES[self.datasets[dataset].entry.card["kind"]] if model == ORACLE else ()
        return self.builder(dataset, model).card.get("provides", default)

    def unread(self, dataset, model):
        """Why a model cannot read a data set, or None."""
        return self.unlike(dataset, model, self.models[model].entry.card["kinds"])

    def unexplained(self, dataset, model, method):
        """Why a method cannot explain a model of a data set, or None."""
        level, entry = self.datasets[dataset].reserved["level"], self.attribution[method].entry
        if unfit := self.unfit(dataset, model, method, entry.card):
            return unfit
        about = level not in ("instance", "position")  # features, or groups of them
        if about and entry.card["level"] == "instance" and "groups" not in entry.arrays:
            return f"{method} explains instances, and the level of {dataset} is {level}"
        return None

    def undiscovered(self, dataset, model, name):
        """Why a discovery cannot be made on a model of a data set, or None."""
        choice = self.discovery[name]
        if unfit := self.unfit(dataset, model, name, choice.entry.card):
            return unfit
        if "maps" in choice.entry.arrays and self.maps_for(dataset, model, name) is None:
            which = choice.reserved["maps"] or "any method of this study"
            return f"{name} needs contributions of bases, which {which} does not give for {model}"
        return None

    def maps_for(self, dataset, model, name):
        """Id of the method whose maps a discovery reads: the one that it names, or of those that tell what
        each base contributes the first of ``TELLING``, or else of the study; None where there is none."""
        wanted, found = self.discovery[name].reserved["maps"], []
        for method in self.methods_of(dataset, model):
            card = self.attribution[method].entry.card
            tells = card["level"] == "feature" and card["instance"] == "sum"
            if wanted in (None, method) and tells and card.get("hypothetical", True):
                found.append(method)
        stems = {method: self.attribution[method].plugin for method in found}
        return min(found, key=lambda m: (*TELLING, stems[m]).index(stems[m]), default=None)

    def discoveries(self):
        """Every (data set, model, discovery)."""
        every = [(*pair, name) for pair in self.pairs() for name in self.discovery]
        return [entry for entry in every if self.undiscovered(*entry) is None]

    def unmeasured(self, dataset, model, metric):
        """Why a metric cannot be had for a model of a data set, or None. Whether there is truth, data say."""
        entry = self.evaluation[metric].entry
        tests = {choice.entry.name: choice.entry.card["varies"] for choice in self.stability.values()}
        for test in [name for name in entry.arrays if name not in FOLDERS["evaluation"].arrays]:
            if test not in tests:
                return f"{metric} needs the test {test}, which is not part of the study"
            if model == ORACLE and tests[test] in TRAINED:
                return f"{metric} needs the test {test}, and the oracle is known, not trained"
        if "replicates" in entry.arrays and self.seeds(model) == 1:
            return f"{metric} compares seeds, and {model} has one"
        if "other_model" in entry.arrays and model == ORACLE:
            return f"{metric} compares trained models, and the oracle is known, not trained"
        if "other_model" in entry.arrays and not self.others(dataset, model):
            return f"{metric} compares models, and {dataset} has one"
        return self.unlike(dataset, metric, entry.card.get("kinds"))

    def unfit(self, dataset, model, name, card):
        """Why something with this CARD (``kinds``, ``needs``) cannot ask a model of a data set, or None."""
        missing = " and ".join(sorted(set(card["needs"]) - set(self.provides(dataset, model))))
        lacking = f"{name} needs {missing}, which {model} does not provide" if missing else None
        return self.unlike(dataset, name, card["kinds"]) or lacking

    def unlike(self, dataset, name, kinds):
        """Why something that reads ``kinds`` cannot read a data set, or None."""
        kind = self.datasets[dataset].entry.card["kind"]
        if kinds is not None and kind not in kinds:
            return f"{name} reads {' and '.join(kinds)} data, and {dataset} is {kind} data"

    def refused(self):
        """Every refusal as a row: dataset, model, method, metric, reason; an empty text stands for all."""
        rows = [(d, m, "", "", self.unread(d, m)) for d in self.datasets for m in self.models]
        for dataset, model in self.pairs():
            rows += [(dataset, model, a, "", self.unexplained(dataset, model, a)) for a in self.attribution]
            rows += [(dataset, model, "", e, self.unmeasured(dataset, model, e)) for e in self.evaluation]
            rows += [(dataset, model, e, "", self.undiscovered(dataset, model, e)) for e in self.discovery]
        keys = ("dataset", "model", "method", "metric", "reason")
        return [dict(zip(keys, row)) for row in rows if row[-1] is not None]

    def misfits(self):
        """Entries that no pair admits: {(section, id): reasons}."""
        pairs = self.pairs()
        known = {dataset for dataset, model in pairs if model == ORACLE}
        compared = pairs if self.settings["seeds"] > 1 else []  # one seed asks for little, and is no mistake
        unknown = [d for d in self.datasets if d not in known]
        why = {("datasets", d): [self.unread(d, m) for m in self.models] for d in unknown}
        why |= {("models", m): [self.unread(d, m) for d in self.datasets] for m in self.models}
        why |= {("attribution", a): [self.unexplained(*p, a) for p in pairs] for a in self.attribution}
        why |= {("discovery", e): [self.undiscovered(*p, e) for p in pairs] for e in self.discovery}
        why |= {("evaluation", e): [self.unmeasured(*p, e) for p in compared] for e in self.evaluation}
        return {entry: list(dict.fromkeys(told)) for entry, told in why.items() if told and None not in told}

    def without_misfits(self, sections):
        """The study less the misfits of ``sections``, which the user left to us."""
        study = self
        for section in sections:
            names = {name for where, name in study.misfits() if where == section}
            kept = {name: choice for name, choice in getattr(study, section).items() if name not in names}
            study = replace(study, **{section: kept})
        return study
