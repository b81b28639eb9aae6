"""Means with intervals, a row a method: the plot that most figures are."""

from itertools import product

import numpy as np

from xassay.report.marks import (
    control_handles,
    control_lines,
    dagger,
    flag_handles,
    interval,
    line,
    mark,
    note,
    tick,
)
from xassay.report.panels import grid, height_of, legend, method_rows
from xassay.report.style import QUIET
from xassay.report.tables import ENSEMBLE


def dots(tables, metrics, lines=(), ensembles=False, reference=None, beside=None, level=None, pairs=None):
    """Figure: a band a (data set, metric, level), a panel a model, a row a method.

    ``lines``: controls drawn as vertical lines; ``reference``: (x, label) of a thin line at a fixed value;
    ``beside``: (metric, label) drawn as a grey tick in each row;
    ``level``: of a stability test, the only one drawn; ``pairs``: the only (data set, model) drawn."""
    bands = bands_of(tables, metrics, level)
    if pairs is not None:
        bands = {key: [p for p in own if p in pairs] for key, own in bands.items()}
        bands = {key: own for key, own in bands.items() if own}
    names = {key: name_of(tables, key, bands) for key in bands}
    rows = tables.summary[tables.summary.metric.isin(metrics)]
    rows = rows if level is None else rows[rows.variant == level]
    methods = [method for method in tables.methods if method in set(rows.method)]
    shown = {*methods, *lines, *(method + ENSEMBLE for method in methods if ensembles)}
    figure, panels = grid(
        tables, {names[key]: pairs for key, pairs in bands.items()}, height_of(tables, methods)
    )
    drawn, hollow = [], False
    for (dataset, metric, level), pairs in bands.items():
        axes = [panels[names[dataset, metric, level], *pair] for pair in pairs]
        for axis, pair in zip(axes, pairs):
            here, place = tables.rows(metric, *pair, variant=level), method_rows(axis, tables, methods)
            if reference:
                axis.axvline(reference[0], color=QUIET, lw=0.8, zorder=1.5)
            drawn += control_lines(axis, here, lines)
            floor = tables.rows(beside[0], *pair) if beside else here.iloc[:0]
            for method in methods:
                tick(axis, floor, method, place[method])
                hollow |= row_of(axis, tables, here, method, place[method], pair, ensembles)
        found = limits(rows[(rows.metric == metric) & rows.method.isin(shown)], reference)
        axes[0].set_xlim(found or (0, 1))
        if not found:  # the rows say in words why; an axis would promise numbers
            axes[0].set_xticks([])
        axes[0].figure.supxlabel(tables.label(metric, "evaluation"), fontsize=9.5)
    legend(
        figure,
        [
            *handles(tables, hollow, beside, reference),
            *control_handles(tables, [name for name in lines if name in drawn]),
            *flag_handles(tables),
        ],
    )
    return figure


def bands_of(tables, metrics, level=None):
    """{(data set, metric, level): pairs}, data set by data set; of one level only where it is given."""
    found = {}
    summary = tables.summary
    for (dataset, model), metric in product(tables.pairs, metrics):
        rows = summary[(summary.metric == metric) & (summary.dataset == dataset) & (summary.model == model)]
        for variant in dict.fromkeys(rows.variant.fillna("")):
            if level in (None, variant):
                found.setdefault((dataset, metric, variant), []).append((dataset, model))
    return dict(sorted(found.items(), key=lambda item: tables.datasets.index(item[0][0])))


def name_of(tables, key, bands):
    """Data set, then the metric and the level where the figure has more than one."""
    dataset, metric, level = key
    several = len({k[1] for k in bands}) > 1
    levels = len({k[2] for k in bands if k[1] == metric}) > 1
    parts = [dataset] + [tables.label(metric, "evaluation")] * several + [level] * (levels and bool(level))
    return " · ".join(parts)


def row_of(axis, tables, rows, method, y, pair, ensembles=False):
    """One method's row in the panel of ``pair``; True where an ensemble was drawn."""
    ensemble = method + ENSEMBLE
    if method not in rows.index:
        note(axis, y, "refused" if tables.refusal(*pair, method) else "no value")
        return False
    hollow = ensembles and ensemble in rows.index
    if hollow:
        interval(axis, tables, ensemble, rows.loc[ensemble], y + 0.3, hollow=True)
    interval(axis, tables, method, rows.loc[method], y - (0.12 if hollow else 0))
    if (*pair, method) in tables.flags:
        dagger(axis, y)
    return hollow


def limits(rows, reference):
    """Common x limits of a metric: every bar and every control; None where there is no value at all."""
    values = rows[["mean", "lower", "upper"]].to_numpy(float)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    values = np.append(values, [reference[0]] if reference else [])
    low, high = values.min(), values.max()
    edge = 0.04 * ((high - low) or 1)
    return low - edge, high + edge


def handles(tables, hollow, beside, reference):
    """Legend entries of what is not a control."""
    found = [mark("mean, 95 % interval")]
    found += [mark("ensemble of seeds", hollow=True)] if hollow else []
    found += [mark(beside[1], marker="|", color=QUIET, ms=10, mew=2)] if beside else []
    return found + ([line(reference[1], color=QUIET, lw=0.8)] if reference else [])
