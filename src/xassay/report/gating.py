"""Which metric may rank where: the gates as the page and the figures show them."""

from collections import Counter
from itertools import groupby

import numpy as np
import pandas as pd

from xassay.core.contracts import NOISE
from xassay.report.sections import text

EDGES = 0.5  # of what truth earns: from here on the size of the input is told


def gates(tables):
    """{(data set, model): {metric: row}} of gated metrics, in the order of the page."""
    found = {}
    known = dict(list(tables.gates.groupby(["dataset", "model"], sort=False)))
    order = metrics(tables)
    for pair in tables.pairs:
        rows = {row["metric"]: row for row in known[pair].to_dict("records")} if pair in known else {}
        found[pair] = {metric: rows[metric] for metric in order if metric in rows}
    return {pair: rows for pair, rows in found.items() if rows}


def metrics(tables):
    """Gated metrics, in the order of their families and of the configuration."""
    found = tables.order(tables.gates.metric.dropna(), "evaluation")
    families = list(dict.fromkeys(family(tables, metric) for metric in found))
    return sorted(found, key=lambda metric: families.index(family(tables, metric)))


def family(tables, metric):
    """The question that a metric answers."""
    return tables.card("evaluation", metric).get("family", "other")


def standing(row):
    """(style, sign, why) of a gate: does the metric rank, and in few words what keeps it from that."""
    if row is None or pd.isna(row["z_prime"]):
        return "open", "○", "no value"
    if row["passes"] is True:
        return "yes", "✓", ""
    if row["z_prime"] < 0:
        return "no", "×", "Z' below 0"
    if row["within_margin"] is False:
        return "no", "×", "random maps off the null"
    if row["monotone"] is False:
        return "no", "×", "rises under noise" if row["rise"] > 0 else "deaf to noise"
    return "no", "×", "controls the wrong way round"


def edges(row):
    """The share of truth's score that the size of the input earns, where the metric ranks and it is large."""
    share = row["input_share"]
    return share if row["passes"] is True and share > EDGES else None


def dilutions(tables):
    """{(data set, model, metric): (noise, score)}: scores of the positive control as noise is added to it.

    Scaled so that the positive control is 1 and the negative one 0; noise is its RMS over the map's own."""
    pairs = {(r.dataset, r.model, r.metric): (r.positive, r.negative) for r in tables.gates.itertuples()}
    s = tables.summary
    means = {}
    asked = s[s.variant.fillna("").eq("") & s.method.fillna("").astype(str).str.startswith("control_")]
    for row in asked.itertuples():
        means.setdefault((row.dataset, row.model, row.metric), {})[row.method] = row.mean
    found = {}
    for key, (positive, negative) in pairs.items():
        here = means.get(key, {})
        top, floor = here.get(positive, np.nan), here.get(negative, np.nan)
        noisy = {
            float(m.removeprefix(positive + NOISE)): value
            for m, value in here.items()
            if m.startswith(f"{positive}{NOISE}")
        }
        levels = {0.0: top} | dict(sorted(noisy.items()))
        if noisy and top != floor and np.isfinite([top, floor]).all():
            found[key] = np.array(list(levels)), (np.array(list(levels.values())) - floor) / (top - floor)
    return found


def matrix(tables):
    """dict(sets, columns, rows): metrics down, models across; a cell says whether the metric ranks there."""
    found = gates(tables)
    columns = [
        dict(dataset=d, model=m, first=not k or list(found)[k - 1][0] != d, learned=tables.learned(d, m))
        for k, (d, m) in enumerate(found)
    ]
    rows = []
    for name, members in groupby(metrics(tables), lambda metric: family(tables, metric)):
        rows.append(dict(family=name))
        for metric in members:
            cells = [cell(found[c["dataset"], c["model"]].get(metric)) | {"column": c} for c in columns]
            rows.append(dict(metric=metric, cells=cells))
    sets = Counter(c["dataset"] for c in columns)
    return dict(sets=sets, columns=columns, rows=rows)


def cell(row):
    """dict(style, sign, z, why, edges, reason) of one gate."""
    style, sign, why = standing(row)
    if row is None:
        return dict(style="open", sign="", z="", why="", edges=None, reason="not part of this model's scores")
    return dict(
        style=style,
        sign=sign,
        z="" if pd.isna(row["z_prime"]) else bounded(row["z_prime"]),
        why=why,
        edges=None if edges(row) is None else f"{edges(row):.0%}",
        reason=row["reason"] if isinstance(row["reason"], str) else "",
    )


def bounded(value, least=-9.99):
    """A number with two decimals; far below 0 it says no more than that."""
    return text(value, 2) if value >= least else "below −10"


def folds(tables):
    """[dict(dataset, model, learned, ranks, of, lines)]: the gates of one model, a line a metric."""
    curves = dilutions(tables)
    out = []
    for (dataset, model), rows in gates(tables).items():
        lines = []
        for metric, row in rows.items():
            style, sign, _ = standing(row)
            numbers = {k: text(row[k], 3) for k in ("m_positive", "m_negative", "random_mean", "null")}
            lines.append(
                numbers
                | dict(
                    metric=metric,
                    style=style,
                    word={"yes": "✓ yes", "no": "× no", "open": "○ open"}[style],
                    z=text(row["z_prime"]) if pd.isna(row["z_prime"]) else bounded(row["z_prime"]),
                    grade=row["grade"],
                    at_null=text(row["within_margin"]),
                    falls=text(row["monotone"]),
                    curve=sparkline(curves.get((dataset, model, metric))),
                    input="–" if pd.isna(row["input_share"]) else percent(row["input_share"]),
                    reason=row["reason"] if isinstance(row["reason"], str) else "",
                )
            )
        ranks = sum(line["style"] == "yes" for line in lines)
        where = dict(dataset=dataset, model=model, learned=tables.learned(dataset, model))
        out.append(where | dict(ranks=ranks, of=len(lines), lines=lines))
    return out


def percent(share):
    """A share in per cent; what is worse than the negative control by more than all says no more."""
    return f"{share:.0%}".replace("-", "−") if share >= -1 else "below −100%"


def sparkline(curve, width=92, height=22, edge=3):
    """dict(width, height, points, top, floor) of an SVG line, no noise at its left, most at its right."""
    if curve is None:
        return None
    levels, scores = curve
    x = edge + (width - 2 * edge) * np.arange(len(levels)) / (len(levels) - 1)
    y = edge + (height - 2 * edge) * (1 - np.clip(scores, -0.1, 1.1)) / 1
    points = [(f"{a:.1f}", f"{b:.1f}") for a, b in zip(x, y, strict=True) if np.isfinite(b)]
    return dict(width=width, height=height, points=points, top=edge, floor=height - edge)


def sentences(tables):
    """[(data set, words)]: how many metrics rank, which do not, which reward the size of the input."""
    found, out = gates(tables), []
    for dataset in dict.fromkeys(d for d, _ in found):
        here = {model: rows for (d, model), rows in found.items() if d == dataset}
        asked = [metric for metric in metrics(tables) if any(metric in rows for rows in here.values())]
        never, some = [], []
        for metric in asked:
            lost = [m for m, rows in here.items() if standing(rows.get(metric))[0] != "yes"]
            label = tables.label(metric, "evaluation")
            if len(lost) == len(here):
                never.append(label)
            elif lost:
                some.append(f"{label} (not on {', '.join(tables.label(m, 'models') for m in lost)})")
        rest = len(asked) - len(never) - len(some)
        words = f"of {len(asked)} gated metrics {rest} rank{'s' * (rest == 1)} the methods on every model"
        words += f"; on some: {', '.join(some)}" * bool(some)
        words += f"; on none: {', '.join(never)}" * bool(never)
        large = [metric for metric in asked if any(edges(r[metric]) for r in here.values() if metric in r)]
        names = ", ".join(tables.label(metric, "evaluation") for metric in large)
        words += (
            f". The size of the input by itself earns more than half of what truth earns by {names}: methods "
            "that point at large cells look good there"
        ) * bool(large)
        out.append((dataset, words))
    return out
