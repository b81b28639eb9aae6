"""Maps with planted motifs: contributions as if the model had learned the matrices, and noise."""

import numpy as np
import pandas as pd

from xassay.core import motifs

FOUR = ("SP1", "FOS::JUN", "CEBPB", "GATA1")


def matrices(names=FOUR):
    """Known matrices by name: {name: (4, width)}."""
    return {motif.name: motif.probabilities for motif in motifs.read(motifs.KNOWN) if motif.name in names}


def planted(laws, n, length, rng, *, rate=0.7, noise=0.2, smooth=1, negative=()):
    """Sequences, hypothetical contributions and the elements.

    laws: {name: (4, width) probabilities}; rate: mean number of sites of each in a sequence, Poisson, on either
    strand, none on another; noise: standard deviation of every value, against (p - 1/4) at a site of strength
    1, strengths lognormal with 0.3; smooth: positions over which the noise is a running mean; negative: names
    whose contributions have the other sign. Returns x (n, 4, length) float32, maps, a DataFrame as
    core.sequences.ELEMENTS, sample a row."""
    letters = rng.integers(4, size=(n, length))
    maps = rng.standard_normal((n, 4, length + smooth - 1))
    maps = noise * sum(maps[..., k : k + length] for k in range(smooth)) / smooth**0.5
    rows, names = [], list(laws)
    for sample in range(n):
        free = np.ones(length, bool)
        for name in rng.permutation(np.repeat(names, rng.poisson(rate, len(names)))):
            p, strand = laws[name], "+-"[rng.integers(2)]
            p, width = (p if strand == "+" else p[::-1, ::-1]), p.shape[1]
            busy = np.concatenate([[0], np.cumsum(~free)])
            starts = np.flatnonzero(busy[width:] == busy[:-width])
            if len(starts):
                start = int(rng.choice(starts))
                free[start : start + width] = False
                drawn = (rng.random(width) > p.cumsum(0)).sum(0)
                letters[sample, start : start + width] = np.minimum(drawn, 3)
                sign = -1 if name in negative else 1
                maps[sample, :, start : start + width] += sign * rng.lognormal(0, 0.3) * (p - 0.25)
                rows.append((sample, name, start, start + width, strand, np.nan, True))
    x = np.eye(4, dtype=np.float32)[letters].transpose(0, 2, 1)
    columns = ["sample", "name", "start", "stop", "strand", "score", "causal"]
    return np.ascontiguousarray(x), maps.astype(np.float32), pd.DataFrame(rows, columns=columns)
