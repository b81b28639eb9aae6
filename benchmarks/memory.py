"""Peak memory of a probe bank that is written and scored in a stream, against the number of samples.

Each size in a process of its own: blocks of samples are drawn, a small network answers 64 masks, each of 24
units by itself and all, the block goes into the bank; then the bank is read block by block, the metrics of
masks whose value is a sample's own are scored and only sums are kept. Peak memory is the process's
``ru_maxrss``. Writes benchmarks/results/memory.csv.

    python benchmarks/memory.py [--quick]
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from measure import normal, ones, quick, write
from torch import nn

from xassay.core.bank import Bank, create
from xassay.core.contracts import Probe
from xassay.core.masking import answers
from xassay.evaluation import (
    faithfulness_correlation,
    infidelity,
    infidelity_scaled,
    leave_one_out_tau,
    sensitivity_n,
)

TARGETS = {"largest over smallest": 1.1}
COLUMNS = ["work", "samples", "peak_mb", "ratio", "target", "met"]
SIZES = (1_000, 10_000, 100_000)
BLOCK, UNITS, MASKS = 500, 24, 64
METRICS = faithfulness_correlation, infidelity, infidelity_scaled, leave_one_out_tau, sensitivity_n


def block(model, start, n):
    """The answers about ``n`` samples from number ``start``: a Bank."""
    x = normal(n, UNITS, seed=start)
    rank = np.random.default_rng(start).random((n, MASKS, UNITS)).argsort(-1).argsort(-1)
    masks = rank < np.resize([3, 6, 12, 18], MASKS)[:, None]
    ends = np.zeros((n, 1, UNITS), bool), np.ones((n, 1, UNITS), bool)
    single = np.broadcast_to(np.eye(UNITS, dtype=bool), (n, UNITS, UNITS))
    asked = torch.from_numpy(np.concatenate([ends[0], masks, single, ends[1]], 1))
    logits = answers(model, x, torch.zeros_like(x)[None], asked, ones(x)).numpy()[None]
    delta = logits[..., :1] - logits[..., 1:]
    probe = Probe(masks, delta[..., :MASKS], delta[..., MASKS:-1], delta[..., -1])
    nothing = np.full((n, UNITS), np.nan)
    return Bank([str(start + k) for k in range(n)], probe, np.zeros((1, n, 1, UNITS + 1)), nothing)


def stream(samples):
    """Peak memory in MB of writing a bank and scoring it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(UNITS, 16), nn.ReLU(), nn.Linear(16, 1)).eval()
    sums = np.zeros(len(METRICS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bank.h5"
        starts = range(0, samples, BLOCK)
        with create(path, [str(k) for k in range(samples)]) as out:
            for start in starts:
                out.add(block(model, start, BLOCK))
        for start in starts:
            probe = Bank.read(path, slice(start, start + BLOCK)).probe
            sums += [np.nansum(metric.score(probe.single, probe)) for metric in METRICS]
    assert np.isfinite(sums).all() and sums.any(), sums
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        print(stream(int(sys.argv[1])))
        return
    small = quick(__doc__)
    ((_, factor),) = TARGETS.items()
    work = f"bank of {MASKS} masks and {UNITS} units written and scored in blocks of {BLOCK}"
    rows = []
    for samples in (1_000, 2_000) if small else SIZES:
        command = [sys.executable, __file__, str(samples)]
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0])
        ratio = peak / rows[0][2] if rows else 1.0
        rows.append([work, samples, peak, ratio, f"<= {factor:g} x the smallest", ratio <= factor])
        print(
            f"{samples:>7,} samples: {peak:.0f} MB, {ratio:.3f} x the smallest, target {factor:g}", flush=True
        )
    if not small:
        write("memory", pd.DataFrame(rows, columns=COLUMNS))


if __name__ == "__main__":
    main()
