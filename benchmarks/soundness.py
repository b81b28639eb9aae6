"""Metrics on models whose right attribution is known: what ours, Quantus' and captum's return.

Not a race: one table of metric, model, attribution, the value that is due, and what each library returns: the
mean over the samples, an error as its text, nothing where there is no such metric. Models, with baseline 0:
L, f = w.x; S, f = sum x^2; T, f = sum w min(x, 1) at x = 2; Q, f = x1 x2; X, a suppressor, f = x1 - x2 with
x = (s + n, n) and features that do nothing. The peers' options are those that serve them best (their baseline
0, no scaling, no absolute values) unless a row says "default options"; captum's infidelity is in squared
logits, ours a share of what no map has. Ours must be what is due. Writes benchmarks/results/soundness.csv.

    python benchmarks/soundness.py [--quick]
"""

import numpy as np
import pandas as pd
import quantus
import torch
from analytic import (
    MASKS,
    PLAIN,
    SAMPLES,
    SUBSET,
    D,
    Linear,
    Model,
    asked,
    captum_infidelity,
    captum_sensitivity,
    explained_by,
    mean,
    probe,
)
from measure import normal, quick, write
from soundness_curves import ordering
from soundness_recovery import agreeing, exactness, localisation

from xassay.evaluation import (
    class_sensitivity,
    completeness_gap,
    entropy,
    faithfulness_correlation,
    gini,
    infidelity,
    infidelity_excess,
    infidelity_scaled,
    leave_one_out_tau,
    local_lipschitz,
    randomisation_similarity,
    sensitivity_n,
)
from xassay.stability import local_perturbation

TARGETS = {"xassay": "expected"}  # the column that must hold what this column says, to TOLERANCE
TOLERANCE = 0.06  # of means over SAMPLES random maps
COLUMNS = ["metric", "model", "attribution", "expected", "xassay", "quantus", "captum"]


class Rows:
    """The table under way."""

    def __init__(self):
        self.rows = []

    def add(self, metric, model, attribution, expected, xassay, quantus=None, captum=None):
        """expected: a number, or (text, test of a number)."""
        text, right = expected if isinstance(expected, tuple) else (expected, None)
        right = right or (lambda value: abs(value - text) <= TOLERANCE)
        assert right(xassay), f"{metric}, {model}, {attribution}: {xassay:.3g}, due {text}"
        found = [f"{v:.3g}" if isinstance(v, float) else v for v in (text, xassay, quantus, captum)]
        self.rows.append([metric, model, attribution, *found])
        print(*self.rows[-1], sep=" | ", flush=True)


def faithfulness(rows, x, w):
    """L: the exact map predicts every mask, the gradient and a random map none."""
    model, answered = Linear(w), probe(Linear(w), x)
    maps = {"exact": (w * x, 1), "gradient": (w.expand_as(x), 0), "random": (normal(*x.shape, seed=9), 0)}
    plain = dict(nr_runs=MASKS, subset_size=SUBSET, **PLAIN)
    for name, (phi, due) in maps.items():
        own = mean(faithfulness_correlation.score(phi.double().numpy()[None], answered))
        for label, options in {"": dict(perturb_baseline=0.0), ", default options": {}}.items():
            metric = quantus.FaithfulnessCorrelation(**plain | options)
            rows.add(f"faithfulness correlation{label}", "L", name, due, own, asked(metric, model, x, phi))
    for name, (phi, _) in maps.items():
        due = {"exact": 1, "gradient": 0, "random": 0}[name]
        own = mean(leave_one_out_tau.score(phi.double().numpy()[None], answered))
        metric = quantus.FaithfulnessEstimate(perturb_baseline=0.0, features_in_step=1, **PLAIN)
        rows.add("leave-one-out order", "L", name, due, own, asked(metric, model, x, phi))


def scale(rows, x, w):
    """Infidelity: the exact map 0, no map 1, twice the map 1 unless its scale is mended."""
    model, answered = Linear(w), probe(Linear(w), x)
    for name, phi, due in (("exact", w * x, 0), ("zeros", 0 * x, 1), ("twice the exact", 2 * w * x, 1)):
        own = mean(infidelity.score(phi.double().numpy()[None], answered))
        metric = quantus.Infidelity(
            perturb_baseline=0.0, perturb_patch_sizes=[1], n_perturb_samples=1, **PLAIN
        )
        said = asked(metric, model, x, phi)
        rows.add("infidelity", "L", name, due, own, said, captum_infidelity(model, x, phi))
    own = mean(infidelity_scaled.score(2 * (w * x).double().numpy()[None], answered))
    rows.add("infidelity, best scale", "L", "twice the exact", 0, own)
    pair = Model(lambda x: x[:, 0] * x[:, 1])
    masks = torch.tensor([[1, 0], [0, 1], [1, 1]], dtype=torch.bool).repeat(2, 1).expand(len(x), -1, -1)
    answered, phi = probe(pair, x[:, :2], masks), (x[:, :1] * x[:, 1:2] / 2).expand(-1, 2).double().numpy()
    for name, metric, due in (
        ("infidelity", infidelity, 1 / 6),
        ("infidelity, excess", infidelity_excess, 1 / 18),
    ):
        exactly = (f"{due:.4f}", lambda v, due=due: abs(v - due) <= 1e-4)
        rows.add(name, "Q", "Shapley", exactly, mean(metric.score(phi[None], answered)))


def sizes(rows, x, w):
    """Sensitivity-n: the exact map predicts the masks of every size."""
    for name, phi, due in (("exact", w * x, 1), ("random", normal(*x.shape, seed=9), 0)):
        own = mean(sensitivity_n.score(phi.double().numpy()[None], probe(Linear(w), x)))
        metric = quantus.SensitivityN(perturb_baseline=0.0, features_in_step=1, n_max_percentage=0.8, **PLAIN)
        rows.add("sensitivity-n", "L", name, due, own, asked(metric, Linear(w), x, phi))


def shape_of_maps(rows, x, w):
    """Entropy and Gini index of maps in closed form."""
    one, half = torch.zeros_like(x), torch.full_like(x, 0.5)
    one[:, 3] = 2
    cases = [
        ("entropy", entropy, quantus.Complexity, "one feature", one, 0.0),
        ("entropy", entropy, quantus.Complexity, "all alike", half, float(np.log(D))),
        ("Gini index", gini, quantus.Sparseness, "one feature", one, 1 - 1 / D),
        ("Gini index", gini, quantus.Sparseness, "all alike", half, 0.0),
    ]
    for name, ours, theirs, label, phi, due in cases:
        exactly = (float(f"{due:.4g}"), lambda v, due=due: abs(v - due) <= 1e-9)
        own = mean(ours.score(phi.double().numpy()[None]))
        metric = theirs(normalise=False, abs=True, disable_warnings=True)
        rows.add(name, "any", label, exactly, own, asked(metric, Linear(w), x, phi))


def steepness(rows, x, w):
    """Local Lipschitz constant on L: of the gradient 0, of input x gradient max |w|."""
    model, baseline = Linear(w), 0 * x[None]
    for kind, due in (("gradient", 0.0), ("input x gradient", float(w.abs().max()))):
        explain, zero, rng = explained_by(kind), np.zeros(len(x), int), np.random.default_rng(0)
        moved = local_perturbation.variants(model, x[..., None], zero, baseline[..., None], None, rng, 2 * D)
        copies = [copy[..., 0] for _, _, copy, *_ in moved]
        maps = np.stack([explain(model, copy, zero) for copy in copies]).astype(float)[None]
        far = np.stack([(copy - x).norm(dim=1).numpy() for copy in copies])[None]
        own = mean(local_lipschitz.score(maps, far))
        metric = quantus.LocalLipschitzEstimate(nr_samples=2 * D, **PLAIN)
        phi = torch.from_numpy(explain(model, x, zero))
        exactly = (float(f"{due:.4g}"), lambda v, due=due: abs(v - due) <= 1e-2)
        said = asked(metric, model, x, phi, explain_func=explain)
        rows.add("local Lipschitz constant", "L", kind, exactly, own, said)
        metric = quantus.MaxSensitivity(nr_samples=50, **PLAIN)
        said = asked(metric, model, x, phi, explain_func=explain)
        seen = captum_sensitivity(model, x, kind)
        name = "local Lipschitz constant; the peers' largest sensitivity, of another unit"
        rows.add(name, "L", kind, exactly, own, said, seen)


def completeness(rows, x, w):
    """The gap is 0 where a map adds up to f(x) - f(0); Quantus gives the share of samples where it does."""
    far = torch.full_like(x, 2)
    cases = [  # model, its f, x, map, its name, what is due
        ("L", Linear(w), x, w * x, "exact", 0),
        ("S", Model(lambda x: x.square().sum(1)), x, x.square(), "integrated gradients", 0),
        ("S", Model(lambda x: x.square().sum(1)), x, 2 * x.square(), "input x gradient", 1),
        ("T", Model(lambda x: x.clamp(max=1) @ w), far, 0 * far, "gradient", 1),
        ("T", Model(lambda x: x.clamp(max=1) @ w), far, w, "integrated gradients", 0),
        ("Q", Model(lambda x: x[:, 0] * x[:, 1]), x[:, :2], x[:, :1] * x[:, 1:2] / 2, "Shapley", 0),
        ("Q", Model(lambda x: x[:, 0] * x[:, 1]), x[:, :2], x[:, :1] * x[:, 1:2], "input x gradient", 1),
    ]
    for name, model, x, phi, label, due in cases:
        phi = phi.expand_as(x).contiguous()
        gap = completeness_gap.score(phi.double().sum(1).numpy()[None], probe(model, x))
        own = float(np.sqrt((gap**2).mean()))  # in units of the root mean square of f(x) - f(0)
        for suffix, options in {"": dict(perturb_baseline=0.0, **PLAIN), ", default options": {}}.items():
            metric = quantus.Completeness(**options)
            text = (f"gap {due}; share complete {1 - due}", lambda v, due=due: abs(v - due) <= 1e-4)
            rows.add(f"completeness{suffix}", name, label, text, own, asked(metric, model, x, phi))


def targets_and_parameters(rows, x, w):
    """Another target must turn the map of (w, -w) round; new parameters must leave nothing of it."""
    pair = Linear(w, 2)
    for kind in ("gradient", "input x gradient"):
        explain = explained_by(kind)
        one, other = (explain(pair, x, np.full(len(x), k))[None].astype(float) for k in (0, 1))
        metric = quantus.RandomLogit(num_classes=2, **PLAIN)
        own = mean(class_sensitivity.score(one, other))
        said = asked(metric, pair, x, torch.from_numpy(one[0]).float(), explain_func=explain)
        rows.add("class sensitivity", "L and -L", kind, -1, own, said)
        redrawn = [Linear(normal(D, seed=100 + k)) for k in range(20)]
        zero = np.zeros(len(x), int)
        maps = np.stack([explain(model, x, zero) for model in redrawn]).astype(float)
        own = mean(randomisation_similarity.score(np.broadcast_to(one, maps.shape), maps))
        metric = quantus.MPRT(disable_warnings=True, return_last_correlation=True)
        said = asked(metric, Linear(w), x, None, explain_func=explain)
        rows.add("parameter randomisation, default options", "L", kind, 0, own, said)


def main():
    small = quick(__doc__)
    x, w = normal(SAMPLES, D, seed=1), normal(D, seed=2)
    rows = Rows()
    parts = (
        faithfulness,
        sizes,
        scale,
        ordering,
        completeness,
        targets_and_parameters,
        steepness,
        shape_of_maps,
    )
    for part in parts:
        part(rows, x, w)
    localisation(rows)
    exactness(rows, x, w)
    agreeing(rows, x, w)
    if not small:
        write("soundness", pd.DataFrame(rows.rows, columns=COLUMNS))


if __name__ == "__main__":
    main()
