"""DeepLIFT over 20 references: time against tangermeme and captum, and what each misses on single operations.

The network: three times a convolution of 64 channels, ReLU and pooling, then two dense layers; sequences of
200 and of 500 bases; the same references for all. The miss is mean |sum of contributions - (f(x) - f(r))|
over mean |f(x) - f(r)|: 0 where a method is right. Writes benchmarks/results/deep_lift.csv and
deep_lift_misses.csv.

    python benchmarks/deep_lift.py [--quick]
"""

import numpy as np
import pandas as pd
import torch
from captum.attr import DeepLift
from measure import Table, alternated, ones, pooled, quick, same, write
from tangermeme.deep_lift_shap import deep_lift_shap
from torch import nn

from xassay.attribution import deep_lift
from xassay.core.targets import explained

REFERENCES = 20
FASTER = 1.6  # than tangermeme


class Gate(nn.Module):
    """Half of the channels times the sigmoid of the others."""

    def forward(self, h):
        one, other = h.chunk(2, 1)
        return one * torch.sigmoid(other)


class Pooled(nn.Module):
    """Attention pooling: the softmax of one channel weighs the others."""

    def forward(self, h):
        return (torch.softmax(h[:, :1], -1) * h[:, 1:]).sum(-1)


class Relu(nn.Module):
    """ReLU by a function."""

    def forward(self, h):
        return torch.relu(h)


OPERATIONS = {
    "ReLU": [nn.ReLU()],
    "ReLU, pooling": [nn.ReLU(), nn.MaxPool1d(4)],
    "overlapping pools": [nn.ReLU(), nn.MaxPool1d(4, 2)],
    "GELU": [nn.GELU()],
    "layer norm": [nn.LayerNorm(60), nn.ReLU()],
    "softmax": [nn.Softmax(-1)],
    "functional ReLU": [Relu()],
    "gate": [Gate()],
    "attention pooling": [Pooled()],
}


def drawn(n, length):
    """One-hot sequences and references: (n, 4, length), (reference, n, 4, length)."""
    bases = np.random.default_rng(0).integers(4, size=(1 + REFERENCES, n, length))
    found = torch.from_numpy(np.eye(4, dtype=np.float32)[bases]).transpose(2, 3).contiguous()
    return found[0], found[1:]


def by_tangermeme(model, x, reference):
    """Hypothetical contributions, mean over references."""
    given = reference.transpose(0, 1).contiguous()
    return deep_lift_shap(
        model, x, references=given, hypothetical=True, device="cpu", batch_size=64, warning_threshold=1e9
    )


def by_captum(model, x, reference):
    """Contributions of what is there, mean over references."""
    method = DeepLift(model)
    return sum(method.attribute(x, r, target=0).detach() for r in reference) / len(reference)


def missed(attributions, model, x, reference):
    """How far contributions are from what they should add up to."""
    with torch.no_grad():
        lost = (
            explained(model(x), ones(x)) - torch.stack([model(r)[:, 0] for r in reference]).mean(0)
        ).double()
    return float(((attributions * x).flatten(1).sum(1).double() - lost).abs().mean() / lost.abs().mean())


def main():
    small = quick(__doc__)
    table = Table("deep_lift")
    for length in (200, 500):
        n = 2 if small else 32
        torch.manual_seed(0)
        model, (x, reference) = pooled(length), drawn(n, length)
        calls = {
            "ours": lambda: deep_lift.attribute(model, x, ones(x), reference, 1),  # noqa: B023
            "theirs": lambda: by_tangermeme(model, x, reference),  # noqa: B023
            "captum": lambda: by_captum(model, x, reference),  # noqa: B023
        }
        gap = same(calls["ours"](), calls["theirs"](), 1e-4)
        seconds = alternated(1 if small else 5, **calls)
        work = f"DeepLIFT, {REFERENCES} references, {n} x {length}"
        table.add(
            f"{work}; maps agree to {gap:.0e}", "tangermeme", seconds["ours"], seconds["theirs"], FASTER
        )
        table.add(f"{work}; its maps are others", "captum", seconds["ours"], seconds["captum"], None)
    rows = [misses(name, layers) for name, layers in OPERATIONS.items()]
    for row in rows:
        print(
            " | ".join(f"{value:.2g}" if isinstance(value, float) else str(value) for value in row.values())
        )
    if not small:
        table.write()
        write("deep_lift_misses", pd.DataFrame(rows))


def misses(name, layers):
    """What ours, tangermeme and captum miss on one operation behind a convolution."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(4, 8, 7, padding=3), *layers, nn.Flatten(), nn.LazyLinear(1)).eval()
    x, reference = drawn(16, 60)
    with torch.no_grad():
        model(x)
    return {
        "operation": name,
        "ours": missed(deep_lift.attribute(model, x, ones(x), reference, 1), model, x, reference),
        "tangermeme": attempt(lambda: missed(by_tangermeme(model, x, reference), model, x, reference)),
        "captum": attempt(lambda: missed_by_captum(model, x, reference)),
    }


def missed_by_captum(model, x, reference):
    """As ``missed``; captum's contributions are of what is there, against each reference's own base."""
    with torch.no_grad():
        lost = (model(x)[:, 0] - torch.stack([model(r)[:, 0] for r in reference]).mean(0)).double()
    told = by_captum(model, x, reference).flatten(1).sum(1).double()
    return float((told - lost).abs().mean() / lost.abs().mean())


def attempt(call):
    """A number, or the kind of error in its place."""
    try:
        return call()
    except Exception as fault:  # whatever a peer raises is its answer
        return type(fault).__name__


if __name__ == "__main__":
    main()
