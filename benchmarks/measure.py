"""What the benchmarks share: one thread, CPU seconds of alternated runs, the ideal, toy models, the table.

Seconds are those of the processor (``time.process_time``), the median of alternated runs of ours and the
peer's. The ideal is the number of forward (or forward and backward) passes times the best cost of one over
batch sizes: what the work costs if the model's own arithmetic is all that there is.
"""

import argparse
import logging
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from torch import nn

torch.set_num_threads(1)
threadpool_limits(1)  # numpy's
warnings.simplefilter("ignore")  # the peers', of every call
logging.disable(logging.WARNING)

RESULTS = Path(__file__).parent / "results"
RUNS = 5
BATCHES = (64, 128, 256, 512, 1024, 2048, 4096)
HIDDEN = ((256, 64), (256, 256))  # widths of the hidden layers of ``mlp``, narrowing and not
COLUMNS = ["work", "peer", "ours_s", "peer_s", "ratio", "target", "met", "ideal_s", "to_ideal"]


def quick(description):
    """Whether ``--quick`` was given: a smoke run, small and once, that writes nothing."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke run: small, once, nothing is written")
    return parser.parse_args().quick


def cpu(call):
    """CPU seconds of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def alternated(runs=RUNS, **calls):
    """Median CPU seconds of each call over ``runs`` rounds in which each runs once: {name: seconds}."""
    seconds = {name: [] for name in calls}
    for _ in range(runs):
        for name, call in calls.items():
            seconds[name].append(cpu(call))
    return {name: statistics.median(values) for name, values in seconds.items()}


def each(call, size):
    """Median CPU seconds of one of ``size`` things that ``call`` does at once."""
    call()
    return statistics.median(cpu(call) for _ in range(max(RUNS, 4096 // size))) / size


def ideal(model, shape, passes, backward=False):
    """CPU seconds of ``passes`` forward passes, or forward and backward to x, at the best batch size.

    shape: of one sample."""

    def once(x):
        if not backward:
            with torch.no_grad():
                return model(x)
        x = x.clone().requires_grad_()
        return torch.autograd.grad(model(x).sum(), x)

    inputs = (normal(size, *shape) for size in BATCHES)
    return passes * min(each(lambda x=x: once(x), len(x)) for x in inputs)


class Table:
    """Rows of one benchmark: printed as they come, written to results/<name>.csv."""

    def __init__(self, name):
        self.name, self.rows = name, []

    def add(self, work, peer, ours, theirs, target, ideal_s=np.nan):
        """A row against a peer: met where the peer takes ``target`` times as long as we do, or longer.

        target: None where none is set."""
        ratio = theirs / ours
        wanted = dict(target="" if target is None else f">= {target:g} x faster")
        met = "" if target is None else bool(ratio >= target)
        self._row(work, peer, ours, theirs, ratio, wanted["target"], met, ideal_s)

    def add_ideal(self, work, ours, ideal_s, target, peer="ideal"):
        """A row against the ideal: met where we take ``target`` times as long as it does, or less."""
        met = bool(ours <= target * ideal_s)
        self._row(work, peer, ours, np.nan, np.nan, f"<= {target:g} x ideal", met, ideal_s)

    def _row(self, work, peer, ours, theirs, ratio, target, met, ideal_s):
        self.rows.append([work, peer, ours, theirs, ratio, target, met, ideal_s, ours / ideal_s])
        seconds = f"{ours:8.3f} s ours {theirs:8.3f} s peer {ideal_s:8.3f} s ideal"
        print(f"{work} | {peer} | {seconds} | {ratio:6.1f} x | {ours / ideal_s:5.2f} of ideal", end=" | ")
        print(target, {True: "met", False: "MISSED"}.get(met, ""), flush=True)

    def write(self):
        """Write results/<name>.csv; columns that no row uses are left out."""
        write(self.name, pd.DataFrame(self.rows, columns=COLUMNS).dropna(axis=1, how="all"))


def write(name, table):
    """Write a table to results/<name>.csv, numbers with four digits."""
    RESULTS.mkdir(exist_ok=True)
    table.to_csv(RESULTS / f"{name}.csv", index=False, float_format="%.4g")


def same(one, other, tolerance):
    """Assert that two results agree to ``tolerance`` of the second's largest value; returns the gap."""
    one, other = (np.asarray(part, np.float64) for part in (one, other))
    assert one.shape == other.shape, (one.shape, other.shape)
    assert np.isfinite(one).all() and np.isfinite(other).all(), "not finite"
    gap = np.abs(one - other).max() / np.abs(other).max()
    assert gap <= tolerance, f"results differ by {gap:.2g} of the largest value, more than {tolerance:g}"
    return gap


def normal(*shape, seed=0):
    """Normal draws, float32."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, np.float32))


def ones(x):
    """The target of a model with one logit: the logit itself."""
    return torch.ones(len(x), dtype=torch.long)


def mlp(outputs=1, hidden=(256, 64)):
    """1,000 inputs, two hidden layers, ReLU.

    What sums in the first layer save ends where the second begins: its width decides how much is left."""
    torch.manual_seed(0)
    first, second = hidden
    layers = (
        nn.Linear(1000, first),
        nn.ReLU(),
        nn.Linear(first, second),
        nn.ReLU(),
        nn.Linear(second, outputs),
    )
    return nn.Sequential(*layers).eval()


def lenet(outputs=1):
    """LeNet-5 on (1, 28, 28) with ReLU and max pooling."""
    torch.manual_seed(0)
    first = nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)
    second = nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
    head = nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, outputs)
    return nn.Sequential(*first, *second, *head).eval()


def cnn(outputs=1):
    """A one-dimensional network on (4, length): a motif-wide convolution, pooling, another, the mean."""
    torch.manual_seed(0)
    first = nn.Conv1d(4, 32, 11, padding=5), nn.ReLU(), nn.MaxPool1d(4)
    second = nn.Conv1d(32, 32, 7, padding=3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten()
    return nn.Sequential(*first, *second, nn.Linear(32, outputs)).eval()


def pooled(length):
    """A network on (4, length): three pooled convolutions of 64 channels, two dense layers."""
    layers, channels = [], 4
    for kernel in (15, 7, 5):
        layers += [nn.Conv1d(channels, 64, kernel, padding=kernel // 2), nn.ReLU(), nn.MaxPool1d(4)]
        channels = 64
    layers += [nn.Flatten(), nn.Linear(64 * (length // 64), 64), nn.ReLU(), nn.Linear(64, 1)]
    return nn.Sequential(*layers).eval()
