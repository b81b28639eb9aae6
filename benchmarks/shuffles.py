"""Dinucleotide shuffles, exactly uniform: microseconds of one shuffle of a 200 bp sequence.

1,000 random sequences, one shuffle each and twenty of each; against the definition by a walk for every
sequence in Python, whose trees come from Wilson's algorithm. That both keep the dinucleotides is checked.
Writes benchmarks/results/shuffles.csv.

    python benchmarks/shuffles.py [--quick]
"""

import numpy as np
import pandas as pd
from measure import RUNS, alternated, quick, write

from xassay.core.shuffles import dinucleotide_shuffles

TARGETS = {"microseconds": 20}
LENGTH = 200


def main():
    small = quick(__doc__)
    n = 40 if small else 1000
    letters = np.random.default_rng(0).integers(4, size=(n, LENGTH))
    x = np.eye(4, dtype=np.float32)[letters].transpose(0, 2, 1)
    rows = [row(x, letters, draws, 1 if small else RUNS) for draws in (1, 20)]
    if not small:
        write("shuffles", pd.DataFrame(rows))


def row(x, letters, draws, runs):
    rng = np.random.default_rng(1)
    few = letters[: max(1, len(x) // 50)]
    ours = dinucleotide_shuffles(x, draws, rng)
    theirs = np.stack([walked(list(text), rng) for text in few])
    assert all((counts(part.argmax(1)) == counts(letters)).all() for part in ours)
    assert (counts(theirs) == counts(few)).all()
    seconds = alternated(
        runs,
        ours=lambda: dinucleotide_shuffles(x, draws, rng),
        peer=lambda: [walked(list(text), rng) for text in few],
    )
    found = dict(work=f"{draws} shuffle(s) of {len(x):,} sequences of {LENGTH} bp, a shuffle")
    found |= dict(
        ours_us=1e6 * seconds["ours"] / len(x) / draws, peer="the same in Python, a sequence at a time"
    )
    found |= dict(peer_us=1e6 * seconds["peer"] / len(few), target=f"<= {TARGETS['microseconds']} us")
    found["met"] = found["ours_us"] <= TARGETS["microseconds"]
    print(f"{found['work']}: {found['ours_us']:.2f} us, {found['peer']} {found['peer_us']:.0f} us", end=" | ")
    print(found["target"], "met" if found["met"] else "MISSED", flush=True)
    return found


def counts(letters):
    """Dinucleotide counts. letters: (sequence, position). Returns (sequence, 16)."""
    pairs = 4 * letters[:, :-1].astype(int) + letters[:, 1:]
    return np.stack([np.bincount(row, minlength=16) for row in pairs])


def walked(text, rng):
    """One shuffle: last edges by Wilson's walk towards the last base, the others in random order."""
    edges = {base: [] for base in text}
    for base, other in zip(text, text[1:]):
        edges[base].append(other)
    last, rooted = {}, {text[-1]}
    for base in edges:
        at = base
        while at not in rooted:
            last[at] = edges[at][rng.integers(len(edges[at]))]
            at = last[at]
        at = base
        while at not in rooted:
            rooted.add(at)
            at = last[at]
    for base, others in edges.items():
        if base != text[-1]:
            others.remove(last[base])
        rng.shuffle(others)
        if base != text[-1]:
            others.append(last[base])
    out = [text[0]]
    for _ in text[1:]:
        out.append(edges[out[-1]].pop(0))
    return out


if __name__ == "__main__":
    main()
