"""Motifs of maps: seconds, planted motifs found, recall and precision of their sites; and TomTom's p-values.

Maps with four motifs planted, 0.7 sites of each a sequence on average, and noise (tests/planted_maps.py).
Against TF-MoDISco in its lite version and memelite's TomTom where they are installed (envs/motifs.yaml);
settings of TF-MoDISco: window 20, flanks 5, rate of seqlets 0.05, 2 Leiden runs, all of which make it faster.
Their first call, which compiles, is not timed. Writes benchmarks/results/seqlets.csv.

    python benchmarks/seqlets.py [--quick]
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from measure import RUNS, alternated, cpu, quick, write

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from planted_maps import FOUR, matrices, planted

from xassay.core import motifs
from xassay.core.patterns import described, sites_of
from xassay.core.tomtom import tomtom

NOISE = (0.1, 0.2, 0.3)
LENGTH = 200
TARGETS = dict(seconds=10, recall=0.8, precision=0.9, tomtom=2)
PEER = dict(window=20, flank=5, seqlet_fdr=0.05, n_leiden_runs=2)


def main():
    small = quick(__doc__)
    known, rows = motifs.read(motifs.KNOWN), []
    for n in (100,) if small else (200, 1000, 2000):
        for noise in NOISE[1:2] if small or n != 1000 else NOISE:
            rows.append(clusters(n, noise, known, 1 if small else RUNS, peer=n == 1000))
    rows.append(matches(1 if small else RUNS, 100 if small else 879))
    if not small:
        write("seqlets", pd.DataFrame(rows))


def clusters(n, noise, known, runs, peer):
    """A row: one set of maps."""
    x, maps, elements = planted(matrices(), n, LENGTH, np.random.default_rng(0), noise=noise)
    ours = scored(found(x, maps, elements, known))
    seconds = alternated(runs, ours=lambda: found(x, maps, elements, known))["ours"]
    row = dict(work=f"motifs of {n:,} x {LENGTH} maps, noise {noise}", ours_s=seconds, **ours)
    if peer and installed("modiscolite"):
        row |= modisco(x, maps, elements, known)
    row["target"] = (
        f"<= {TARGETS['seconds']} s; all; recall >= {TARGETS['recall']}, precision >= {TARGETS['precision']}"
    )
    met = seconds <= TARGETS["seconds"] and ours["found"] == len(FOUR)
    row["met"] = met and ours["recall"] >= TARGETS["recall"] and ours["precision"] >= TARGETS["precision"]
    return told(row)


def found(x, maps, elements, known):
    sites = sites_of(x, maps, rng=np.random.default_rng(0))
    return described(sites, x, maps, known, elements)["recovery"]


def scored(table):
    """Motifs found, and the worst recall and precision among them."""
    worst = {name: table[name].min() for name in ("recall", "precision")}
    return dict(
        found=int(table["found"].sum()), **worst, sites=int((table["recall"] * table["elements"]).sum())
    )


def modisco(x, maps, elements, known):
    from xassay.discovery.motifs import discover

    arrays, tables = [torch.from_numpy(values) for values in (x, maps)], []
    discover(*(part[:200] for part in arrays), None, known, **PEER)
    seconds = cpu(lambda: tables.append(discover(*arrays, elements, known, **PEER)["recovery"]))
    theirs = {f"peer_{name}": value for name, value in scored(tables[0]).items()}
    return dict(peer="TF-MoDISco lite 2.5", peer_s=seconds, ratio=None) | theirs


def matches(runs, n):
    """A row: p-values of 20 motifs against ``n``."""
    rng = np.random.default_rng(0)
    targets = [rng.dirichlet(np.full(4, 0.3), rng.integers(6, 21)).T for _ in range(n)]
    queries = [0.8 * t + 0.2 * rng.dirichlet(np.ones(4), t.shape[1]).T for t in targets[:20]]
    p, row = tomtom(queries, targets).p, dict(work=f"TomTom, 20 motifs against {n}")
    assert (p.argmin(1) == np.arange(20)).all()
    calls = dict(ours=lambda: tomtom(queries, targets))
    if installed("memelite"):
        from memelite import tomtom as theirs

        def peer():
            return theirs(queries, targets, n_target_bins=None, n_jobs=1)

        assert np.median(np.abs(np.log10(peer()[0]) - np.log10(p))) < 0.05
        calls["peer"] = peer
    seconds = alternated(runs, **calls)
    row |= dict(ours_s=seconds["ours"])
    row |= dict(peer="memelite 0.5", peer_s=seconds["peer"]) if "peer" in seconds else {}
    return told(row | dict(target=f"<= {TARGETS['tomtom']} s", met=seconds["ours"] <= TARGETS["tomtom"]))


def installed(name):
    return find_spec(name) is not None


def told(row):
    """The row with its ratio, printed."""
    if "peer_s" in row:
        row["ratio"] = row["peer_s"] / row["ours_s"]
    shown = ", ".join(
        f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items() if k != "work"
    )
    print(f"{row['work']}: {shown}", flush=True)
    return row


if __name__ == "__main__":
    main()
