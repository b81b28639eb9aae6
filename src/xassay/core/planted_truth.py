"""What is true of planted sequences: their elements, which of them f* answers to, and with which sign."""

import numpy as np
import pandas as pd
import torch

from xassay.core.dna import BASES
from xassay.core.element_effects import coalitions, shapley
from xassay.core.occupancy import NEVER
from xassay.core.planting import DECOY, SITE
from xassay.core.targets import Explained, default_target, explained

INFORMATIVE = 0.01  # bits from which a column of a motif counts (koo2021)
SMALL = 0.05  # share of the gain below which an effect is none
CAP = 8  # elements whose coalitions are all listed; with more, each is left out of all
BATCH = 1024  # sequences at a time


def truth(f, x, label, planted, sites, n_motifs):
    """Elements of sequences and the signs of their positions.

    An element is a site that f* finds (``Grammar.elements``), planted or there by chance, or else one that
    was planted in vain: a decoy, or on a strand that does not count. The game is which of the elements can be
    bound. One is causal where f* changes as it comes or goes, whichever others are there; its sign is that of
    its Shapley value, on the informative positions whose base speaks for the motif; the element's others are
    NaN, since they neither make it nor are background. Two elements that are good for one thing both have
    one, two that cancel none.

    f: Grammar; x: (sample, 4, position); label: (sample,), whose class is explained; planted:
    planting.Planted; sites: sites.Sites, the motifs of the grammar first, as many as ``n_motifs``. Returns
    (signs, elements): (sample, position) float32; a table as Sequences has it, but for ``sample``, a row of
    x, and with the columns motif and value, the Shapley value."""
    label, batches = torch.as_tensor(label), torch.arange(len(x)).split(BATCH)
    parts = [_found(f, x[rows], label[rows], rows[0].item()) for rows in batches]
    found = pd.concat(parts, ignore_index=True)
    found["name"] = [sites.motifs[k].name for k in found["motif"]]
    signs = np.zeros((len(x), x.shape[2]), np.int64)
    unknown, base = np.zeros(signs.shape, bool), x.argmax(1).numpy()
    for motif, rows in found.groupby("motif"):
        for strand, own in rows.groupby("strand"):
            found_motif = sites.motifs[motif] if strand == "+" else sites.motifs[motif].reverse_complement()
            clear, odds = found_motif.information() > INFORMATIVE, found_motif.log_odds()
            at = own["start"].to_numpy()[:, None] + np.arange(len(clear))
            row, sign = own["sample"].to_numpy()[:, None], own["sign"].to_numpy()[:, None]
            speaks = clear & (odds[base[row, at], np.arange(len(clear))] > 0)
            np.add.at(signs, (row, at), np.where(speaks, sign, 0))
            np.logical_or.at(unknown, (row, at), ~speaks & (sign != 0))
    rest = _in_vain(found, planted, sites, n_motifs)
    elements = pd.concat([found.drop(columns="sign"), rest], ignore_index=True)
    told = np.where(unknown & (signs == 0), np.nan, np.sign(signs)).astype(np.float32)
    return told, elements.sort_values(["sample", "start"], ignore_index=True)


def _found(f, x, label, first):
    """Elements of a batch that f* finds."""
    sample, motif, strand, start, odds = f.elements(x)
    cells = f.scan(x)
    target = default_target(label, f.of_odds(cells[:1]).shape[1])
    close = (torch.arange(x.shape[2]) - start[:, None]).abs() < f.near()[motif][:, None]
    own = torch.nn.functional.one_hot(motif, cells.shape[1]).bool()[:, :, None, None]
    masks = (own & close[:, None, None]).expand(-1, -1, 2, -1).flatten(1)
    number = torch.bincount(sample, minlength=len(x))
    value, reach = torch.zeros(2, len(sample), dtype=torch.float64)
    for size in number.unique().tolist():
        mine, rows = number[sample] == size, torch.nonzero(number == size)[:, 0]
        if size:
            game = cells[rows], masks[mine].view(len(rows), size, -1), target[rows]
            value[mine], reach[mine] = (part.flatten() for part in _played(f, *game))
    small = SMALL * float(f.gain)
    table = {"sample": sample + first, "motif": motif, "start": start, "stop": start + f.scan.widths[motif]}
    table |= {"score": odds.double() / f.scan.sharpness + f.scan.thresholds[motif], "value": value}
    table |= {"causal": reach > small, "sign": torch.sign(value) * (value.abs() > small)}
    frame = pd.DataFrame({key: part.numpy() for key, part in table.items()})
    frame["sign"] = frame["sign"].astype(int)
    frame["strand"] = np.array(["+", "-"], object)[strand.numpy()]
    return frame


def _played(f, odds, masks, target):
    """Shapley value of every element and the largest change that it makes: two (sample, element).

    odds: (sample, motif, strand, position); masks: (sample, element, cell) of the odds that go with it."""

    def asked(flat, target):
        return explained(f.of_odds(flat.view(len(flat), *odds.shape[1:])), target)

    def values(masks):
        return coalitions(asked, flat, masks, torch.full_like(flat, NEVER)[None], [target])[0]

    size, flat = masks.shape[1], odds.flatten(1)[:, None]
    if size > CAP:
        parts = [values(masks[:, e : e + 1]) for e in range(size)]
        value = torch.stack([part[:, 1] - part[:, 0] for part in parts], 1)
        return value, value.abs()
    found, subsets = values(masks), torch.arange(2**size)
    without = [subsets[(subsets >> e) & 1 == 0] for e in range(size)]
    steps = [found[:, rest | (1 << e)] - found[:, rest] for e, rest in enumerate(without)]
    return shapley(found), torch.stack([step.abs().amax(1) for step in steps], 1)


def _in_vain(found, planted, sites, n_motifs):
    """What was planted and f* does not find."""
    sample, slot = np.nonzero((planted.kind >= SITE) & (planted.motif >= 0))
    motif = planted.motif[sample, slot]
    table = pd.DataFrame({"sample": sample, "motif": motif, "start": planted.start[sample, slot]})
    table["decoy"] = planted.kind[sample, slot] == DECOY
    table["strand"] = np.array(["+", "-"], object)[planted.strand[sample, slot]]
    table["width"] = sites.widths[motif]
    both = table.reset_index().merge(
        found[["sample", "motif", "start"]], on=["sample", "motif"], suffixes=("", "_f")
    )
    near = (both["start"] - both["start_f"]).abs() < (both["width"] + 1) // 2
    rest = table.drop(index=both.loc[near, "index"].unique())
    given = zip(rest["motif"], planted.bases[sample[rest.index], slot[rest.index]])
    scores = np.array([sites.scores(k, bases[None])[0] for k, bases in given], float)
    weak = rest["decoy"].to_numpy() & (rest["motif"].to_numpy() < n_motifs)
    names = [sites.motifs[k].name + ("_low_affinity" if low else "") for k, low in zip(rest["motif"], weak)]
    rest = rest.assign(name=names, stop=rest["start"] + rest["width"], score=scores, value=0.0)
    return rest.assign(causal=False).drop(columns=["decoy", "width"])


@torch.no_grad()
def variants(f, x, label, elements, rng):
    """Two single-base changes of every sequence: one in a causal element, where there is one, and one outside
    all. label: (sample,), whose class is explained.

    Returns a table: sample, a row of x, position, ref, alt, effect: what the change does to f* exactly, that
    is to its explained output."""
    n, _, length = x.shape
    free = np.ones((n, length), bool)
    for row in elements.itertuples():
        free[row.sample, row.start : row.stop] = False
    causal = elements[elements["causal"]].sample(frac=1, random_state=rng).drop_duplicates("sample")
    inside = causal["start"] + (rng.random(len(causal)) * (causal["stop"] - causal["start"])).astype(int)
    order = np.where(free, rng.random(free.shape), 2).argmin(1)
    outside = np.flatnonzero(free.any(1))
    sample = np.concatenate([causal["sample"].to_numpy(int), outside])
    position = np.concatenate([inside.to_numpy(int), order[outside]])
    ref = x.argmax(1).numpy()[sample, position]
    alt = (ref + rng.integers(1, 4, len(sample))) % 4
    target, effect = default_target(torch.as_tensor(label), f(x[:1]).shape[1]), []
    for part in np.array_split(np.arange(len(sample)), max(1, len(sample) // BATCH)):
        rows, changed = torch.from_numpy(sample[part]), x[sample[part]].clone()
        changed[range(len(part)), :, position[part]] = torch.eye(4)[alt[part]]
        both = (Explained(f)(given, target[rows]).double() for given in (changed, x[rows]))
        effect.append(next(both) - next(both))
    table = pd.DataFrame({"sample": sample, "position": position, "effect": torch.cat(effect).numpy()})
    table["ref"], table["alt"] = (np.array(list(BASES), object)[part] for part in (ref, alt))
    return table.sort_values(["sample", "position"], ignore_index=True)
