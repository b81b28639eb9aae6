"""A small data set of sequences with planted sites, and a small network that reads it."""

import numpy as np
import pandas as pd
from torch import nn

from xassay.core.dna import encode
from xassay.core.sequences import Sequences

SITE = "TGACTCA"
LENGTH = 24


def sequences(n=(24, 8, 10), regression=False, seed=0):
    """Random sequences, every other with SITE planted at a random place; labels are 0 and 1, or numbers."""
    rng = np.random.default_rng(seed)
    total = sum(n)
    texts = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(total)]
    planted, rows = np.zeros((total, LENGTH)), []
    for k in range(1, total, 2):
        start = int(rng.integers(LENGTH - len(SITE)))
        texts[k] = texts[k][:start] + SITE + texts[k][start + len(SITE) :]
        planted[k, start : start + len(SITE)] = 1
        rows.append((f"s{k}", "AP1", start, start + len(SITE), "+", 10.0, True))
    label = np.arange(total) % 2
    table = pd.DataFrame(
        {
            "label": label + rng.normal(0, 0.1, total) if regression else label,
            "split": np.repeat(["train", "validation", "test"], n),
            "group": [f"g{k}" for k in range(total)],
        },
        [f"s{k}" for k in range(total)],
    )
    return Sequences.of(
        encode(texts),
        table,
        classes=() if regression else ("without", "with"),
        source={"title": "a test", "licence": "none"},
        planted=planted,
        elements=pd.DataFrame(rows, columns=["sample", "name", "start", "stop", "strand", "score", "causal"]),
        noise={"law": "substitution", "rate": 0.1},
    )


def network(n_outputs=1):
    """Convolution, ReLU, maximum pooling, a dense layer: (sample, 4, LENGTH) -> (sample, output)."""
    layers = nn.Conv1d(4, 8, 7, padding=3), nn.ReLU(), nn.MaxPool1d(4), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(8 * (LENGTH // 4), n_outputs))
