"""Methods by data sets: what each recovers on f* and, beside it, on every trained model, and whose fault a
miss is."""

import numpy as np

from xassay.core.contracts import EXACT, ORACLE
from xassay.report.cells import Plate, colour_handles, plates
from xassay.report.judged import threshold
from xassay.report.marks import mark
from xassay.report.style import BLACK

CARD = dict(
    title="Where does which method fail, and whose fault is it?",
    caption="The mean of the recovery metric, methods down, data sets across: on f*, the known function "
    "that made the labels, and beside it on each trained model. Blue is above chance, red below. A "
    "letter marks a mean below the verdict's threshold and says why: s, the method fails on the "
    "known function too; t, it does not fail there, and the Shapley values of this trained model "
    "are right, so the method fails on this model; m, its own Shapley values miss what is planted, "
    "so it decides by something else; u, it is not known which. A dash: the model did not learn. A "
    "dot: the method cannot explain the model. {n}",
    category="Recovery",
)
WORDS = {
    "s": "the method fails on f* too",
    "t": "the method fails on this trained model",
    "m": "the model decides by something else",
    "u": "not known which",
}


def n(tables):
    return tables.n_of(tables.recovery)


def draw(tables):
    metric = tables.recovery
    exact = {d: tables.rows(metric, d, ORACLE) for d in tables.datasets if metric}
    known = [d for d, rows in exact.items() if not rows.empty]
    trained = [m for m in tables.models if m != ORACLE and any((d, m) in tables.pairs for d in known)]
    if len(known) < 2 or not trained:
        return "the study has fewer than two data sets with a known function f* and a trained model"
    methods = [method for method in tables.methods if method in set(tables.summary.method)]
    names = [tables.label(method) for method in methods]
    found = [plate(tables, metric, model, known, methods, names, exact) for model in (ORACLE, *trained)]
    size = 0.34 if len(known) < 9 else 0.28
    foot = 0.4 + 0.055 * max(map(len, known))  # names of columns, turned
    signs = sorted({sign for each in found for sign in each.signs.values()}, key=list(WORDS).index)
    keys = [mark(WORDS[sign], marker=f"$\\mathrm{{{sign}}}$", color=BLACK) for sign in signs]
    label = tables.label(metric, "evaluation")
    words = {1.0: f"{label} 1", 0.0: f"{chance(tables, metric):g}, chance", -1.0: "below"}
    return plates(tables, found, [*keys, *colour_handles(words)], size, foot=foot)


def chance(tables, metric):
    """What the metric gives a random map, by its CARD."""
    return tables.card("evaluation", metric).get("null") or 0


def plate(tables, metric, model, datasets, methods, names, exact):
    """The heatmap of one model."""
    shape = len(methods), len(datasets)
    numbers, signs, words = np.full(shape, np.nan), {}, {}
    bar = threshold(tables, "recovery") if metric in tables.of("recovery_auroc") else None  # its own alone
    for j, dataset in enumerate(datasets):
        rows = tables.rows(metric, dataset, model)["mean"]
        if tables.learned(dataset, model) is False:
            words |= {(i, j, j): "–" for i in range(len(methods))}
            continue
        for i, method in enumerate(methods):
            numbers[i, j] = value = rows.get(method, np.nan)
            if bar is not None and value < bar:
                known = exact[dataset]["mean"].get(method, np.nan)
                signs[i, j] = whose(model, known, rows.get(EXACT, np.nan), bar)
    null = chance(tables, metric)
    values = np.clip((numbers - null) / (1 - null), -1, 1)
    return Plate("", model, values, names, datasets, words, numbers=numbers, signs=signs)


def whose(model, on_f, own, bar):
    """The letter of a miss, of WORDS. on_f: what the method recovers on f*; own: what the Shapley values of
    the model do; NaN where it is not known."""
    if model == ORACLE or on_f < bar:
        return "s"
    if own < bar:
        return "m"
    return "t" if on_f >= bar and own >= bar else "u"
