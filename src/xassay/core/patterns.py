"""Patterns found in maps: their matrices, sites, known motifs like them, planted ones that they meet."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xassay.core.alignment import sited
from xassay.core.pwm import Motif
from xassay.core.seqlet_clustering import Clustering
from xassay.core.seqlets import seqlets
from xassay.core.tomtom import nearest

SITES = ("sample", "start", "stop", "strand", "pattern", "sign")
SIX = 6  # columns whose information tells a pattern from noise


@dataclass(frozen=True, eq=False)
class Pattern(Motif):
    """A motif of maps. probabilities: of the bases at its sites. weights: mean contribution of each base
    where it stands, (4, width); hypothetical: mean hypothetical contributions; sign: of the contributions."""

    hypothetical: np.ndarray = None
    sign: int = 1


def sites_of(x, maps, *, width=11, seqlet_fdr=0.05, null="normal", fdr=0.1, least=20, rng):
    """Seqlets of both signs, clustered: a DataFrame of SITES, a row a site.

    x: (sample, 4, position); maps: hypothetical contributions, the same shape; the rest: core/seqlets.py and
    core/seqlet_clustering.py. Patterns are named by sign and number, the most frequent first."""
    called = seqlets((x * maps).sum(1), width=width, fdr=seqlet_fdr, null=null)
    found = [pd.DataFrame(columns=SITES)]
    for sign, name in ((1, "positive"), (-1, "negative")):
        own = called.of(called.score * sign > 0)
        if len(own.sample) < least:
            continue
        group = Clustering(sign * maps, own.sample, own.start, width, fdr=fdr, least=least, rng=rng)
        for k, one in enumerate(group.patterns(), 1):
            table = dict(sample=own.sample[one.member], start=one.start, stop=one.start + one.mean.shape[1])
            table |= dict(strand=np.where(one.strand == 1, "-", "+"), pattern=f"{name}_{k}", sign=sign)
            found.append(pd.DataFrame(table))
    return pd.concat(found, ignore_index=True).astype({"sample": int, "start": int, "stop": int, "sign": int})


def pattern(name, x, maps, sites):
    """The Pattern of some sites of one width; it reads as the first letters of the alphabet have it."""
    place = sites["sample"].to_numpy(), sites["start"].to_numpy(), (sites["strand"] == "-").to_numpy()
    width = int(sites["stop"].iloc[0] - sites["start"].iloc[0])
    bases, given = (sited(values, *place, width).astype(np.float64) for values in (x, maps))
    inside = np.maximum(bases.sum((0, 1)), 1)  # sites may run out of a sequence
    matrices = bases.sum(0) / inside, (bases * given).sum(0) / inside, given.sum(0) / inside
    return Pattern(name, matrices[0], "", float(len(sites)), *matrices[1:], int(sites["sign"].iloc[0]))


def turned(one):
    """The pattern as the other strand reads it."""
    parts = (part[::-1, ::-1] for part in (one.probabilities, one.weights, one.hypothetical))
    return Pattern(one.name, next(parts), one.id, one.nsites, *parts, one.sign)


def told(one):
    """Information of its best SIX columns, bits, less what few sites have by chance (schneider1986)."""
    bits = one.information() - 3 / (2 * np.log(2) * one.nsites)
    return float(np.convolve(bits, np.ones(min(SIX, len(bits))), "valid").max())


def described(sites, x, maps, known, elements, *, information=0.6):
    """Tables and motifs of sites: what a discovery of motifs returns.

    sites: a DataFrame of SITES; x, maps: (sample, 4, position) arrays; known: core.motifs.Motif, or none;
    elements: core.sequences.ELEMENTS with rows of x, or None. Patterns with less information than that, bits
    of six columns, are left out: bases that happen to matter, not a motif. Returns dict(patterns, seqlets,
    motifs) and, with elements, recovery."""
    found = [pattern(name, x, maps, own) for name, own in sites.groupby("pattern", sort=False)]
    found = [one for one in found if told(one) >= information]
    sites = sites[sites["pattern"].isin([one.name for one in found])].reset_index(drop=True)
    for k, one in enumerate(found):
        if turned(one).consensus().upper() < one.consensus().upper():
            found[k], own = turned(one), sites["pattern"] == one.name
            sites.loc[own, "strand"] = sites.loc[own, "strand"].map({"+": "-", "-": "+"})
    rows = [
        dict(
            pattern=one.name,
            sign=one.sign,
            consensus=one.consensus(),
            seqlets=int(one.nsites),
            information=float(one.information().sum()),
            contribution=float(one.weights.sum()),
        )
        | match
        for one, match in zip(found, nearest([one.probabilities for one in found], known))
    ]
    columns = ["pattern", "sign", "consensus", "seqlets", "information", "contribution"]
    columns += ["match", "p", "e", "q", "offset", "strand", "overlap"]
    observed = np.pad(np.cumsum((x * maps).sum(1, dtype=np.float64), 1), ((0, 0), (1, 0)))
    start, stop = sites["start"].clip(lower=0), sites["stop"].clip(upper=x.shape[-1])
    total = observed[sites["sample"], stop] - observed[sites["sample"], start]
    sites = sites.assign(start=start, stop=stop, contribution=total)
    out = {"patterns": pd.DataFrame(rows, columns=columns), "seqlets": sites, "motifs": found}
    return out if elements is None else out | {"recovery": recovery(sites, elements)}


def recovery(sites, elements):
    """Which planted motifs were met: a row a name.

    A pattern is of the name on whose elements most of its sites lie, if half of them do: half of the narrower
    of site and element. found: some pattern is; recall: share of the elements on which a site of such a
    pattern lies; precision: share of its sites that lie on one; strand: share of those of the right strand
    (up to one turn of a pattern)."""
    of = elements.reset_index(drop=True).rename_axis("element").reset_index()
    pairs = sites.rename_axis("site").reset_index().merge(of, on="sample", suffixes=("", "_known"))
    shared = np.minimum(pairs["stop"], pairs["stop_known"]) - np.maximum(pairs["start"], pairs["start_known"])
    width = np.minimum(pairs["stop"] - pairs["start"], pairs["stop_known"] - pairs["start_known"])
    pairs = pairs[2 * shared >= width]
    count = pairs.drop_duplicates(["site", "name"]).groupby(["pattern", "name"]).size()
    owner = {}
    for one, total in sites.groupby("pattern", sort=False).size().items():
        own = count.get(one, pd.Series(dtype=int))
        if len(own) and 2 * own.max() >= total:
            owner[one] = own.idxmax()
    rows = []
    for name, own in of.groupby("name", sort=True):
        mine = [one for one in owner if owner[one] == name]
        right = pairs[(pairs["name"] == name) & pairs["pattern"].isin(mine)]
        row = dict(motif=name, causal=bool(own["causal"].any()), elements=len(own), found=bool(mine))
        row |= dict(patterns=", ".join(mine), recall=right["element"].nunique() / len(own))
        total = sites["pattern"].isin(mine).sum()
        row |= dict(precision=right["site"].nunique() / total if total else np.nan)
        known = right[right["strand_known"].isin(["+", "-"])]
        same = (known["strand"] == known["strand_known"]).groupby(known["pattern"]).mean()
        share = known.groupby("pattern").size()
        row |= dict(strand=np.average(np.maximum(same, 1 - same), weights=share) if len(share) else np.nan)
        rows.append(row)
    columns = ["motif", "causal", "elements", "found", "patterns", "recall", "precision", "strand"]
    return pd.DataFrame(rows, columns=columns)
