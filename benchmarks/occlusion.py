"""Occlusion of a sequence, window by window, against captum.

64 samples of a one-dimensional network on (4, length) with one logit (measure.cnn), windows of 10 positions,
all four channels, one position apart; baseline 0. captum is run with perturbations_per_eval 1, 8 and 32 and
the fastest of them counts. Writes benchmarks/results/occlusion.csv.

    python benchmarks/occlusion.py [--quick]
"""

import torch
from captum.attr import Occlusion
from measure import RUNS, Table, alternated, cnn, cpu, ideal, normal, ones, quick, same

from xassay.core.masking import answers
from xassay.core.windows import windows

TARGETS = {200: 2.5, 1000: 6}  # by length
SIZE = 10


def main():
    small = quick(__doc__)
    table = Table("occlusion")
    for length, factor in TARGETS.items():
        row(table, length, factor, 4 if small else 64, 1 if small else RUNS)
    if not small:
        table.write()


def row(table, length, factor, n, runs):
    model, x = cnn(), normal(n, 4, length, seed=1)
    baseline = torch.zeros_like(x)[None]

    def ours():
        return windows(model, x, baseline, ones(x), SIZE, 1)

    def theirs(at_a_time):
        options = dict(sliding_window_shapes=(4, SIZE), perturbations_per_eval=at_a_time)
        return Occlusion(model).attribute(x, baselines=0, target=0, **options)

    def by_position(logits):
        """captum's map from ours: the mean fall over the windows that cover a position."""
        fall = answers(model, x, baseline, torch.zeros(1, 1, 4, dtype=torch.bool), ones(x)) - logits
        cover = torch.nn.functional.pad(fall, (SIZE - 1, SIZE - 1), value=torch.nan).unfold(1, SIZE, 1)
        return cover.nanmean(-1)

    first = {k: cpu(lambda k=k: theirs(k)) for k in (1, 8, 32)}
    tuned = min(first, key=first.get)
    gap = same(by_position(ours()), theirs(tuned)[:, 0], 1e-4)
    seconds = alternated(runs, ours=ours, theirs=lambda: theirs(tuned))
    n_windows = length - SIZE + 1
    work = f"{n_windows} windows of {SIZE}, {n} samples x {length:,}, 1-D network; maps agree to {gap:.0e}"
    bound = ideal(model, x.shape[1:], n * n_windows)
    table.add(work, f"captum Occlusion, {tuned} at a time", seconds["ours"], seconds["theirs"], factor, bound)


if __name__ == "__main__":
    main()
