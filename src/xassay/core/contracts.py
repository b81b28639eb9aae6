"""Every plug-in's signature, on one page. Standard library alone: the catalogue reads it at parse time.

A plug-in is one file in one folder. It holds a literal ``CARD = dict(...)`` and one entry function.
Options are keyword-only and have literal defaults (a keyword without default must be given in the
configuration). Positional parameters are asked for by name, in any number and order, from the
arrays listed for its folder, as pytest asks for fixtures.

Arrays carry their axes in this order: seed, sample, instance, feature. Bags are padded with NaN
instances; whatever belongs to an absent instance is NaN.

datasets/       samples(rng, *, ...) -> Samples
                oracle(parameters) -> Module    optional: f*, from the parameters kept with the samples;
                                                its effect(x, baseline) is phi*, the exact attribution
models/         build(shape, n_outputs, *, ...) -> Module
attribution/    attribute(model, x, target, baseline, [rng], *, ...) -> tensor
                control_truth alone may ask for ``truth``
evaluation/     score(attribution, ..., *, ...) -> array (replicate, sample)
stability/      variants(model, x, target, baseline, rng, ..., *, ...)
                yields (name, model, x, target, baseline)
"""

from typing import Any, NamedTuple


class Folder(NamedTuple):
    """What the files of one plug-in folder have in common."""

    entry: str  # the function that every file defines
    choice: str  # the configuration key that names a plug-in
    card: tuple[str, ...]  # keys that every CARD has
    arrays: tuple[str, ...]  # names that the entry's positional parameters may take


FOLDERS = {
    "datasets": Folder("samples", "dataset", ("label", "kind", "reference"), ("rng",)),
    "models": Folder("build", "model", ("label", "kinds", "provides", "reference"), ("shape", "n_outputs")),
    "attribution": Folder(
        "attribute",
        "method",
        ("label", "family", "kinds", "needs", "signed", "level", "axioms", "reference"),
        ("model", "x", "target", "baseline", "rng", "truth"),
    ),
    "evaluation": Folder(
        "score",
        "metric",
        ("label", "family", "range", "direction", "null", "gate", "reference"),
        # and the stem of any stability plug-in: the maps of its variants
        ("attribution", "truth", "probe", "curve", "total", "replicates", "other_samples", "other_method"),
    ),
    "stability": Folder(
        "variants",
        "test",
        ("label", "varies", "fixed", "reference"),
        ("model", "x", "target", "baseline", "rng", "twin", "noise", "draws"),
    ),
}

CONTROL = "control_"  # stems of attribution plug-ins that are controls, not contestants
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
