"""Robustness of a gradient map: noise on the input and new parameters, against the ideal and Quantus.

64 images, LeNet with one logit (measure.lenet), the map is the plain gradient. Local Lipschitz constant and
average sensitivity from 200 noisy copies of every image; parameter randomisation, layer by layer from the
output down. Quantus is given our noise and the same function for its maps, and its own redrawn models are
scored by us, so that numbers can be compared. The ideal is the gradients alone, forward and backward. Writes
benchmarks/results/robustness.csv.

    python benchmarks/robustness.py [--quick]
"""

from functools import partial

import numpy as np
import quantus
import torch
from measure import RUNS, Table, alternated, ideal, lenet, normal, ones, quick, same
from quantus.helpers.model.pytorch_model import PyTorchModel

from xassay.core.gradients import gradient
from xassay.evaluation import average_sensitivity, local_lipschitz, randomisation_similarity
from xassay.stability import local_perturbation, parameter_randomisation

TARGETS = {
    "gradients of the noisy copies": 1.2,
    "gradients of the models": 1.3,
    "Quantus MPRT": 6,
}
RADIUS = 0.1


def explain(model, inputs, targets=None, **_):
    """The gradient, for Quantus: arrays in, arrays out."""
    x = torch.as_tensor(inputs, dtype=torch.float32)
    return gradient(model, x, ones(x)).numpy()


def flat(phi):
    """Maps as (replicate, sample, pixel)."""
    return phi.flatten(1).numpy()[None]


def main():
    small = quick(__doc__)
    n, draws, runs = (4, 5, 1) if small else (64, 200, RUNS)
    table = Table("robustness")
    model, x = lenet(), normal(n, 1, 28, 28, seed=1)
    arrays = dict(x_batch=x.numpy(), y_batch=np.zeros(n, int), a_batch=explain(model, x))
    given = dict(model=model, **arrays, softmax=False, device="cpu", explain_func=explain)
    noisy(table, model, x, given, draws, runs)
    randomised(table, model, x, given, runs)
    if not small:
        table.write()


def noisy(table, model, x, given, draws, runs):
    name, target = list(TARGETS)[0], ones(x)
    bound = ideal(model, x.shape[1:], len(x) * (draws + 1), backward=True)

    def copies():
        rng = np.random.default_rng(0)
        return local_perturbation.variants(model, x, target, 0 * x[None], None, rng, draws, radius=RADIUS)

    def ours(metric):
        maps, far = [], []
        for _, changed, copy, chosen, _ in copies():
            maps.append(flat(gradient(changed, copy, chosen)))
            far.append((copy - x).flatten(1).norm(dim=1).numpy()[None])
        return metric.score(np.stack(maps, 1), np.stack(far, 1))[0]

    def theirs(peer):
        noisy = (copy.flatten(1).numpy() for name, _, copy, *_ in copies() if name != "local:0")
        metric = peer(
            nr_samples=draws,
            perturb_func=lambda arr, **_: next(noisy),
            normalise=False,
            disable_warnings=True,
        )
        return metric(**given)

    gap = same(ours(local_lipschitz), theirs(quantus.LocalLipschitzEstimate), 1e-4)
    cases = {
        f"local Lipschitz constant; values agree to {gap:.0e}": (
            local_lipschitz,
            quantus.LocalLipschitzEstimate,
        ),
        "average sensitivity; ours over the change of x, Quantus' over the map": (
            average_sensitivity,
            quantus.AvgSensitivity,
        ),
    }
    for work, (metric, peer) in cases.items():
        seconds = alternated(runs, ours=partial(ours, metric), theirs=partial(theirs, peer))
        work = f"{work}; {draws} noisy copies of {len(x)} images, gradient, LeNet"
        table.add_ideal(work, seconds["ours"], bound, TARGETS[name], name)
        table.add(work, f"Quantus {peer.__name__}", seconds["ours"], seconds["theirs"], None, bound)


def randomised(table, model, x, given, runs):
    target, seed = ones(x), 42

    def ours():
        whole = flat(gradient(model, x, target))
        rng = np.random.default_rng(0)
        variants = parameter_randomisation.variants(model, x, target, None, rng, 1, independent=0)
        maps = [flat(gradient(other, x, target)) for _, other, *_ in variants]
        return score(whole, maps)

    def score(whole, maps):
        return randomisation_similarity.score(whole, np.concatenate(maps))

    def theirs():
        metric = quantus.MPRT(seed=seed, normalise=False, abs=False, disable_warnings=True)
        return metric(**given)

    redrawn = PyTorchModel(model).get_random_layer_generator("top_down", seed)
    maps = [flat(gradient(other.eval(), x, target)) for _, other in redrawn]
    found = {name: values for name, values in theirs().items() if name != "original"}
    gap = same(score(flat(gradient(model, x, target)), maps), list(found.values()), 1e-6)
    seconds = alternated(runs, ours=ours, theirs=theirs)
    bound = ideal(model, x.shape[1:], len(x) * (len(maps) + 1), backward=True)
    work = (
        f"parameter randomisation, {len(maps)} layers, {len(x)} images, gradient, LeNet; "
        f"scores of the same redrawn models agree to {gap:.0e}"
    )
    (_, one), (_, two) = list(TARGETS.items())[1:]
    table.add_ideal(work, seconds["ours"], bound, one, "gradients of the models")
    table.add(work, "Quantus MPRT", seconds["ours"], seconds["theirs"], two, bound)


if __name__ == "__main__":
    main()
