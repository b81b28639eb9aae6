"""Deletion curves: one feature after the other, largest attribution first, against Quantus PixelFlipping.

64 samples of a network with 1,000 inputs (measure.mlp), baseline 0, one logit, the ranks of gradient times
input as the map. Quantus is asked for the outputs at every step: its area under the curve calls numpy.trapz,
which NumPy 2.4 no longer has. Writes benchmarks/results/deletion_curve.csv.

    python benchmarks/deletion_curve.py [--quick]
"""

import quantus
import torch
from measure import HIDDEN, RUNS, Table, alternated, ideal, mlp, normal, ones, quick, same

from xassay.core.gradients import gradient
from xassay.core.masking import curves

TARGETS = {"Quantus PixelFlipping": 45}


def main():
    small = quick(__doc__)
    table = Table("deletion_curve")
    for hidden in HIDDEN:
        one(table, mlp(hidden=hidden), "-".join(map(str, hidden)), small)
    if not small:
        table.write()


def one(table, model, name, small):
    n = 8 if small else 64
    x = normal(n, 1000, seed=1)
    target, baseline = ones(x), torch.zeros_like(x)[None]
    phi = (x * gradient(model, x, target)).argsort(1).argsort(1).float()  # its ranks: no ties to order
    metric = quantus.PixelFlipping(
        features_in_step=1, perturb_baseline=0.0, normalise=False, disable_warnings=True
    )
    arrays = dict(x_batch=x.numpy(), y_batch=0 * target.numpy(), a_batch=phi.numpy())

    def ours():
        order = phi.argsort(dim=1, descending=True, stable=True)[:, None]
        return curves(model, x, baseline, order, target)

    def theirs():
        return metric(model=model, **arrays, softmax=False, device="cpu")

    gap = same(ours()[:, 0, 1:], theirs(), 1e-5)
    seconds = alternated(1 if small else RUNS, ours=ours, theirs=theirs)
    ((peer, factor),) = TARGETS.items()
    work = f"1,000 steps of {n} samples, MLP {name}; outputs agree to {gap:.0e}"
    table.add(work, peer, seconds["ours"], seconds["theirs"], factor, ideal(model, x.shape[1:], n * 1000))


if __name__ == "__main__":
    main()
