"""KernelSHAP of 50 groups of features from 2,048 coalitions, against captum.

8 samples of a network with 1,000 inputs and one logit (measure.mlp), baseline 0, groups of 20 features.
captum is run as it comes (perturbations_per_eval 1) and tuned (250). Both sample coalitions: on an additive
model the maps must be the same, on the network the distance from Shapley values of many permutations no
larger than captum's, and our sums f(x) - f(baseline) to 1e-6 of its typical size. Writes
benchmarks/results/kernel_shap.csv.

    python benchmarks/kernel_shap.py [--quick]
"""

import numpy as np
import torch
from captum.attr import KernelShap
from measure import RUNS, Table, alternated, ideal, mlp, normal, ones, quick, same
from torch import nn

from xassay.attribution import kernel_shap, permutation_shapley

TARGETS = {"captum KernelShap": 60, "captum KernelShap, 250 at a time": 30}
EFFICIENCY = 1e-6  # largest |sum - (f(x) - f(baseline))| over the root mean square of f(x) - f(baseline)
GROUPS = 50


def main():
    small = quick(__doc__)
    coalitions = 256 if small else 2048
    model, x = mlp(), normal(2 if small else 8, 1000, seed=1)
    groups = torch.arange(1000) // (1000 // GROUPS)
    given = ones(x), torch.zeros_like(x)[None], groups

    def ours(model=model):
        return kernel_shap.attribute(model, x, *given, np.random.default_rng(0), n_coalitions=coalitions)

    def theirs(model=model, at_a_time=1):
        torch.manual_seed(0)
        options = dict(n_samples=coalitions, perturbations_per_eval=at_a_time)
        return KernelShap(model).attribute(x, baselines=0, target=0, feature_mask=groups[None], **options)

    def by_group(phi):
        """One value a group, whichever way a method spreads it over the group's features."""
        phi = phi.double()
        return phi if phi.shape[1] == GROUPS else phi.view(len(phi), GROUPS, -1).mean(2)

    additive = nn.Sequential(nn.Linear(1000, 1))
    same(by_group(ours(additive)), by_group(theirs(additive, 250)), 1e-3)
    maps = [by_group(phi) for phi in (ours(), theirs(), theirs(at_a_time=250))]
    exact = permutation_shapley.attribute(model, x, *given, np.random.default_rng(1), permutations=2000)
    distances = [float((phi - by_group(exact)).square().mean().sqrt()) for phi in maps]
    assert distances[0] <= 1.1 * min(distances[1:]), distances
    with torch.no_grad():
        whole = (model(x) - model(0 * x))[:, 0].double()
    typical = whole.square().mean().sqrt()
    gaps = [float(((phi.sum(1) - whole) / typical).abs().max()) for phi in maps[:2]]
    if not small:
        assert gaps[0] < EFFICIENCY, gaps
    seconds = alternated(1 if small else RUNS, ours=ours, default=theirs, tuned=lambda: theirs(at_a_time=250))
    bound = ideal(model, x.shape[1:], len(x) * coalitions)
    work = (
        f"{coalitions:,} coalitions of {GROUPS} groups, {len(x)} samples, MLP; efficiency gap {gaps[0]:.0e}, "
        f"captum {gaps[1]:.0e}; distance from Shapley values {distances[0]:.2g}, captum {distances[1]:.2g}"
    )
    table = Table("kernel_shap")
    for (name, factor), key in zip(TARGETS.items(), ("default", "tuned"), strict=True):
        table.add(work, name, seconds["ours"], seconds[key], factor, bound)
    if not small:
        table.write()


if __name__ == "__main__":
    main()
