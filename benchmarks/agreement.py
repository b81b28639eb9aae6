"""Agreement of every method with every other, sample by sample, against a loop over scipy's spearmanr.

15 methods' maps of 128 samples of 784 units, normal draws with a common part. The loop takes each of the 105
pairs once, on the first samples alone; its time is extrapolated to all of them, which the row says. Writes
benchmarks/results/agreement.csv.

    python benchmarks/agreement.py [--quick]
"""

import numpy as np
from measure import RUNS, Table, alternated, normal, quick, same
from scipy.stats import spearmanr

from xassay.evaluation import agreement

TARGETS = {"scipy.stats.spearmanr, a loop": 50}
PART = 16  # samples that the loop takes


def main():
    small = quick(__doc__)
    methods, samples, units = (4, 16, 784) if small else (15, 128, 784)
    maps = normal(methods, samples, units, seed=1) + normal(samples, units, seed=2)
    maps = maps.double().numpy()

    def ours():
        return agreement.score(maps[:, None])[:, :, 0]

    def theirs():
        out = np.ones((methods, methods, PART))
        for i in range(methods):
            for j in range(i):
                for k in range(PART):
                    out[i, j, k] = out[j, i, k] = spearmanr(maps[i, k], maps[j, k]).statistic
        return out

    gap = same(ours()[..., :PART], theirs(), 1e-9)
    seconds = alternated(1 if small else RUNS, ours=ours, theirs=theirs)
    work = (
        f"{methods} x {methods} rank correlations of {samples} samples x {units} units; agree to {gap:.0e}; "
        f"loop of {PART} samples times {samples // PART}"
    )
    table = Table("agreement")
    ((name, factor),) = TARGETS.items()
    table.add(work, name, seconds["ours"], seconds["theirs"] * samples / PART, factor)
    if not small:
        table.write()


if __name__ == "__main__":
    main()
