"""Rows at a time: what the size of activations suggests, against the best of a timed search.

The engine never times itself: a batch chosen by the clock would round differently from run to run, and tables
are the same bytes in every run. It takes as many rows as let the largest activation fill 4 MiB. Here that
choice is held against the best per-row cost over batch sizes. Writes benchmarks/results/chunks.csv.

    python benchmarks/chunks.py [--quick]
"""

import torch
from measure import BATCHES, Table, cnn, each, lenet, mlp, normal, quick

from xassay.core.entry import rows
from xassay.models import gated_attention_mil

TARGETS = {"the best of a timed search": 1.2}


def main():
    small = quick(__doc__)
    table = Table("chunks")
    bags = gated_attention_mil.build((30, 765), 1).eval()
    models = {
        "MLP 256-64": (mlp(), (1000,)),
        "LeNet on 28 x 28": (lenet(), (1, 28, 28)),
        "1-D network on 4 x 200": (cnn(), (4, 200)),
        "gated attention on 30 cells x 765 genes": (bags, (30, 765)),
    }
    for name, (model, shape) in models.items():
        compared(table, name, model, shape, BATCHES[:1] if small else (8, 16, 32, *BATCHES))
    if not small:
        table.write()


def compared(table, name, model, shape, batches):
    @torch.no_grad()
    def cost(size):
        x = normal(size, *shape)
        return each(lambda: model(x), size)

    chosen = rows(model, normal(1, *shape))
    best = min(batches, key=cost)
    ours, found = cost(chosen), cost(best)
    ((peer, factor),) = TARGETS.items()
    work = f"{name}: {chosen} rows, the best of {len(batches)} sizes is {best}; seconds of 4,096 rows"
    table.add_ideal(work, 4096 * ours, 4096 * found, factor, peer)


if __name__ == "__main__":
    main()
