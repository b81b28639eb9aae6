"""Replicates trained one after the other, or together with stacked parameters (torch.func)?

CPU seconds of one epoch of all replicates on one thread, median of alternated runs. Same data, same
batches, same loss. Writes benchmarks/results/stacked_training.csv: work, peer (stacked), ours_s (loop),
peer_s, ratio (peer over ours).

    python benchmarks/stacked_training.py
"""

import copy
import statistics
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.func import functional_call, stack_module_state

from xassay.models import gated_attention_mil, mean_pooling
from xassay.training.loop import loss

REPLICATES, RUNS = 10, 3
CASES = [  # model, bags, cells, genes, batch
    (gated_attention_mil, 400, 50, 765, 32),
    (gated_attention_mil, 300, 40, 765, 32),
    (mean_pooling, 300, 40, 765, 32),
    (gated_attention_mil, 300, 40, 100, 32),
    (gated_attention_mil, 300, 40, 100, 8),
]


def batches(n, size):
    """The order of each replicate's bags, in batches: lists of (replicate, bag) index arrays."""
    orders = np.stack([np.random.default_rng(k).permutation(n) for k in range(REPLICATES)])
    return [torch.from_numpy(orders[:, start : start + size]) for start in range(0, n, size)]


def loop(models, x, y, order):
    """One epoch, replicate after replicate."""
    weight = torch.ones(2)
    for k, model in enumerate(models):
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for rows in order:
            optimiser.zero_grad(set_to_none=True)
            loss(model(x[rows[k]]), y[rows[k]], weight).backward()
            optimiser.step()


def stacked(models, x, y, order):
    """One epoch of all replicates at once: vmap over their stacked parameters."""
    weight, base = torch.ones(2), copy.deepcopy(models[0]).to("meta")
    parameters, buffers = stack_module_state(models)
    optimiser = torch.optim.AdamW(parameters.values(), lr=1e-3)

    def one(parameters, buffers, x, y):
        return loss(functional_call(base, (parameters, buffers), (x,)), y, weight)

    every = torch.func.vmap(one, randomness="different")
    for rows in order:
        optimiser.zero_grad(set_to_none=True)
        every(parameters, buffers, x[rows], y[rows]).sum().backward()
        optimiser.step()


def seconds(work, *arguments):
    """CPU seconds of one call."""
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start


def main():
    """Measure every case and write the table."""
    torch.set_num_threads(1)
    rows = []
    for plugin, bags, cells, genes, batch in CASES:
        x, y = torch.rand(bags, cells, genes), torch.arange(bags) % 2
        models = [plugin.build((cells, genes), 1) for _ in range(REPLICATES)]
        order = batches(bags, batch)
        runs = [
            (seconds(loop, models, x, y, order), seconds(stacked, models, x, y, order)) for _ in range(RUNS)
        ]
        ours, peer = (statistics.median(column) for column in zip(*runs, strict=True))
        name = plugin.__name__.rpartition(".")[2]
        work = f"{name}, {bags} bags x {cells} cells x {genes} genes, batch {batch}"
        rows.append({"work": work, "peer": "stacked", "ours_s": ours, "peer_s": peer, "ratio": peer / ours})
        print(f"{work}: loop {ours:.2f} s, stacked {peer:.2f} s", flush=True)
    out = Path(__file__).parent / "results" / "stacked_training.csv"
    out.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows).round(3).to_csv(out, index=False)


if __name__ == "__main__":
    main()
