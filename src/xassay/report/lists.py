"""What the page lists beside its tables: top features, references, configuration, code."""

import json
from collections import Counter

from xassay.report.bibliography import cited


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
        "attribution": tables.methods,
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
