"""Every plug-in's signature, on one page. Standard library alone: the catalogue reads it at parse time.

A plug-in is one file in one folder. It holds a literal ``CARD = dict(...)`` and one entry function.
Options are keyword-only and have literal defaults (a keyword without default must be given in the
configuration). Positional parameters are asked for by name, in any number and order, from the
arrays listed for its folder, as pytest asks for fixtures.

Arrays carry their axes in this order: seed, sample, instance, feature. Bags are padded with NaN
instances; whatever belongs to an absent instance is NaN.

datasets/       samples(rng, *, ...) -> Samples
                oracle(parameters) -> Module    optional: f*, from the parameters kept with the samples;
                                                its effect(x, baseline, target) is phi*, exact
models/         build(shape, n_outputs, *, ...) -> Module
attribution/    attribute(model, x, target, baseline, [rng], *, ...) -> tensor
                control_truth alone may ask for ``truth``
                ``groups`` says which maskable unit each element of x belongs to: an integer tensor that
                broadcasts to x[0], or None where the units are x's axis 1 (the instances of a bag)
                ``alphabet`` is the axis of x whose entries are one choice among several (the bases of a
                sequence), or None; along it a map of contributions is hypothetical (core/contributions.py)
evaluation/     score(attribution, ..., *, ...) -> array (replicate, sample)
stability/      variants(model, x, target, baseline, rng, ..., *, ...)
                yields (name, model, x, target, baseline)
discovery/      discover(model, x, maps, ..., *, ...) -> {table: DataFrame}, and, where it finds motifs,
"motifs":
                a list of core.motifs.Motif; "note": what stood in the way, in words
                maps: hypothetical contributions of one method, mean over seeds; elements: what was planted,
                ``sample`` a row of x; known: motifs of a file; oracle: f* or None; label: of each sample

Options are checked before a job starts: by their annotation (``size: int | None = None``), or else by their
default, a tuple with the number and kind of its elements; and by ``limits=dict(n_steps=(1, None),
rule=("presence", "count"))`` in the CARD: a range, ends included, of a number or of every element, or the
texts allowed.

What a CARD says (CARDS below holds the allowed values; a key that FOLDERS does not ask for may be left out):

label, reference    how the report calls it; key(s) of resources/references.bib
kind, kinds         the kind of data that a data set is, and those that a plug-in reads
files               options of a data set, a model or a discovery that name input files: a changed file runs
                    it again
provides, needs     what a model has beside its logits: x's gradient; attention(x); embed(x) and pool(h),
                    which work instance by instance ("instances"); feature_maps(x) and head(h); attentions(x)
                    of all layers ("layers_attention"); states(x) along the sequence ("temporal"); a first
                    convolution over the bases ("filters"). What needs something lacking is refused
family              of a method: how it works; of a metric: the question that it answers in the verdict
signed              whether a map tells evidence for from evidence against
level, instance     "feature": the map has x's shape, and "sum" or "norm" over features makes it one of
                    instances; "instance": it is (sample, instance)
hypothetical        False: of a sequence, a map of x's shape that tells no base from another
axioms              what a map promises: "completeness", its total is f(x) - f(baseline)
variants            False: a control too costly to run on every variant
diluted             True: a positive control that is also given with more and more noise added
range, null         least and largest value, None for no end; the value that a random map has, or None
direction           1: larger is better, -1: smaller is, 0: describes, and ranks nothing
gate                (positive control, negative control) that must differ for the metric to count, or None
draws               of a metric that asks for a stability test's maps: "apart" (the default), it gets those of
                    one draw, (replicate, sample, unit); "together", all draws of a level and one seed,
                    (1, draw, sample, unit), and ``distance`` likewise
finds               what a discovery's tables tell of: motifs, interactions, effects, ...
varies, fixed       what a test changes between two maps, in words; TRAINED ones need a trained model
alike               True: a method that draws gets the same draws for every variant of the test
circular            methods whose map is what the metric compares with: shown, not ranked
"""

from typing import Any, NamedTuple


class Folder(NamedTuple):
    """What the files of one plug-in folder have in common."""

    entry: str  # the function that every file defines
    choice: str  # the configuration key that names a plug-in
    card: tuple[str, ...]  # keys that every CARD has
    arrays: tuple[str, ...]  # names that the entry's positional parameters may take
    whole: bool = True  # a study that leaves the section out holds every plug-in of the folder


FOLDERS = {
    "datasets": Folder("samples", "dataset", ("label", "kind", "reference"), ("rng",)),
    "models": Folder("build", "model", ("label", "kinds", "provides", "reference"), ("shape", "n_outputs")),
    "attribution": Folder(
        "attribute",
        "method",
        ("label", "family", "kinds", "needs", "signed", "level", "axioms", "reference"),
        ("model", "x", "target", "baseline", "groups", "alphabet", "rng", "truth"),
    ),
    "evaluation": Folder(
        "score",
        "metric",
        ("label", "family", "range", "direction", "null", "gate", "reference"),
        # and the stem of any stability plug-in: the maps of its variants
        (
            *("attribution", "truth", "effect", "decoy", "probe", "curve", "gap", "imputed", "total"),
            *("angle", "replicates", "other_samples", "other_model", "methods", "distance"),
        ),
    ),
    "stability": Folder(
        "variants",
        "test",
        ("label", "varies", "fixed", "reference"),
        ("model", "x", "target", "baseline", "groups", "rng", "twin", "noise", "draws"),
    ),
    "discovery": Folder(
        "discover",
        "discovery",
        ("label", "kinds", "needs", "finds", "reference"),
        (
            *("model", "x", "target", "baseline", "maps", "elements", "variants", "known", "oracle"),
            *("label", "rng"),
        ),
        whole=False,
    ),
}

KINDS = ("bag", "sequence", "image")
# What a data set's own keys may say, by its kind, the default first.
OWN = {
    "bag": {
        "baseline": ("training_cells", "counterfactual", "shuffle", "mean", "zero"),
        "level": ("instance", "feature", "group"),
        "references": 2,
    },
    "sequence": {
        "baseline": ("shuffle", "uniform", "composition", "training_sequences", "zero"),
        "level": ("position",),
        "references": 4,
    },
    "image": {"baseline": ("mean", "zero"), "level": ("pixel",), "references": 1},
}
PROVIDED = (
    *("gradient", "attention", "instances"),
    *("feature_maps", "filters", "layers_attention", "temporal"),  # of sequence models
)
ORACLES = {"bag": ("gradient", "instances"), "sequence": ("gradient",), "image": ("gradient",)}  # f* provides
COMMON = {
    "label": "text",
    "reference": "text, a tuple of texts or None",
    "limits": "dict(option=limit)",
}
# Allowed values of every key: a tuple of them, ("each", ...) for a tuple's elements, or a form in words.
CARDS = {
    "datasets": COMMON
    | {"kind": KINDS, "files": "a tuple of texts", "provides": ("each", *PROVIDED)},  # of its oracle
    "models": COMMON
    | {"kinds": ("each", *KINDS), "provides": ("each", *PROVIDED), "files": "a tuple of texts"},
    "attribution": COMMON
    | {
        "family": ("gradient", "perturbation", "attention", "control"),
        "kinds": ("each", *KINDS),
        "needs": ("each", *PROVIDED),
        "signed": (True, False),
        "level": ("feature", "instance"),
        "instance": ("sum", "norm"),
        "hypothetical": (True, False),
        "axioms": ("each", "completeness"),
        "variants": (True, False),
        "diluted": (True, False),
    },
    "evaluation": COMMON
    | {
        "family": (
            *("recovery", "faithfulness", "completeness", "randomisation"),
            *("permutation", "agreement", "repeatability", "reproducibility", "robustness", "complexity"),
        ),
        "kinds": ("each", *KINDS),
        "range": "a pair of numbers or None",
        "direction": (-1, 0, 1),
        "null": "a number or None",
        "gate": "None or a pair of names",
        "draws": ("apart", "together"),
        "circular": "a tuple of texts",
    },
    "stability": COMMON | {"varies": "text", "fixed": "text", "alike": (True, False)},
    "discovery": COMMON
    | {
        "kinds": ("each", *KINDS),
        "needs": ("each", *PROVIDED),
        "finds": ("motifs", "interactions", "filters", "designs", "traces", "effects", "variants"),
        "files": "a tuple of texts",
    },
}

CONTROL = "control_"  # stems of attribution plug-ins that are controls, not contestants
NOISE = "~noise_"  # between a diluted control's id and the noise, its size over that of the map
UNSIGNED = 2  # the truth of a unit that has an effect, of unknown sign: maps are compared with it by size
EXACT = "control_shapley"  # the control that is the exact attribution of the model at hand
ORACLE = "oracle"  # the model id reserved for f*
TRAINED = ("parameters", "labels")  # what tests of training vary: f* has had none


class Probe(NamedTuple):
    """The model's answers to masks that no method chose. ``delta`` is f(x) - f(masked x).

    f is the explained logit; a masked instance is replaced by the baseline's, averaged over references.
    """

    masks: Any  # (sample, mask, instance) bool, True where replaced; False where absent
    delta: Any  # (seed, sample, mask)
    single: Any  # (seed, sample, instance): one instance replaced; NaN where absent
    total: Any  # (seed, sample): all instances replaced


class Curve(NamedTuple):
    """The explained logit while instances are replaced one after the other; step 0 is f(x).

    NaN beyond a bag's size: a bag of n instances has n + 1 steps.
    """

    most: Any  # (seed, sample, step): largest attribution first
    least: Any  # (seed, sample, step): smallest attribution first
    random: Any  # (seed, sample, order, step): orders that no method chose
    exact: Any = None  # (seed, sample, 2, step): along the exact attribution of the model, and against it


class Gap(NamedTuple):
    """How far the explained logit moves, on average, under Gaussian noise on a part of the instances.

    The noise has each feature's own spread; parts are shares of a bag, by the size of a map."""

    important: Any  # (seed, sample, share): noise on the instances of largest |attribution|
    rest: Any  # (seed, sample, share): noise on all others


class Imputed(NamedTuple):
    """The explained logit while a growing share of the units is told from those that are left (ROAD).

    NaN where a sample has one unit."""

    most: Any  # (seed, sample, share): largest attribution first
    least: Any  # (seed, sample, share): smallest attribution first
