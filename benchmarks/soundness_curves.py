"""Soundness of what removes features in a map's order: rows of the table of soundness.py, on L.

On f = w.x a curve is a cumulative sum, so that every metric of curves has a closed form.
"""

import numpy as np
import quantus
from analytic import PLAIN, Linear, asked, curve, mean
from measure import normal

from xassay.evaluation import abpc, aopc_r, comprehensiveness, deletion, insertion, sufficiency

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)  # of features, the defaults of comprehensiveness and sufficiency
if not hasattr(np, "trapz"):
    np.trapz = np.trapezoid  # numpy 2 renamed it, and Quantus asks for the old name


def ordering(rows, x, w):
    """L: removal in the order of the exact map is the steepest that there is."""
    model, exact = Linear(w), w * x
    due = closed(exact.double().numpy(), curve(model, x, exact).random[0])
    single = dict(perturb_baseline=0.0, features_in_step=1)
    peers = {
        "area between the curves": {
            "Monotonicity": quantus.Monotonicity(**single, **PLAIN),
            "MonotonicityCorrelation": quantus.MonotonicityCorrelation(**single, nr_samples=5, **PLAIN),
        },
        "deletion": {
            "PixelFlipping AUC": quantus.PixelFlipping(**single, return_auc_per_sample=True, **PLAIN),
        },
        "AOPC-R": {
            "RegionPerturbation": quantus.RegionPerturbation(
                patch_size=1, regions_evaluation=63, perturb_baseline=0.0, **PLAIN
            ),
        },
        "sufficiency": {"Sufficiency, distance-based": quantus.Sufficiency(threshold=0.6, **PLAIN)},
    }
    for metric in (abpc, insertion, deletion, aopc_r, comprehensiveness, sufficiency):
        name = NAMES.get(metric, metric.CARD["label"])
        for label, phi in {"exact": exact, "random": normal(*x.shape, seed=9)}.items():
            own = mean(metric.score(curve(model, x, phi)))
            told = due[name] if label == "exact" else chance(name, exact, x, model)
            expected = (float(f"{told:.3g}"), near(told, 1e-4 if label == "exact" else 0.06))
            for key, peer in peers.get(name, {"": None}).items():
                said = peer and asked(peer, model, x, phi)
                rows.add(name + f", Quantus {key}" * bool(key), "L", label, expected, own, said)


NAMES = {abpc: "area between the curves", aopc_r: "AOPC-R", insertion: "insertion", deletion: "deletion"}
NAMES |= {comprehensiveness: "comprehensiveness", sufficiency: "sufficiency"}


def near(value, tolerance):
    """A test of numbers."""
    return lambda found: abs(found - value) <= tolerance


def closed(phi, random):
    """What every metric of curves gives the exact map of L, in closed form, in our unit.

    phi: (sample, feature); random: outputs along random orders, (sample, order, step)."""
    total, unit = phi.sum(1), np.ptp(random, axis=(1, 2))
    falls = {sign: np.cumsum(-np.sort(-sign * phi), 1) * sign for sign in (1, -1)}
    most, least = (mean_height(total[:, None] - falls[sign], total) for sign in (1, -1))
    by_chance = mean_height(random[..., 1:], random[..., 0]).mean(1)
    steps = [int(np.ceil(share * phi.shape[1] - 1e-9)) for share in SHARES]
    tops = np.stack([falls[1][:, step - 1] for step in steps], 1).mean(1)
    values = {
        "area between the curves": least - most,
        "insertion": least,
        "deletion": most,
        "AOPC-R": by_chance - most,
        "comprehensiveness": tops,
        "sufficiency": total - tops,
    }
    return {name: float((value / unit).mean()) for name, value in values.items()}


def mean_height(outputs, first):
    """Area under curves whose step 0 is ``first``, by trapezoids, over the number of steps."""
    return np.trapezoid(np.concatenate([first[..., None], outputs], -1), axis=-1) / outputs.shape[-1]


def chance(name, exact, x, model):
    """What a map that knows nothing is due on L: half of the total goes with half of the features."""
    total, unit = exact.double().numpy().sum(1), np.ptp(curve(model, x, exact).random[0], axis=(1, 2))
    gone = np.mean([np.ceil(share * x.shape[1] - 1e-9) / x.shape[1] for share in SHARES])
    share = {"insertion": 0.5, "deletion": 0.5, "comprehensiveness": gone, "sufficiency": 1 - gone}
    return float((share.get(name, 0) * total / unit).mean())
