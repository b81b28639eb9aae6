"""One feature at a time: leave-one-out and sampled Shapley values of 1,000 features, against captum.

A network with 1,000 inputs and one logit (measure.mlp), baseline 0. captum is run as it comes
(perturbations_per_eval 1) and tuned (8 and 32). Leave-one-out must give the same map. Two samples of
permutations differ: there the sums must be f(x) - f(baseline), the maps of an additive model the same, and
the distance from Shapley values of many more permutations no larger than captum's. Writes
benchmarks/results/single_units.csv.

    python benchmarks/single_units.py [--quick]
"""

import numpy as np
import torch
from captum.attr import FeatureAblation, ShapleyValueSampling
from measure import HIDDEN, RUNS, Table, alternated, ideal, mlp, normal, ones, quick, same
from torch import nn

from xassay.attribution import leave_one_out, permutation_shapley

TARGETS = {
    "captum FeatureAblation": 25,
    "captum FeatureAblation, 8 at a time": 11,
    "captum ShapleyValueSampling": 30,
    "captum ShapleyValueSampling, 32 at a time": 10,
}
PERMUTATIONS = 4  # orders of the features; ours are two and their reverses


def captum(kind, model, x, **options):
    """A captum map of the only logit: (sample, feature)."""
    torch.manual_seed(0)
    return kind(model).attribute(x, baselines=0, target=0, **options)


def main():
    small = quick(__doc__)
    table = Table("single_units")
    x, runs = normal(8 if small else 64, 1000, seed=1), 1 if small else RUNS
    for hidden in HIDDEN:
        model, name = mlp(hidden=hidden), "MLP " + "-".join(map(str, hidden))
        leave_one_out_rows(table, model, name, x, runs)
        permutation_rows(table, model, name, x[:8], runs)
    if not small:
        table.write()


def leave_one_out_rows(table, model, name, x, runs):
    given = model, x, ones(x), torch.zeros_like(x)[None], None
    calls = dict(
        ours=lambda: leave_one_out.attribute(*given),
        default=lambda: captum(FeatureAblation, model, x),
        tuned=lambda: captum(FeatureAblation, model, x, perturbations_per_eval=8),
    )
    gap = max(same(calls["ours"](), calls[key](), 1e-4) for key in ("default", "tuned"))
    seconds = alternated(runs, **calls)
    bound = ideal(model, x.shape[1:], len(x) * 1001)
    work = f"leave one out, {len(x)} samples x 1,000 features, {name}; maps agree to {gap:.0e}"
    rows(table, work, seconds, [peer for peer in TARGETS if "Ablation" in peer], bound)


def permutation_rows(table, model, name, x, runs):
    baseline = torch.zeros_like(x)[None]

    def ours(model=model, permutations=PERMUTATIONS):
        rng = np.random.default_rng(0)
        return permutation_shapley.attribute(
            model, x, ones(x), baseline, None, rng, permutations=permutations // 2
        )

    def theirs(model=model, at_a_time=1, n=PERMUTATIONS):
        return captum(ShapleyValueSampling, model, x, n_samples=n, perturbations_per_eval=at_a_time)

    additive = nn.Sequential(nn.Linear(1000, 1))
    same(ours(additive), theirs(additive), 1e-4)
    with torch.no_grad():
        whole = (model(x) - model(0 * x))[:, 0]
    same(ours().sum(1), whole, 1e-4)
    truth = ours(permutations=64)
    distances = [float((phi - truth).square().mean().sqrt()) for phi in (ours(), theirs())]
    assert distances[0] <= 1.1 * distances[1], distances
    seconds = alternated(runs, ours=ours, default=theirs, tuned=lambda: theirs(at_a_time=32))
    work = (
        f"Shapley values, {PERMUTATIONS} permutations, {len(x)} samples x 1,000 features, {name}; distance "
        f"from those of 64 permutations {distances[0]:.2g}, captum {distances[1]:.2g}"
    )
    bound = ideal(model, x.shape[1:], len(x) * 1000 * PERMUTATIONS)
    rows(table, work, seconds, [peer for peer in TARGETS if "Shapley" in peer], bound)


def rows(table, work, seconds, peers, bound):
    for name, key in zip(peers, ("default", "tuned"), strict=True):
        table.add(work, name, seconds["ours"], seconds[key], TARGETS[name], bound)


if __name__ == "__main__":
    main()
