"""What the page lists beside its tables: what is explained, top features, references, versions, code."""

import json
from collections import Counter

from xassay.report.bibliography import cited

MOST = 6  # planted features that are named
LEVELS = {
    "instance": "",
    "feature": "; maps are about features, each in all cells of a bag: where a text says cell, read feature",
    "group": "; maps are about groups of features, in all cells of a bag: where a text says cell, read group",
    "position": "; maps are about the positions of a sequence: where a text says cell, read position, and "
    "sequence for bag",
}  # what the reader is told of the level of an assay


def explained(tables):
    """[(data set, words)]: which label is explained, and which cells are its witnesses."""
    found = []
    for dataset in tables.datasets:
        rows = tables.datasets_table[tables.datasets_table.dataset == dataset]
        label, against = (first(rows.get(name)) for name in ("explained", "against"))
        words = f"“{label}”" if label else "the positive label"
        words += f" against “{against}”" if label and against else ""
        kinds = witnesses(tables, dataset)
        what = "elements" if tables.kind(dataset) == "sequence" else "witnesses"
        words += f"; {what}: {', '.join(kinds)}" if kinds else f"; no {what[:-1]} is known"
        level = ((tables.config.get("datasets") or {}).get(dataset.split("~")[0]) or {}).get(
            "level", "instance"
        )
        words += LEVELS[level]
        found.append((dataset, words))
    return found


def entry(tables, dataset):
    """The configuration's entry of a data set, or of the series that it is a member of."""
    return (tables.config.get("datasets") or {}).get(dataset.split("~")[0]) or {}


def first(column):
    """The first value that a column holds, as text; "" where it holds none."""
    known = [] if column is None else [str(value) for value in column.dropna() if str(value)]
    return known[0] if known else ""


def witnesses(tables, dataset):
    """Types of the cells that cause the label: as configured, or as the gallery marks them."""
    named, shown = (
        entry(tables, dataset).get("witness") or [],
        tables.gallery[tables.gallery.dataset == dataset],
    )
    named = [named] if isinstance(named, str) else list(map(str, named))
    if tables.kind(dataset) == "sequence":
        units = list(dict.fromkeys(shown.planted[(shown.truth != 0) & (shown.planted != "")]))
        return sorted(units)[:MOST] + [f"{len(units) - MOST} more"] * (len(units) > MOST)
    if entry(tables, dataset).get("level", "instance") != "instance":
        units = list(dict.fromkeys(shown.cell[shown.truth > 0]))
        return units[:MOST] + [f"{len(units) - MOST} more"] * (len(units) > MOST)
    found = witness_types(shown)
    return named or [f"cells of type “{kind}”" for kind in found]


def witness_types(cells, share=0.1):
    """Types that make up at least ``share`` of the witnesses among ``cells``, the most frequent first.

    By a known rule an odd cell of another type may be a witness too; it does not make its type one."""
    counts = cells.planted[cells.truth > 0].dropna().value_counts()
    often = counts[counts >= share * counts.sum()]
    return sorted(often.index, key=lambda kind: (-often[kind], kind))


def versions(tables):
    """[(name, version)] of what the results were made with: Python and the package itself first."""
    found = dict(tables.provenance.get("versions") or {})
    for name in ("python", "xassay"):
        if isinstance(tables.provenance.get(name), str):
            found.setdefault(name, tables.provenance[name])
    order = {"xassay": 0, "python": 1}
    return sorted(found.items(), key=lambda item: (order.get(item[0], 2), item[0]))


def features(tables, depth=10):
    """[dict(dataset, model, methods, rows)]: the strongest features of every method side by side."""
    found = []
    for dataset, model in tables.pairs:
        here = tables.features.query("dataset == @dataset and model == @model and rank <= @depth")
        methods = [method for method in tables.methods if method in set(here.method)]
        ranked = {m: here[here.method == m].sort_values("rank", kind="stable") for m in methods}
        shared = Counter(feature for m in methods for feature in ranked[m].feature)
        rows = [
            [cell(ranked[m].iloc[i], shared, len(methods)) if i < len(ranked[m]) else None for m in methods]
            for i in range(min(depth, max(map(len, ranked.values()), default=0)))
        ]
        if rows:
            found.append(dict(dataset=dataset, model=model, methods=methods, rows=rows))
    return found


def cell(row, shared, methods):
    """A feature with its sign; bold where at least half of the methods (two or more) name it."""
    return dict(
        name=row.feature,
        sign="+" if row.attribution >= 0 else "−",
        value=f"{row.attribution:.3g}",
        shared=shared[row.feature] >= max(2, methods / 2),
    )


def references(tables):
    """What the study stands on: references of every plug-in that took part, and of the data."""
    keys = set(tables.datasets_table.citation.dropna())
    names = {
        "attribution": [*tables.methods, *tables.order(tables.summary.method.dropna(), "attribution")],
        "models": tables.models,
        "datasets": tables.datasets,
        "evaluation": tables.summary.metric.dropna().unique(),
        "stability": tables.config.get("stability") or {},
    }
    for folder, found in names.items():
        keys |= {tables.card(folder, name).get("reference") for name in found}
    return cited(key for text_ in keys if text_ for key in ([text_] if isinstance(text_, str) else text_))


def configuration(tables):
    """The configuration as it was run, as text."""
    return json.dumps(tables.config, indent=1, ensure_ascii=False, default=str)


def code(tables, tree=None, path=""):
    """[(name, hash)] of the code behind every job; a nested mapping is written as a path."""
    tree = (tables.provenance.get("code") or {}) if tree is None else tree
    if not isinstance(tree, dict):
        return [(path, tree)]
    return [
        line for name in sorted(tree) for line in code(tables, tree[name], f"{path} / {name}".strip(" /"))
    ]
