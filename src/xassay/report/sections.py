"""The page's tables and sentences, made from the study's tables; no number is computed twice."""

from typing import NamedTuple

import pandas as pd

from xassay.core.contracts import NOISE


class Column(NamedTuple):
    """A column: ``name`` in the frame, ``label`` on the page, ``digits`` where it is a number."""

    name: str
    label: str
    digits: int | None = None


def text(value, digits=None):
    """A cell as a person reads it; a missing value is a dash, never a zero."""
    if value is None or (not isinstance(value, (list, dict)) and pd.isna(value)):
        return "–"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if digits is not None and isinstance(value, (int, float)):
        shown = f"{value:.{digits}f}"
        return shown.lstrip("-") if float(shown) == 0 else shown.replace("-", "−")
    return str(value)


def table(tables, frame, *columns):
    """dict(columns, rows) for the template; a row knows its data set and model, to be filtered by."""
    rows = []
    place = {pair: i for i, pair in enumerate(tables.pairs)}
    by = {name: i for i, name in enumerate(tables.datasets)}
    records = frame.to_dict("records")
    records.sort(
        key=lambda r: (by.get(r.get("dataset"), -1), place.get((r.get("dataset"), r.get("model")), -1))
    )
    for record in records:
        cells = []
        for name, _, digits in columns:
            value = record.get(name)
            folder = {"method": "attribution", "model": "models", "metric": "evaluation"}.get(name)
            shown = (
                tables.label(value, folder) if folder and value and value == value else text(value, digits)
            )
            cells.append(
                dict(text=shown, number=digits is not None, link=name == "citation" and value == value)
            )
        rows.append(dict(cells=cells, dataset=record.get("dataset") or "", model=record.get("model") or ""))
    return dict(columns=columns, rows=rows)


def spanned(frame, value="mean", lower="lower", upper="upper", digits=3):
    """The frame with a column ``interval`` that holds "lower to upper"."""
    pairs = zip(frame[lower], frame[upper])
    return frame.assign(
        interval=[f"{text(a, digits)} to {text(b, digits)}" if a == a else "–" for a, b in pairs]
    )


WHERE = (Column("dataset", "Data set"), Column("model", "Model"))


def summary(tables):
    """Every mean with its interval, but for what has a figure: pairs of agreement, controls with noise."""
    drawn = tables.summary.metric.isin(tables.metrics("agreement"))
    drawn |= tables.summary.method.fillna("").astype(str).str.contains(NOISE, regex=False)
    frame = spanned(tables.summary[~drawn])
    return table(
        tables,
        frame,
        *WHERE,
        Column("method", "Method"),
        Column("metric", "Metric"),
        Column("variant", "Variant"),
        Column("mean", "Mean", 3),
        Column("interval", "95 % interval"),
        Column("n_seeds", "Seeds", 0),
        Column("n_samples", "Samples", 0),
        Column("n_nan", "Undefined", 0),
        Column("flag", "Flag"),
    )


def performance(tables):
    """Every trained seed and its permuted-label twin; the mark of a model that did not learn."""
    frame = tables.performance.copy()
    frame["seed"] = ["ensemble" if seed == -1 else str(seed) for seed in frame.seed]
    frame["twin"] = ["permuted labels" if twin else "real labels" for twin in frame.twin]
    frame["mark"] = [
        "did not learn" if tables.learned(d, m) is False else "" for d, m in zip(frame.dataset, frame.model)
    ]
    return table(
        tables,
        frame,
        *WHERE,
        Column("seed", "Seed"),
        Column("twin", "Trained on"),
        Column("auroc", "AUROC", 3),
        Column("auprc", "AUPRC", 3),
        Column("brier", "Brier", 3),
        Column("ece", "ECE", 3),
        Column("r", "r", 3),
        Column("r2", "R²", 3),
        Column("mark", "Mark"),
    )


def learned(tables):
    """Did each model learn: against its twin."""
    frame = spanned(tables.frames["learned"], lower="difference_lower", upper="difference_upper")
    return table(
        tables,
        frame,
        *WHERE,
        Column("measure", "Measure"),
        Column("score", "Model's", 3),
        Column("twin_score", "Twin's", 3),
        Column("difference", "Difference", 3),
        Column("interval", "95 % interval"),
        Column("loss_gain", "Loss saved", 3),
        Column("learned", "Learned"),
        Column("reason", "Reason"),
    )


def dose_response(tables):
    """Hill curve and limit of detection, a row a (series, model, method, metric)."""
    frame = spanned(tables.dose_response, lower="ec50_lower", upper="ec50_upper")
    return table(
        tables,
        frame,
        Column("series", "Series"),
        Column("option", "Dose"),
        *(Column(name, name.title()) for name in ("model", "method", "metric")),
        Column("n_doses", "Doses", 0),
        Column("floor", "Floor", 3),
        Column("top", "Top", 3),
        Column("ec50", "EC50", 3),
        Column("interval", "95 % interval"),
        Column("hill", "Hill", 2),
        Column("limit_of_detection", "Limit of detection", 3),
        Column("detection", "Detection"),
        Column("reason", "Reason"),
    )


def datasets(tables):
    """Samples, what is explained, groups, cells and how often a cell is drawn again."""
    return table(
        tables,
        tables.datasets_table,
        Column("dataset", "Data set"),
        Column("split", "Split"),
        Column("samples", "Bags", 0),
        Column("positives", "Positive", 0),
        Column("explained", "Explained"),
        Column("against", "Against"),
        Column("groups", "Groups", 0),
        Column("instances", "Cells drawn", 0),
        Column("cells", "Distinct cells", 0),
        Column("witness_cells", "Distinct witnesses", 0),
        Column("reuse", "Times drawn", 1),
        Column("witness_rate", "Witness rate", 3),
        Column("licence", "Licence"),
        Column("citation", "Citation"),
        Column("warning", "Warning"),
    )
