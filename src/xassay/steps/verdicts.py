"""Print the verdicts of a study as a short table, and which metrics may rank where."""

import csv
import json
import math
import shutil
import sys
from pathlib import Path

from xassay.core.errors import InputError

COLUMNS = ("dataset", "model", "method", "verdict")
CELL, LEAST = 7, -9.99  # columns of a Z' with its mark; the smallest that is printed as it is


def register(parser):
    """Arguments of ``xassay verdicts``."""
    parser.add_argument("--trust", default="results/trust.json", metavar="FILE", help="trust cards (.json)")
    parser.add_argument(
        "--gates",
        metavar="FILE",
        help="Z' of every metric (.csv); default: tables/gates.csv beside the cards",
    )


def run(args):
    """Print one line a trust card, then one a gated metric. Raises InputError where there are no cards."""
    try:
        cards = json.loads(Path(args.trust).read_text())["cards"]
    except FileNotFoundError:
        raise InputError(f"{args.trust} does not exist; `make run` writes it") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{args.trust} is not a file of trust cards") from None
    path = Path(args.gates or Path(args.trust).parent / "tables" / "gates.csv")
    if args.gates and not path.exists():
        raise InputError(f"{path} does not exist; `make run` writes it")
    width = shutil.get_terminal_size((140, 0)).columns
    print(table(cards, width))
    if path.exists():
        print("\n" + quality(gates(path), width))
    else:
        print(f"{path} does not exist, so no Z' is shown", file=sys.stderr)


def table(cards, width):
    """Cards as text, one line each, cut to ``width`` columns; the report tells reasons with their numbers."""
    rows = [COLUMNS, *(tuple(str(card[name]) for name in COLUMNS) for card in cards)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    reasons = ["why", *map(why, cards)]
    lines = []
    for row, reason in zip(rows, reasons):
        start = "  ".join(f"{cell:{size}}" for cell, size in zip(row, widths))
        lines.append(shortened(f"{start}  {reason}".rstrip(), max(width, len(start))))
    return "\n".join([lines[0], "-" * min(width, max(map(len, lines))), *lines[1:]])


def why(card):
    """What stands in the way of trust, each criterion without its numbers."""
    told = card["reasons"] if card["verdict"] != "trust" else []
    return "; ".join(reason.partition(":")[0] for reason in told)


def gates(path):
    """{metric: {(data set, model): (Z' as printed, does it rank, reason)}}. Raises InputError."""
    found = {}
    try:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                told = shown(float(row["z_prime"] or "nan")), row["passes"] == "True", row["reason"]
                found.setdefault(row["metric"], {})[row["dataset"], row["model"]] = told
    except (OSError, ValueError, KeyError):
        raise InputError(f"{path} is not a table of gates") from None
    return found


def shown(z):
    """A Z' in six columns at most; "-" where there is none."""
    return "-" if math.isnan(z) else "<-10" if z < LEAST else f"{z:.2f}"


def quality(found, width):
    """Z' of every metric, a column a (data set, model), numbered; then why a good Z' does not rank."""
    pairs = list(dict.fromkeys(pair for row in found.values() for pair in row))
    if not pairs:
        return "No metric of this study is gated by controls."
    number = {pair: str(k + 1) for k, pair in enumerate(pairs)}
    wide = max(map(len, ("metric", *found)))
    lines = [
        shortened("Z' of every gated metric, by its controls in this run (1 at best, 0.5 excellent).", width),
        shortened("x: does not rank the methods there; -: one of its controls has no value.", width),
        *(shortened(f"{number[pair]:>3}  {pair[0]}, {pair[1]}", width) for pair in pairs),
    ]
    across = max(1, (width - wide) // CELL)
    for part in (pairs[start : start + across] for start in range(0, len(pairs), across)):
        lines += [
            "",
            f"{'metric':{wide}}" + "".join(f"{number[pair]:>{CELL - 1}} " for pair in part).rstrip(),
        ]
        for metric, row in found.items():
            cells = [cell(row.get(pair)) for pair in part]
            lines.append(f"{metric:{wide}}{''.join(cells)}".rstrip())
    reasons = {}
    for metric, row in found.items():
        for pair, (z, ranks, reason) in row.items():
            if not ranks and z[0].isdigit():
                reasons.setdefault((metric, reason), []).append(number[pair])
    lines += [
        shortened(f"{metric} on {', '.join(where)}: {reason}", width)
        for (metric, reason), where in reasons.items()
    ]
    return "\n".join(lines)


def cell(told):
    """A Z' with its mark; blank where the metric has no gate."""
    if told is None:
        return " " * CELL
    z, ranks, _ = told
    return f"{z:>{CELL - 1}}{' ' if ranks or z == '-' else 'x'}"


def shortened(line, width):
    """A line cut to ``width`` columns."""
    return line if len(line) <= width else f"{line[: width - 1]}…"
