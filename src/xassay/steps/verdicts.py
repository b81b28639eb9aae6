"""Print the verdicts of a study as a short table."""

import json
import shutil
from pathlib import Path

from xassay.core.errors import InputError

COLUMNS = ("dataset", "model", "method", "verdict")


def register(parser):
    """Arguments of ``xassay verdicts``."""
    parser.add_argument("--trust", default="results/trust.json", metavar="FILE", help="trust cards (.json)")


def run(args):
    """Print one line a trust card. Raises InputError where there are none."""
    try:
        cards = json.loads(Path(args.trust).read_text())["cards"]
    except FileNotFoundError:
        raise InputError(f"{args.trust} does not exist; `make run` writes it") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{args.trust} is not a file of trust cards") from None
    print(table(cards, shutil.get_terminal_size((140, 0)).columns))


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


def shortened(line, width):
    """A line cut to ``width`` columns."""
    return line if len(line) <= width else f"{line[: width - 1]}…"
