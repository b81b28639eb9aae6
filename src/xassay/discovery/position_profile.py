"""Position profile: the maps of a whole data set of aligned sequences, position by position.

A single map is one sequence; what a library of variants of one sequence tells lies in the mean over all.
"""

import numpy as np
import pandas as pd

from xassay.core.contributions import observed
from xassay.core.ranks import auroc, average_precision

CARD = dict(
    label="Position profile", kinds=("sequence",), needs=(), finds="effects", reference="kinney2010",
)  # fmt: skip

FOUND = 0.7  # AUROC below which an element's positions do not stand out from those of none


def discover(maps, x, elements):
    """Mean and mean absolute contribution of each position, and how well they tell the known elements.

    maps: hypothetical contributions, (sample, 4, position); x: (sample, 4, position); elements: of x's rows,
    or None. A position belongs to an element that covers it in most sequences. Returns tables ``recovery``:
    an element, its positions, AUROC and chance-corrected average precision of the mean |contribution| of its
    positions above those of no element, "all" for all elements together; ``contradictions``: elements whose
    positions do not stand out (AUROC below ``FOUND``), and positions of no element that are both among as
    many strongest as the elements have positions and above the median of these, with their rank;
    ``positions``: 1-based position, element, mean contribution with its standard error, mean |contribution|,
    in the logit's unit."""
    values = observed(maps, x, 1).double().cpu().numpy()
    size, n = np.abs(values).mean(0), len(values)
    of = covered(elements, n, values.shape[1])
    table = pd.DataFrame(
        {
            "position": np.arange(1, values.shape[1] + 1),
            "element": of,
            "mean": values.mean(0),
            "standard_error": values.std(0, ddof=1) / np.sqrt(n) if n > 1 else np.nan,
            "mean_absolute": size,
        }
    )
    names = [name for name in dict.fromkeys(of) if name]
    rows = []
    for name in ["all"] * bool(names) + names:
        inside = of != "" if name == "all" else of == name
        asked = inside | (of == "")
        found = size[asked][None], inside[asked].astype(float)[None]
        rows.append((name, int(inside.sum()), float(auroc(*found)[0]), float(average_precision(*found)[0])))
    columns = ["element", "positions", "auroc", "average_precision"]
    note = "" if names else "no element covers the same position in most sequences: these are not aligned"
    recovery = pd.DataFrame(rows, columns=columns)
    return {"recovery": recovery, "contradictions": against(size, of), "positions": table, "note": note}


def against(size, of):
    """What speaks against the known elements: a table, empty where nothing does.

    size: mean |contribution| of each position; of: its element, or ""."""
    rank = (-size).argsort(kind="stable").argsort(kind="stable") + 1
    rest, rows = of == "", []
    for name in dict.fromkeys(of[~rest]):
        places, asked = np.flatnonzero(of == name), rest | (of == name)
        area = auroc(size[asked][None], (of[asked] == name).astype(float)[None])[0]
        if area < FOUND:
            span = f"{places[0] + 1} to {places[-1] + 1}"
            rows.append(("a known element that is not found", name, span, int(rank[places].min())))
    bar = np.median(size[~rest]) if not rest.all() else np.inf
    for place in np.flatnonzero(rest & (size > bar) & (rank <= (~rest).sum())):
        rows.append(("a strong position of no known element", "", str(place + 1), int(rank[place])))
    return pd.DataFrame(rows, columns=["what", "element", "positions", "rank"])


def covered(elements, n, length):
    """Name of the causal element that covers each position in more than half of ``n`` sequences, or ""."""
    out = np.full(length, "", object)
    for name, own in [] if elements is None else elements[elements["causal"].astype(bool)].groupby("name"):
        count = np.zeros(length)
        for start, stop in zip(own["start"], own["stop"]):
            count[start:stop] += 1
        out[count > n / 2] = name
    return out
