"""Robustness: the same cells measured again, another baseline."""

import numpy as np

from xassay.report.cells import Plate, colour_handles, plates
from xassay.report.marks import flag_handles

CARD = dict(
    title="Does the explanation survive a second measurement?",
    caption="Mean rank correlation of a map with that of the same bag after noise by the data set's own "
    "law (left), and with another baseline (right of the gap). Good: near 1. A map that ignores the model is"
    " robust too, so this counts only beside the other negative controls. No baseline: the map is the same "
    "under every one, since the method uses none. A dot: no such variant. Intervals stand in the table of "
    "all numbers, as do the rates of change under small perturbations. {n}",
    category="Negative controls",
)
SHORT = {"noise_stability": "noise", "baseline_stability": "baseline"}


def metrics(tables):
    """Correlations alone: rates of change are in other units, and that with the target is asked elsewhere."""
    found = [m for m in tables.metrics("robustness") if tables.card("evaluation", m)["range"] == (-1, 1)]
    return [metric for metric in found if metric not in tables.of("class_sensitivity")]


def n(tables):
    return tables.n_of(*metrics(tables))


def draw(tables):
    rows = tables.summary[tables.summary.metric.isin(metrics(tables))]
    methods = [method for method in tables.methods if method in set(rows.method)]
    if not methods:
        return "the study varies neither input nor baseline"
    tests = [(m, v) for m in metrics(tables) for v in sorted(set(rows.variant[rows.metric == m].fillna("")))]
    tests.sort(key=lambda test: tables.plugin("evaluation", test[0]) == "baseline_stability")
    pairs = [pair for pair in tables.pairs if pair in set(zip(rows.dataset, rows.model))]
    found = [plate(tables, rows, *pair, methods, tests) for pair in pairs]
    handles = [*colour_handles(), *flag_handles(tables)]
    return plates(tables, found, handles, wide=1.35, named=False, foot=0.55)


def plate(tables, rows, dataset, model, methods, tests):
    """Heatmap of one model: a row a method, a column a test and its level."""
    here = rows[(rows.dataset == dataset) & (rows.model == model)]
    means = here.set_index(["metric", "variant", "method"])["mean"]
    values = np.array([[means.get((*test, method), np.nan) for test in tests] for method in methods])
    starts = [j for j in range(1, len(tests)) if tests[j][0] != tests[j - 1][0]]
    swaps = [
        j for j, test in enumerate(tests) if tables.plugin("evaluation", test[0]) == "baseline_stability"
    ]
    words = {}
    for i, method in enumerate(methods):
        if tables.refusal(dataset, model, method):
            words[i, 0, len(tests) - 1] = "refused"
        elif len(swaps) > 1 and np.allclose(values[i, swaps], 1, rtol=0, atol=1e-9):
            words[i, swaps[0], swaps[-1]] = "no baseline"
    groups = {"baseline": (swaps[0], swaps[-1])} if len(swaps) > 1 else {}
    names = [
        name(tables, *test, alone=test[0] not in {m for m, _ in (tests[j] for j in swaps)}) for test in tests
    ]
    marked = [tables.marked(method, dataset) for method in methods]
    return Plate(dataset, model, values, marked, names, words, tuple(starts), groups)


def name(tables, metric, variant, alone):
    """A test's name where it stands alone, its level where a group is named below."""
    test = SHORT.get(tables.plugin("evaluation", metric), tables.label(metric, "evaluation"))
    return test if alone or not variant else variant
