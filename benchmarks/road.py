"""ROAD's imputation: all images and shares in one solve, against Quantus' linear solver, an image at a time.

64 images of 28 x 28 pixels of which 10 to 90 per cent are removed in a random order. The systems are the
same, so the imputed images must agree; Quantus' noise is 0. Then the whole metric, LeNet's answers included.
Writes benchmarks/results/road.csv.

    python benchmarks/road.py [--quick]
"""

import numpy as np
import quantus
import torch
from measure import RUNS, Table, alternated, ideal, lenet, normal, quick, same
from quantus.functions.perturb_func import noisy_linear_imputation

from xassay.core.imputation import by_field, pixels
from xassay.core.road import SHARES

SIDE = 28


def main():
    small = quick(__doc__)
    n, runs, table = 4 if small else 64, 1 if small else RUNS, Table("road")
    x = normal(n, 1, SIDE, SIDE, seed=1)
    order = torch.from_numpy(np.random.default_rng(0).random((n, SIDE * SIDE))).argsort(1)
    imputation(table, x, order, runs)
    metric(table, x, order, runs)
    if not small:
        table.write()


def masks(order, shares):
    """The first pixels of each image's order: (image, share, pixel)."""
    counts = torch.tensor([round(share * order.shape[1]) for share in shares])
    return order.argsort(1)[:, None] < counts[:, None]


def put(x, removed, field):
    """Imputed images: (image, share, 1, row, column)."""
    values = x.flatten(1)[:, None, :, None].expand(-1, removed.shape[1], -1, -1)
    found = by_field(values.flatten(0, 1), removed.flatten(0, 1), field)
    return found.view(*removed.shape[:2], *x.shape[1:])


def imputation(table, x, order, runs):
    removed, field = masks(order, SHARES), pixels(SIDE, SIDE)
    indices = [[np.flatnonzero(mask) for mask in of] for of in removed.numpy()]

    def theirs():
        pairs = zip(x.numpy(), indices, strict=True)
        return np.array([[noisy_linear_imputation(image, i, noise=0.0) for i in of] for image, of in pairs])

    def ours():
        return put(x, removed, field)

    gap = same(ours(), theirs(), 1e-4)
    seconds = alternated(runs, ours=ours, theirs=theirs)
    work = f"imputation of {len(x)} images at {len(SHARES)} shares; images agree to {gap:.0e}"
    table.add(work, "Quantus noisy_linear_imputation", seconds["ours"], seconds["theirs"], None)


def metric(table, x, order, runs):
    model, percentages, field = lenet(2), list(range(1, 100, 2)), pixels(SIDE, SIDE)
    with torch.no_grad():
        labels = model(x).argmax(1)
    rank = order.argsort(1)
    phi = -rank.view(x.shape).float().numpy()
    peer = quantus.ROAD(percentages=percentages, noise=0.0, normalise=False, abs=False, disable_warnings=True)
    removed = masks(order, [share / 100 for share in percentages])

    @torch.no_grad()
    def ours():
        logits = [model(put(one[None], mask[None], field)[0]) for one, mask in zip(x, removed, strict=True)]
        return (torch.stack(logits).argmax(-1) == labels[:, None]).double().mean(0)

    def theirs():
        given = dict(model=model, x_batch=x.numpy(), y_batch=labels.numpy(), a_batch=phi)
        return np.array(list(peer(**given, softmax=False, device="cpu").values()))

    same(ours(), theirs(), 0.05)  # an image in twenty may lie at the border of two classes
    seconds = alternated(runs, ours=ours, theirs=theirs)
    work = f"accuracy of {len(x)} images at {len(percentages)} shares, LeNet"
    bound = ideal(model, x.shape[1:], len(x) * len(percentages))
    table.add(work, "Quantus ROAD", seconds["ours"], seconds["theirs"], None, bound)


if __name__ == "__main__":
    main()
