"""Necessity and sufficiency: elements taken out of their sequence, and put alone into ones without a message.

As CREME asks of context (toneyan2024)."""

import numpy as np
import pandas as pd
import torch

from xassay.core.experiments import answers, beside, mean, placed
from xassay.core.removal import masks, removed
from xassay.core.shuffles import dinucleotide_shuffles

CARD = dict(
    label="Necessity and sufficiency of elements",
    kinds=("sequence",),
    needs=(),
    finds="effects",
    reference="toneyan2024",
    limits=dict(draws=(1, None)),
)
ALL = "all elements"
COLUMNS = ("element", "causal", "samples", "total", "necessity", "necessity_se", "necessity_share")


def discover(model, x, target, baseline, maps, elements, oracle, rng, *, draws=8):
    """What a sample loses with an element, and what the element alone gives, logits.

    For each sample and name, all its elements of that name at once: necessity, f(x) less f(x with their bases
    scrambled); sufficiency, f(shuffle of x with them put in their places) less f(shuffle); total, f(x) less
    f(shuffle). Shuffles keep dinucleotides; ``draws`` of each. Returns ``effects``, a row a name and one for
    all elements together: means over samples, standard errors, and shares of the mean total; on f* too where
    it is known. Raises InputError without elements and maps."""
    found = placed(elements, x, maps, rng, "necessity_sufficiency")
    if found.empty:
        return {"effects": pd.DataFrame(columns=COLUMNS), "note": "no element lies in an evaluated sample"}
    functions = beside(model, oracle)
    sample, name, mask = groups(found, x.shape[2])
    lost = removed(functions, x, target, sample, mask, baseline, fill="scramble", draws=draws, rng=rng)
    alone, total = inserted(functions, x, target, sample, mask, draws, rng)
    causal = found.groupby("name")["causal"].any()
    rows = []
    for key in [*dict.fromkeys(found["name"].sort_values()), ALL]:
        at = name == key
        row = dict(element=key, causal=bool(causal.get(key, causal.any())), samples=int(at.sum()))
        for of in functions:
            whole = mean(total[of][at])["effect"]
            row |= {f"{of}total": whole}
            for kind, values in (("necessity", lost[of][at]), ("sufficiency", alone[of][at])):
                part = mean(values)
                row |= {f"{of}{kind}": part["effect"], f"{of}{kind}_se": part["se"]}
                row |= {f"{of}{kind}_share": part["effect"] / whole if whole else np.nan}
        rows.append(row)
    return {"effects": pd.DataFrame(rows)}


def groups(found, length):
    """Sample, name and positions of the elements of one name in a sample, and of all: (part,), (part,),
    (part, position)."""
    every = pd.concat([found, found.assign(name=ALL)], ignore_index=True)
    place = masks(every["start"], every["stop"], length)
    keys = every.groupby(["sample", "name"], sort=True).indices
    sample, name = (np.array(part) for part in zip(*keys))
    return sample, name, np.stack([place[rows].any(0) for rows in keys.values()])


def inserted(functions, x, target, sample, mask, draws, rng):
    """Gain of a shuffle by the masked positions of the sample it was made of, and how far f(x) is from it:
    two {name: (part,)}."""
    drawn = torch.from_numpy(dinucleotide_shuffles(x.cpu().numpy(), draws, rng)).to(x)
    rows, there = torch.from_numpy(sample).to(x.device), torch.from_numpy(mask).to(x.device)[:, None]
    alone, total = {}, {}
    for key, f in functions.items():
        empty = np.stack([answers(f, part, target) for part in drawn])
        whole = answers(f, x, target)
        filled = (torch.where(there, x[rows], part[rows]) for part in drawn)
        gained = np.stack([answers(f, part, target[rows]) for part in filled])
        alone[key] = (gained - empty[:, sample]).mean(0)
        total[key] = (whole - empty.mean(0))[sample]
    return alone, total
