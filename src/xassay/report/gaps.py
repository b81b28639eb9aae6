"""What was refused, not evaluated or not gated, with names instead of ids."""

import re

import pandas as pd

from xassay.core.contracts import FOLDERS
from xassay.report.sections import WHERE, Column, table


def refused(tables):
    """What was not run, not evaluated, or not gated by controls, and why."""
    frame = pd.concat([tables.refused[[*KEYS, "reason"]], ungated(tables)], ignore_index=True)
    frame = frame.astype(object).where(frame.notna() & frame.ne(""), None)
    what = [kind(row) for row in frame.to_dict("records")]
    frame = frame.assign(reason=[named(tables, text or "") for text in frame.reason], what=what)
    return table(
        tables,
        frame,
        *WHERE,
        Column("method", "Method"),
        Column("metric", "Metric"),
        Column("what", "What"),
        Column("reason", "Reason"),
    )


KEYS = ["dataset", "model", "method", "metric"]


def ungated(tables):
    """Gates without a value: the metric, where, and why."""
    rows = tables.gates[tables.gates.z_prime.isna() & tables.gates.metric.notna()]
    reason = [text if isinstance(text, str) and text else "no Z' value" for text in rows.reason]
    found = rows[["dataset", "model", "metric"]].assign(method="every method", reason=reason)
    return found[[*KEYS, "reason"]]


def kind(row):
    """What is missing in a row."""
    if row["method"] == "every method":
        return "not gated by controls"
    return "not run" if not row["metric"] else "not evaluated"


def named(tables, text):
    """A reason with the labels of plug-ins in place of their ids; plain words that are ids too stay."""
    labels = {"the oracle": "f*", "oracle": "f*"}
    for folder in FOLDERS:
        for name in [*(tables.config.get(folder) or {}), *tables.methods * (folder == "attribution")]:
            labels |= {name: tables.label(name, folder)} if "_" in name else {}
    ids = sorted(labels, key=len, reverse=True)
    return re.sub(rf"\b({'|'.join(map(re.escape, ids))})\b", lambda match: labels[match.group()], text)
