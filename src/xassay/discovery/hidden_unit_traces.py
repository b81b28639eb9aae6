"""Hidden units that follow a planted element along the sequence, as probes of recurrent states do.

Karpathy et al. (2016) looked at such units one by one; here every unit is tested, and what is shown is fixed
by a rule."""

import numpy as np
import pandas as pd
import torch

from xassay.core.activations import traces
from xassay.core.errors import InputError
from xassay.core.removal import masks
from xassay.core.significance import benjamini_hochberg

CARD = dict(
    label="Hidden units that follow an element",
    kinds=("sequence",),
    needs=(),
    finds="traces",
    reference="karpathy2016",
    limits=dict(draws=(1, None), most=(1, None), quantile=(0, 1)),
)
BLOCK = 50  # draws at a time
COLUMNS = ("element", "causal", "layer", "unit", "correlation", "p", "q")


def discover(model, x, elements, rng, *, layers: list[str] = (), draws=499, most=10, quantile=0.5):
    """Correlation of every unit's activation with where the elements of a name lie, over all positions.

    layers: names of modules (default: all that give an output along the sequence, and ``states``); draws: of
    the null, in which each sequence's elements are turned by a random number of places along it; p is the
    share of draws with a |correlation| as large, (count + 1) / (draws + 1), q benjamini1995 over all units
    and names. Returns ``units``, the ``most`` best of each name; ``traces``, the best unit of each name along
    the sample at ``quantile`` of its own correlation. Raises InputError for a layer that has
    no such output."""
    if elements is None:
        return {"units": pd.DataFrame(columns=COLUMNS), "note": "the data set knows no elements"}
    found = traces(model, x)
    if wrong := [name for name in layers if name not in found]:
        raise InputError(
            f"hidden_unit_traces.layers: {wrong[0]!r} gives nothing along the sequence; allowed: "
            f"{', '.join(found)}"
        )
    found = {name: found[name] for name in (layers or found)}
    elements = elements[elements["start"] >= 0]
    if elements.empty or not found:
        what = (
            "layer gives an output along the sequence" if not found else "element lies in an evaluated sample"
        )
        return {"units": pd.DataFrame(columns=COLUMNS), "note": f"no {what}"}
    length = x.shape[2]
    place = masks(elements["start"], elements["stop"], length)
    names = sorted(elements["name"].unique())
    there = np.zeros((len(names), len(x), length), np.float32)
    for name, sample, inside in zip(elements["name"], elements["sample"], place):
        there[names.index(name), sample] += inside
    there = there.clip(max=1)
    values = {name: stretched(output, length) for name, output in found.items()}
    table = scored(values, there, rng, draws)
    table["causal"] = table["element"].map(
        lambda k: bool(elements["causal"][elements["name"] == names[k]].any())
    )
    best = table.groupby("element")["strength"].idxmax()
    shown = [
        trace(values[r.layer][:, r.unit], there[r.element], names[r.element], r, quantile)
        for r in table.loc[best].itertuples()
    ]
    table = table.sort_values(["element", "strength"], ascending=[True, False], kind="stable")
    table = table.groupby("element").head(most).reset_index(drop=True)
    table["element"] = [names[k] for k in table["element"]]
    return {"units": table[list(COLUMNS)], "traces": pd.concat(shown, ignore_index=True)}


def stretched(output, length):
    """Activations at every position of the sequence: those of the place that covers it. (sample, unit,
    position)."""
    place = (torch.arange(length) * output.shape[2]) // length
    return output[..., place].float().numpy()


def scored(values, there, rng, draws):
    """Correlation and p of every unit with every name: a DataFrame."""
    goal = standard(there.reshape(len(there), -1))
    units = {
        name: standard(np.moveaxis(value, 1, 0).reshape(value.shape[1], -1)) for name, value in values.items()
    }
    real = {name: unit @ goal.T for name, unit in units.items()}
    beyond = {name: np.zeros(r.shape) for name, r in real.items()}
    position = np.arange(there.shape[2])
    for first in range(0, draws, BLOCK):
        n = min(BLOCK, draws - first)
        turn = rng.integers(there.shape[2], size=(n, there.shape[1], 1))
        place = (position + turn) % there.shape[2]
        turned = np.stack([np.take_along_axis(one[None], place, 2) for one in there])  # (name, draw, ...)
        null = standard(turned.reshape(len(there) * n, -1))
        for name, unit in units.items():
            r = np.abs(unit @ null.T).reshape(len(unit), len(there), n)
            beyond[name] += (r >= np.abs(real[name])[..., None]).sum(2)
    rows = [
        dict(
            layer=name,
            unit=unit,
            element=k,
            correlation=r[unit, k],
            p=(beyond[name][unit, k] + 1) / (draws + 1),
        )
        for name, r in real.items()
        for unit in range(len(r))
        for k in range(r.shape[1])
    ]
    table = pd.DataFrame(rows)
    return table.assign(q=benjamini_hochberg(table["p"]), strength=table["correlation"].abs().fillna(0))


def standard(rows):
    """Rows of mean 0 and length 1; a constant one is 0."""
    rows = rows - rows.mean(1, keepdims=True)
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, size, out=np.zeros_like(rows), where=size > 1e-12)


def trace(value, there, name, row, quantile):
    """One unit along one sample: that whose own correlation is at ``quantile`` of those with the element."""
    has = np.flatnonzero(there.any(1))
    own = (standard(value[has]) * standard(there[has])).sum(1) * np.sign(row.correlation or 1)
    sample = has[np.argsort(own, kind="stable")[int(round(quantile * (len(has) - 1)))]]
    position = np.arange(value.shape[1])
    table = dict(element=name, layer=row.layer, unit=row.unit, sample=int(sample), position=position)
    return pd.DataFrame(table | dict(activation=value[sample].astype(float), inside=there[sample] > 0))
