"""Robustness: the same cells measured again, another baseline, another target."""

import numpy as np

from xassay.report.marks import colour_handles, flag_handles, heat
from xassay.report.panels import by_dataset, grid, legend

CARD = dict(
    title="Does the explanation survive a second measurement?",
    caption="Mean rank correlation of a map with that of the same bag after noise by the data set's own "
    "law, with another baseline, or for the other target. Good: near 1 under noise and baseline, "
    "near -1 for the other target of two. A map that ignores the model is robust too, so this "
    "counts only beside the other negative controls. A dot: refused, or no such variant. "
    "Intervals stand in the table of all numbers. {n}",
    category="Negative controls",
)
SHORT = {"noise_stability": "noise", "baseline_stability": "baseline", "class_sensitivity": "other target"}


def metrics(tables):
    return tables.metrics("robustness") + tables.of("class_sensitivity")


def n(tables):
    return tables.n_of(*metrics(tables))


def draw(tables):
    rows = tables.summary[tables.summary.metric.isin(metrics(tables))]
    if rows.empty:
        return "the study varies neither input, baseline nor target"
    methods = [method for method in tables.methods if method in set(rows.method)]
    tests = [(m, v) for m in metrics(tables) for v in sorted(set(rows.variant[rows.metric == m].fillna("")))]
    pairs = [pair for pair in tables.pairs if pair in set(zip(rows.dataset, rows.model))]
    across = 4 if len(tests) <= 5 else 2
    figure, panels = grid(
        tables, by_dataset(tables, pairs), 0.25 * len(methods), across=across, foot=0.5, gap=0.95
    )
    for (_, dataset, model), axis in panels.items():
        means = rows[(rows.dataset == dataset) & (rows.model == model)].set_index(
            ["metric", "variant", "method"]
        )["mean"]
        values = np.array([[means.get((*test, method), np.nan) for test in tests] for method in methods])
        heat(
            axis,
            values,
            [tables.marked(method, dataset) for method in methods],
            [name(tables, *test) for test in tests],
        )
    legend(figure, [*colour_handles(), *flag_handles(tables)], columns=6)
    return figure


def name(tables, metric, variant):
    """A few letters for a test and its level."""
    test = SHORT.get(tables.plugin("evaluation", metric), tables.label(metric, "evaluation"))
    return f"{test}: {variant}" if test == "baseline" else test
