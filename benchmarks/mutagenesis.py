"""In-silico mutagenesis, every base at every position, against plain forward passes and tangermeme.

Networks on (4, length) with one logit: three times a convolution of 64 channels, ReLU and pooling, then two
dense layers; and a residual network of 32 channels whose dilation doubles, as BPNet has it. Plain is every
edited sequence in batches of the best size; tangermeme's fast mode is forced where it would not try it, and
what it takes to capture the model and to check it, the same for any number of sequences, is left out of its
time in a row of its own. Writes benchmarks/results/mutagenesis.csv.

    python benchmarks/mutagenesis.py [--quick]
"""

import tangermeme.saturation_mutagenesis as theirs
import torch
from measure import RUNS, Table, alternated, cpu, each, ones, pooled, quick, same
from torch import nn
from torch.nn import functional

from xassay.attribution.in_silico_mutagenesis import attribute
from xassay.core.mutations import mutations
from xassay.core.targets import explained

TARGETS = {200: 2, 500: 7, 1000: 11}  # times faster than plain, by length
PEER = 2.5  # than tangermeme, at 500
SAMPLES = {200: 32, 500: 32, 1000: 8}
SIZES = (16, 32, 64, 128, 256, 512, 1024)  # of batches


class Dilated(nn.Module):
    """A convolution of 21 positions, five of three in residual layers, the mean over positions."""

    def __init__(self, channels=32):
        super().__init__()
        self.first = nn.Conv1d(4, channels, 21, padding=10)
        sizes = (2**k for k in range(1, 6))
        self.layers = nn.ModuleList(nn.Conv1d(channels, channels, 3, padding=d, dilation=d) for d in sizes)
        self.head = nn.Linear(channels, 1)

    def forward(self, x):
        h = self.first(x).relu()
        for layer in self.layers:
            h = h + layer(h).relu()
        return self.head(h.mean(-1))


def main():
    small = quick(__doc__)
    table = Table("mutagenesis")
    for length, factor in TARGETS.items():
        n = 2 if small else SAMPLES[length]
        torch.manual_seed(0)
        row(table, "pooled", pooled(length), length, n, factor, small)
        row(table, "dilated", Dilated().eval(), length, min(n, 8), None, small)
    torch.manual_seed(0)
    peer(table, pooled(500), 1 if small else 8, small)
    if not small:
        table.write()


def row(table, name, model, length, n, factor, small):
    x, runs = sequences(n, length), 1 if small else RUNS
    attribute(model, x, ones(x))  # all that follows allocates memory as it does from then on
    size, cost = best(model, x, SIZES[2:3] if small else SIZES)
    with torch.no_grad():
        whole = model(x).double()[..., None]
    # answers, since what float32 leaves of small differences of theirs is not the same twice
    gap = same(whole + mutations(model, x, ones(x)), whole + plain(model, x, size), 1e-5)
    seconds = alternated(runs, ours=lambda: attribute(model, x, ones(x)), plain=lambda: plain(model, x, size))
    work = f"mutagenesis, {name} network, {n} x {length:,}; answers agree to {gap:.0e}"
    ideal = cost * 3 * x[:, 0].numel()
    table.add(work, f"forward passes, {size} at a time", seconds["ours"], seconds["plain"], factor, ideal)


def peer(table, model, n, small, length=500):
    x, runs = sequences(n, length), 1 if small else RUNS
    sizes = SIZES[2:3] if small else SIZES[1:-1]
    _, cost = best(model, x, sizes)

    def fast(size, end=-1, least=0.0):
        theirs._FAST_MIN_SECONDS, options = least, dict(batch_size=size, hypothetical=True, device="cpu")
        return theirs.saturation_mutagenesis(model, x, end=end, **options)

    first = {size: cpu(lambda size=size: fast(size)) for size in sizes}
    size = min(first, key=first.get)
    gap = same(attribute(model, x, ones(x)), fast(size), 1e-4)
    seconds = alternated(
        runs,
        ours=lambda: attribute(model, x, ones(x)),
        fast=lambda: fast(size),
        start=lambda: fast(size, end=1),
        plain=lambda: fast(size, least=torch.inf),
    )
    work = f"mutagenesis, pooled network, {n} x {length}; maps agree to {gap:.0e}"
    ideal = cost * 3 * n * length
    for name, took in (
        (f"tangermeme, {size} at a time, its fast mode off", seconds["plain"]),
        (f"tangermeme's fast mode, {size} at a time", seconds["fast"]),
        ("the same, the model captured already", seconds["fast"] - seconds["start"]),
    ):
        table.add(work, name, seconds["ours"], took, PEER, ideal)


def sequences(n, length):
    letters = torch.randint(0, 4, (n, length), generator=torch.Generator().manual_seed(1))
    return functional.one_hot(letters, 4).transpose(1, 2).float().contiguous()


def best(model, x, sizes):
    """The size of batches in which forward passes are cheapest, and what one takes: (size, CPU seconds)."""

    @torch.no_grad()
    def forward(batch):
        return model(batch)

    batches = [x[:1].repeat(size, 1, 1) for size in sizes]
    costs = {len(batch): each(lambda batch=batch: forward(batch), len(batch)) for batch in batches}
    size = min(costs, key=costs.get)
    return size, costs[size]


@torch.no_grad()
def plain(model, x, size):
    """Mutations by their definition: every base but the one that stands there, in batches."""
    n, _, length = x.shape
    sample, place, shift = torch.cartesian_prod(*(torch.arange(k) for k in (n, length, 3))).T
    base = (x.argmax(1)[sample, place] + 1 + shift) % 4
    change = torch.zeros(n, 4, length, dtype=torch.float64)
    whole = explained(model(x), ones(x)).double()
    for s, p, b in zip(*(part.split(size) for part in (sample, place, base))):
        edits, rows = x[s], torch.arange(len(s))
        edits[rows, :, p] = 0
        edits[rows, b, p] = 1
        change[s, b, p] = explained(model(edits), ones(edits)).double() - whole[s]
    return change


if __name__ == "__main__":
    main()
