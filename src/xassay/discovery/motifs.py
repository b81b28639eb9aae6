"""Motifs of maps by TF-MoDISco, lite, matched by memelite's TomTom. Shrikumar et al. (2020)."""

from importlib.util import find_spec

import numpy as np
import pandas as pd

from xassay.core.errors import InputError
from xassay.core.patterns import SITES, described

CARD = dict(
    label="TF-MoDISco",
    kinds=("sequence",),
    needs=(),
    finds="motifs",
    reference=("shrikumar2020", "gupta2007"),
    limits=dict(
        window=(5, None),
        flank=(0, None),
        seqlet_fdr=(0, 1),
        least=(2, None),
        n_leiden_runs=(1, None),
        most=(10, None),
        trim=(0, 1),
    ),
)
NEEDED = {"modiscolite": "modisco", "memelite": "memelite"}  # imported name: package


def discover(
    x,
    maps,
    elements,
    known,
    *,
    window=21,
    flank=10,
    seqlet_fdr=0.2,
    least=20,
    n_leiden_runs=50,
    most=20000,
    trim=0.3,
):
    """Patterns that TF-MoDISco finds in maps of hypothetical contributions.

    window, flank: positions of a seqlet's core and beside it; seqlet_fdr: target of its Laplace null; least:
    seqlets of a pattern, and of a sign; n_leiden_runs: clusterings, of which the best counts; most: seqlets
    of a sign; trim: share of a pattern's largest column contribution that its ends have. All else is
    TF-MoDISco's default.

    Returns the tables and motifs of ``seqlet_clusters``, p-values memelite's. Raises InputError without maps,
    and where modisco or memelite is not installed."""
    if missing := [package for name, package in NEEDED.items() if find_spec(name) is None]:
        raise InputError(
            f"motifs: needs {' and '.join(missing)}, not installed here; run with conda (envs/motifs.yaml), "
            f"install with pip install {' '.join(missing)}, or take seqlet_clusters"
        )
    if maps is None:
        raise InputError("motifs: has no maps; allowed: maps, the id of a method")
    x, maps = (values.detach().cpu().numpy().astype(np.float32) for values in (x, maps))
    sites = modisco(
        x,
        maps,
        trim,
        sliding_window_size=window,
        flank_size=flank,
        target_seqlet_fdr=seqlet_fdr,
        final_min_cluster_size=least,
        min_metacluster_size=least,
        n_leiden_runs=n_leiden_runs,
        max_seqlets_per_metacluster=most,
    )
    found = described(sites, x, maps, known, elements, information=0)
    if known and not found["patterns"].empty:
        found["patterns"] = matched(found, known)
    few = "no pattern: too few seqlets" if found["patterns"].empty else ""
    return found | ({"note": few} if few else {})


def modisco(x, maps, trim, **options):
    """Sites of TF-MoDISco's patterns, a DataFrame of SITES, trimmed to where a pattern tells something."""
    from modiscolite.tfmodisco import TFMoDISco

    width = options["sliding_window_size"] + 2 * options["flank_size"]
    if x.shape[2] <= width:
        raise InputError(
            f"motifs.window: {options['sliding_window_size']} and flanks of {options['flank_size']}; "
            f"allowed: together less than the {x.shape[2]} positions of a sequence"
        )
    both = TFMoDISco(x.transpose(0, 2, 1), maps.transpose(0, 2, 1), **options)
    rows = []
    for sign, name, patterns in zip((1, -1), ("positive", "negative"), both):
        for number, pattern in enumerate(patterns or [], 1):
            size = np.abs(pattern.contrib_scores).sum(1)
            own = np.flatnonzero(size >= trim * size.max())
            first, last = int(own[0]), int(own[-1]) + 1
            for one in pattern.seqlets:
                start = one.end - last if one.is_revcomp else one.start + first
                place = one.example_idx, start, start + last - first, "-" if one.is_revcomp else "+"
                rows.append((*place, f"{name}_{number}", sign))
    return pd.DataFrame(rows, columns=SITES)


def matched(found, known):
    """The table of patterns with memelite's nearest known motif in place of ours."""
    import warnings

    from memelite import tomtom

    from xassay.core.significance import benjamini_hochberg

    queries = [motif.probabilities for motif in found["motifs"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few targets: the report says how many there are
        p, _, offset, overlap, reverse = tomtom(queries, [motif.probabilities for motif in known], n_jobs=1)
    best = p.argmin(1)
    at = np.arange(len(best)), best
    q = np.array([benjamini_hochberg(row)[k] for row, k in zip(p, best)])
    return found["patterns"].assign(
        match=[known[k].name for k in best],
        p=p[at],
        e=p[at] * len(known),
        q=q,
        offset=-offset[at].astype(int),
        strand=np.where(reverse[at] == 1, "-", "+"),
        overlap=overlap[at].astype(int),
    )
