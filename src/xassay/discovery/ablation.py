"""Ablation: elements of the samples taken out, one at a time, beside stretches that hold none (zhou2015)."""

import numpy as np
import pandas as pd

from xassay.core.experiments import beside, by_sample, mean, placed, with_p
from xassay.core.removal import elsewhere, masks, removed

CARD = dict(
    label="Ablation of elements",
    kinds=("sequence",),
    needs=(),
    finds="effects",
    reference="zhou2015",
    limits=dict(fill=("scramble", "baseline"), draws=(1, None)),
)
COLUMNS = ("element", "causal", "elements", "samples", "effect", "se", "p", "q", "elsewhere", "elsewhere_se")


def discover(model, x, target, baseline, maps, elements, oracle, rng, *, fill="scramble", draws=8):
    """What an element adds to the explained output of its sequence: f(x) less f(x without it), logits.

    fill: scramble, the element's own bases in ``draws`` random orders; baseline, the references' bases. The
    elements are those of the data set, or else the sites of patterns in ``maps``. Returns ``effects``, a row
    a name: mean over samples (of their elements' means) with its standard error, p (Student's t) and q; the
    same for stretches of that width that meet no element; and both on f* where it is known. Raises
    InputError without elements and maps."""
    found = placed(elements, x, maps, rng, "ablation")
    if found.empty:
        return {"effects": pd.DataFrame(columns=COLUMNS), "note": "no element lies in an evaluated sample"}
    functions = beside(model, oracle)
    length, width = x.shape[2], (found["stop"] - found["start"]).to_numpy()
    free = elsewhere(found, length, rng)
    given = dict(fill=fill, draws=draws, rng=rng)
    sample = found["sample"].to_numpy()
    own = removed(
        functions, x, target, sample, masks(found["start"], found["stop"], length), baseline, **given
    )
    other = removed(functions, x, target, sample, masks(free, free + width, length), baseline, **given)
    rows = []
    for name, part in found.groupby("name"):
        at, samples = part.index.to_numpy(), part["sample"].to_numpy()
        row = dict(element=name, causal=bool(part["causal"].any()), elements=len(at))
        row |= dict(samples=len(np.unique(samples)))
        for key in functions:
            row |= mean(by_sample(own[key][at], samples), key)
            control = mean(by_sample(np.where(free[at] < 0, np.nan, other[key][at]), samples))
            row |= {f"{key}elsewhere": control["effect"], f"{key}elsewhere_se": control["se"]}
        rows.append(row)
    return {"effects": with_p(pd.DataFrame(rows), "samples")}
