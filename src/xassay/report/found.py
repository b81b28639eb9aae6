"""What was discovered, as the page shows it: each discovery's tables, short ones open."""

from xassay.report.sections import Column, text

SHORT = 12  # rows of a table that is shown at once
MOST = 200  # rows that stand in the page; all of them are in the file
DIGITS = 3


def discoveries(tables):
    """[dict(dataset, model, title, told, tables)] in the order of data sets and models."""
    place = {pair: k for k, pair in enumerate(tables.pairs)}
    rank = [
        (place.get((d.about["dataset"], d.about["model"]), len(place)), k)
        for k, d in enumerate(tables.discoveries)
    ]
    found = [tables.discoveries[k] for _, k in sorted(rank)]
    return [shown(tables, one) for one in found]


def shown(tables, one):
    """One discovery for the template."""
    about = one.about
    name, label = about["discovery"], about["label"]
    return {
        "dataset": about["dataset"],
        "model": about["model"],
        "title": label if name == about["plugin"] else f"{label} ({name})",
        "maps": about["maps"],
        "note": about["note"] or "",
        "tables": [listed(title, frame, about) for title, frame in one.tables.items()],
    }


def listed(title, frame, about):
    """A table of a discovery: dict(title, columns, rows, open, left)."""
    numbers = {name: frame[name].dtype.kind in "fiu" for name in frame}
    columns = [
        Column(name, name.replace("_", " ").capitalize(), DIGITS if numbers[name] else None) for name in frame
    ]
    rows = [
        {
            "cells": [
                {"text": cell(value), "number": numbers[name], "link": False}
                for name, value in record.items()
            ],
            "dataset": about["dataset"],
            "model": about["model"],
        }
        for record in frame.head(MOST).to_dict("records")
    ]
    return {
        "title": title.replace("_", " ").capitalize(),
        "columns": columns,
        "rows": rows,
        "open": len(rows) <= SHORT,
        "left": max(0, len(frame) - MOST),
    }


def cell(value):
    """A value as a person reads it: three digits that matter, whole numbers whole."""
    if isinstance(value, float) and value == value and not value.is_integer():
        return (f"{value:.{DIGITS}g}" if abs(value) < 1000 else f"{value:.0f}").replace("-", "−")
    return text(value, 0 if isinstance(value, float) and value == value else None)
