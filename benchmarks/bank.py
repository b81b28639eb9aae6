"""All mask metrics of 15 methods from one probe bank, against Quantus FaithfulnessCorrelation run 15 times.

64 images of 28 x 28 pixels, LeNet with one logit (measure.lenet), baseline 0; 15 maps, input x gradient with
more and more noise. First the one metric: 100 masks of 224 pixels, those that Quantus draws from its seed, so
that both give the same numbers. Then the whole bank: 256 masks of several sizes, every pixel by itself, and
all; every metric of masks. Its target is the model's own work for the bank. Writes
benchmarks/results/bank.csv.

    python benchmarks/bank.py [--quick]
"""

import numpy as np
import quantus
import torch
from measure import RUNS, Table, alternated, ideal, lenet, normal, ones, quick, same

from xassay.core.contracts import Probe
from xassay.core.gradients import gradient
from xassay.core.masking import answers, singles
from xassay.evaluation import (
    completeness_gap,
    faithfulness_correlation,
    infidelity,
    infidelity_excess,
    infidelity_scaled,
    leave_one_out_tau,
    sensitivity_n,
)
from xassay.steps.probe import SHARES

TARGETS = {"Quantus FaithfulnessCorrelation, a run a method": 25, "forward passes of the bank": 1.5}
METRICS = (
    faithfulness_correlation,
    sensitivity_n,
    infidelity,
    infidelity_scaled,
    infidelity_excess,
    leave_one_out_tau,
)
METHODS, SUBSET, PIXELS = 15, 224, 784


def main():
    small = quick(__doc__)
    n, runs = (4, 1) if small else (64, RUNS)
    table = Table("bank")
    model, x = lenet(), normal(n, 1, 28, 28, seed=1)
    phi = x * gradient(model, x, ones(x))
    maps = [phi + k / 4 * phi.std() * normal(*x.shape, seed=100 + k) for k in range(METHODS)]
    one_metric(table, model, x, maps, 20 if small else 100, runs)
    every_metric(table, model, x, maps, 32 if small else 256, runs)
    if not small:
        table.write()


def asked(model, x, masks):
    """The logit of masked images, the first mask empty: (sample, mask)."""
    units = torch.arange(PIXELS).view(1, 28, 28)
    masks = torch.cat([torch.zeros_like(masks[:, :1]), masks], 1)
    return answers(model, x, torch.zeros_like(x)[None], masks, ones(x), units=units)


def probe(masks, logits, single=None, total=None):
    """A Probe of one replicate."""
    logits = logits.numpy()[None]
    return Probe(masks.numpy(), logits[..., :1] - logits[..., 1:], single, total)


def flat(maps):
    """Maps as (replicate, sample, pixel), a method a replicate: as scoring.together stacks them."""
    return torch.stack(maps).flatten(2).double().numpy()


def every(answered):
    """The answers for each of the methods."""
    masks, *answers_ = answered
    return Probe(masks, *(None if a is None else np.repeat(a, METHODS, 0) for a in answers_))


def drawn(n, n_masks):
    """The masks that Quantus draws after ``numpy.random.seed(0)``."""
    np.random.seed(0)
    masks = torch.zeros(n, n_masks, PIXELS, dtype=torch.bool)
    for k in range(n_masks):
        for i in range(n):
            masks[i, k, np.random.choice(PIXELS, SUBSET, replace=False)] = True
    return masks


def one_metric(table, model, x, maps, n_masks, runs):
    masks = drawn(len(x), n_masks)
    peer = quantus.FaithfulnessCorrelation(
        nr_runs=n_masks,
        subset_size=SUBSET,
        perturb_baseline=0.0,
        normalise=False,
        return_aggregate=False,
        disable_warnings=True,
    )
    arrays = dict(x_batch=x.numpy(), y_batch=np.zeros(len(x), int))

    def ours():
        answered = probe(masks, asked(model, x, masks))
        return faithfulness_correlation.score(flat(maps), every(answered))

    def theirs():
        found = []
        for phi in maps:
            np.random.seed(0)
            given = dict(model=model, **arrays, a_batch=phi.numpy(), softmax=False, device="cpu")
            found.append(peer(**given))
        return found

    gap = same(ours(), theirs(), 1e-4)
    seconds = alternated(runs, ours=ours, theirs=theirs)
    name, factor = list(TARGETS.items())[0]
    work = (
        f"faithfulness correlation of {METHODS} methods, {len(x)} images, {n_masks} masks, LeNet; "
        f"scores agree to {gap:.0e}"
    )
    bound = ideal(model, x.shape[1:], len(x) * (n_masks + 1))
    table.add(work, name, seconds["ours"], seconds["theirs"], factor, bound)


def every_metric(table, model, x, maps, n_masks, runs):
    rank = np.random.default_rng(0).random((len(x), n_masks, PIXELS)).argsort(-1).argsort(-1)
    sizes = np.round(PIXELS * np.resize(SHARES, n_masks))[:, None]
    masks = torch.from_numpy(rank < sizes)
    everything = torch.ones_like(masks[:, :1])
    units, baseline = torch.arange(PIXELS).view(1, 28, 28), torch.zeros_like(x)[None]

    def forward():
        logits = asked(model, x, torch.cat([masks, everything], 1))
        alone = singles(model, x, baseline, ones(x), units=units)
        single, total = logits[:, :1] - alone, logits[:, 0] - logits[:, -1]
        return probe(masks, logits[:, :-1], single.numpy()[None], total.numpy()[None])

    def metrics(answered):
        phi, answered = flat(maps), every(answered)
        for metric in METRICS:
            metric.score(phi, answered)
        completeness_gap.score(phi.sum(-1), answered)

    seconds = alternated(runs, bank=forward, all=lambda: metrics(forward()))
    passes = len(x) * (n_masks + PIXELS + 2)
    bound = ideal(model, x.shape[1:], passes)
    name, factor = list(TARGETS.items())[1]
    work = (
        f"seven metrics of {METHODS} methods and their bank, {len(x)} images, {n_masks} masks, every pixel, "
        f"LeNet; the bank alone {seconds['bank']:.2f} s"
    )
    table.add_ideal(work, seconds["all"], bound, factor, name)


if __name__ == "__main__":
    main()
