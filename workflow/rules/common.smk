# Path patterns, and the named functions of the rules. What a study holds is worked out in src/xassay.
import hashlib
import shlex

sys.path.insert(0, SOURCE)
# In the command, because a conda environment is activated without the caller's PYTHONPATH.
shell.prefix(f"export PYTHONPATH={shlex.quote(SOURCE)}${{{{PYTHONPATH:+:$PYTHONPATH}}}}; ")

from xassay import configuration, files, resources
from xassay.configuration import canonical
from xassay.core.contracts import FOLDERS
from xassay.core.errors import InputError
from xassay.fingerprint import fingerprint, members

if unfit := files.faults(workflow.configfiles):
    print("\n".join(f"config: {line}" for line in unfit), file=sys.stderr)
    sys.exit(1)
try:
    STUDY = configuration.read(config, SCHEMA)
except InputError as fault:
    print(fault, file=sys.stderr)
    sys.exit(1)

SETTINGS = STUDY.settings
SEED = SETTINGS["seed"]
PLUGINS = SETTINGS["plugins"]
DEVICE = SETTINGS["device"]  # a resource: a change re-runs nothing
os.environ.update(XASSAY_PLUGINS=PLUGINS or "")

DATA = "results/data/{dataset}.h5ad"
MODEL = "results/models/{dataset}/{model}.pt"
PREDICTIONS = "results/models/{dataset}/{model}.parquet"
PROBE = "results/probes/{dataset}/{model}.h5"
ATTRIBUTION = "results/attributions/{dataset}/{model}/{method}.h5ad"
CONTROLS = [ATTRIBUTION.replace("{method}", name) for name in STUDY.controls]
DISCOVERY = "results/discoveries/{dataset}/{model}/{discovery}.json"
MOTIFS = "results/discoveries/{dataset}/{model}/{discovery}.meme"
SCORES = "results/scores/{dataset}/{model}.parquet"
GALLERY = "results/scores/{dataset}/{model}.gallery.parquet"
FEATURES = "results/scores/{dataset}/{model}.features.parquet"
LARGE = ["scores", "gallery", "features"]  # as Parquet alone
SMALL = [
    "summary",
    "gates",
    "metric_agreement",
    "concordance",
    "performance",
    "learned",
    "instances",
    "ranks",
    "doses",
    "dose_response",
    "verdicts",
    "refused",
    "datasets",
]
PARQUETS = [f"results/tables/{name}.parquet" for name in LARGE + SMALL]
TABLES = [f"results/tables/{name}.csv" for name in SMALL]
TRUST = "results/trust.json"
FIGURES = "results/figures"
PAGE = "results/report.html"


wildcard_constraints:
    dataset=r"[a-z][a-z0-9_]*(~[A-Za-z0-9_.+-]+)?",
    model=r"[a-z][a-z0-9_]*",
    method=r"(?!control_)[a-z][a-z0-9_]*",
    discovery=r"[a-z][a-z0-9_]*",


def of_pairs(pattern):
    """A pattern's files, one for every data set and model that reads it."""
    return [pattern.format(dataset=dataset, model=model) for dataset, model in STUDY.pairs()]


def plan_of(section):
    """A section's plug-ins and options by id, as JSON."""
    return canonical(STUDY.plan(section))


def code_of(step, plugins):
    """Fingerprint of a step and of the plug-ins that it runs."""
    modules = {f"xassay.steps.{step}", *(plugin.module for plugin in plugins)}
    return fingerprint(*sorted(modules), plugins=PLUGINS)


# Functions of the wildcards: Snakemake calls them for the jobs that it considers, not at every parse


def plugin_of(section, wildcard):
    """The name of the plug-in that a wildcard chooses from a section."""

    def plugin(wildcards):
        return STUDY.choice(section, wildcards[wildcard]).plugin

    return plugin


def options_of(section, wildcard):
    """All options of what a wildcard chooses from a section, as JSON."""

    def options(wildcards):
        return canonical(STUDY.choice(section, wildcards[wildcard]).options)

    return options


def baseline_of(wildcards):
    """The data set's baseline, as JSON."""
    return canonical(STUDY.datasets[wildcards.dataset].baseline)


def level_of(wildcards):
    """What the maps of a data set are about."""
    return STUDY.datasets[wildcards.dataset].reserved["level"]


def here(paths):
    """Files of the user, which a ``prefix:`` of a workflow that uses this one as a module leaves where they are."""
    return [local(path) for path in paths]


def files_of(wildcards):
    """Input files that a data set's options name."""
    return here(STUDY.datasets[wildcards.dataset].files)


def model_files(wildcards):
    """Input files that a model's options name."""
    choice = STUDY.choice("models", wildcards.model)
    return here(choice.files) if choice.entry else []


def maps_of(wildcards):
    """Maps of the controls and of every method that can explain the model."""
    methods = STUDY.methods_of(wildcards.dataset, wildcards.model)
    return CONTROLS + [ATTRIBUTION.replace("{method}", method) for method in methods]


def read_by_discovery(wildcards):
    """Maps of the method that a discovery reads."""
    dataset, model, name = wildcards.dataset, wildcards.model, wildcards.discovery
    if "maps" not in STUDY.discovery[name].entry.arrays:
        return []
    method = STUDY.maps_for(dataset, model, name)
    return [ATTRIBUTION.format(dataset=dataset, model=model, method=method)]


def discovery_files(wildcards):
    """Input files that a discovery's options name."""
    return here(STUDY.discovery[wildcards.discovery].files)


def maps_of_discovery(wildcards, input):
    """The option that names these maps, for the command line."""
    return f"--maps {input.maps}" if input.maps else ""


def elsewhere_of(wildcards):
    """Maps of the same methods and controls on the data set's other models, where a metric compares them."""
    if not any("other_model" in entry.arrays for entry in STUDY.entries("evaluation")):
        return []
    dataset, model = wildcards.dataset, wildcards.model
    methods = STUDY.methods_of(dataset, model)
    return [
        ATTRIBUTION.format(dataset=dataset, model=other, method=method)
        for other in STUDY.others(dataset, model)
        for method in [*STUDY.controls, *methods]
        if method in STUDY.controls or method in STUDY.methods_of(dataset, other)
    ]


def folder_of_tables(wildcards, input):
    """The folder that the tables lie in."""
    return os.path.dirname(input.tables[-1])


def folder_of_output(wildcards, output):
    """The folder that the last output lies in."""
    return os.path.dirname(output[-1])


def seeds_of(wildcards):
    """Replicates of a model."""
    return STUDY.seeds(wildcards.model)


def data_code(wildcards):
    """Code of a data set."""
    return code_of("data", [STUDY.datasets[wildcards.dataset].entry])


def train_code(wildcards):
    """Code of a model and its training."""
    return code_of("train", [STUDY.builder(wildcards.dataset, wildcards.model)])


def probe_code(wildcards):
    """Code of the probe: the model, the tests and the controls."""
    builder = STUDY.builder(wildcards.dataset, wildcards.model)
    return code_of("probe", [builder, *STUDY.entries("stability"), *STUDY.entries("controls")])


def attribute_code(wildcards):
    """Code of a method: the model, the tests and the method."""
    builder = STUDY.builder(wildcards.dataset, wildcards.model)
    return code_of(
        "attribute",
        [
            builder,
            *STUDY.entries("stability"),
            STUDY.attribution[wildcards.method].entry,
        ],
    )


def discover_code(wildcards):
    """Code of a discovery, and the model's."""
    builder = STUDY.builder(wildcards.dataset, wildcards.model)
    found = STUDY.datasets[wildcards.dataset].entry
    return code_of("discover", [builder, found, STUDY.discovery[wildcards.discovery].entry])


def score_code(wildcards):
    """Code of every metric."""
    return code_of("score", STUDY.entries("evaluation"))


def compare_code(wildcards):
    """Code of intervals, gates and verdicts."""
    return code_of("compare", [])


def report_code(wildcards):
    """Code of the page and its figures."""
    return fingerprint("xassay.steps.report", *members("xassay.report.figures"))


def bibliography(wildcards):
    """What the references say, in 12 digits."""
    return hashlib.sha256((HERE / "resources" / "references.bib").read_bytes()).hexdigest()[:12]


def study_of(wildcards):
    """The study with the fingerprint of every plug-in that it uses, as JSON."""
    code = {
        section: {name: fingerprint(choice.entry.module, plugins=PLUGINS) for name, choice in choices.items()}
        for section, choices in ((folder, getattr(STUDY, folder)) for folder in FOLDERS)
    }
    return canonical(STUDY.description() | {"code": code})
