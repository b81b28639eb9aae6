"""Mean ranks of the methods, as bootstrapped by compare."""

import pandas as pd

from xassay.report.sections import WHERE, Column, spanned, table, text

TIE = 0.001  # of a metric's mean: less than this orders nobody


def ranks(tables):
    """Every metric's ranks, a row a method."""
    frame = tables.ranks[tables.ranks.mean_rank.notna()]
    tied = [ties(tables, row) for row in frame.itertuples()]
    return table(
        tables,
        spanned(frame.assign(tied=tied), digits=1),
        *WHERE,
        Column("metric", "Metric"),
        Column("method", "Method"),
        Column("mean_rank", "Mean rank", 1),
        Column("interval", "95 % interval"),
        Column("tied", f"Others within {TIE}", 0),
    )


def leaders(tables):
    """[dict(dataset, models, rows)]: ranks by recovery, methods down, models across; "=" marks a tie."""
    frame = tables.ranks[(tables.ranks.metric == tables.recovery) & tables.ranks.mean_rank.notna()]
    found = []
    for dataset in tables.datasets:
        here = frame[frame.dataset == dataset]
        models = [model for model in tables.models if model in set(here.model)]
        place = {(row.model, row.method): row for row in here.itertuples()}
        methods = [name for m in tables.methods for name in (m, *sorted(ensembles(here, m)))]
        rows = [
            (method, [(model, cell(tables, place.get((model, method)))) for model in models])
            for method in methods
            if any((model, method) in place for model in models)
        ]
        if rows:
            found.append(dict(dataset=dataset, models=models, rows=rows))
    return found


def ensembles(rows, method):
    """Ensembles of a method among the rows."""
    return {name for name in rows.method if name.startswith(f"{method}~")}


def cell(tables, row):
    """ "= 1.2 (1.0–2.0)": mean rank, interval, a sign where another method lies within the tie."""
    if row is None:
        return "–"
    sign = "= " if ties(tables, row) else ""
    return f"{sign}{text(row.mean_rank, 1)} ({text(row.lower, 1)}–{text(row.upper, 1)})"


def ties(tables, row):
    """How many other ranked methods have a mean within TIE of this one's, same metric and model."""
    means = tables.rows(row.metric, row.dataset, row.model, variant=None)["mean"]
    ranked = tables.ranks[
        (tables.ranks.metric == row.metric)
        & (tables.ranks.dataset == row.dataset)
        & (tables.ranks.model == row.model)
    ].method
    means = means[means.index.isin(ranked)]
    if row.method not in means.index or pd.isna(means[row.method]):
        return 0
    return int(((means - means[row.method]).abs() <= TIE).sum()) - 1
