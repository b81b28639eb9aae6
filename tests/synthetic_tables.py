"""Tables and trust cards as compare writes them, made up: what the report's tests read."""

import json
from itertools import combinations, product

import numpy as np
import pandas as pd

from xassay.report.reading import COLUMNS

METHODS = [
    "attention_weights",
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "deep_lift",
    "leave_one_out",
    "single_instance",
]
CONTROLS = {
    "control_truth": 1.0,
    "control_shapley": 0.97,
    "control_random": 0.5,
    "control_constant": 0.5,
    "control_input": 0.56,
}
METRICS = [
    "recovery_auroc",
    "abpc",
    "faithfulness_correlation",
    "completeness_gap",
    "repeatability",
    "agreement",
    "repeatability_floor",
    "randomisation_similarity",
    "permutation_gain",
    "noise_stability",
    "baseline_stability",
    "class_sensitivity",
]
VARIANTS = {
    "baseline_stability": ["mean", "zero"],
    "class_sensitivity": ["other"],
    "noise_stability": ["noise"],
    "randomisation_similarity": ["output", "top_2", "full", "only_2"],
    "agreement": METHODS,
}
VERDICTS = ["trust", "caution", "do not use"]


def criterion(value, lower, upper, positive, negative, threshold, passed, status, text):
    """One criterion of a trust card."""
    return dict(locals())


def grade(z):
    """The word for a Z'."""
    return "excellent" if z > 0.5 else "marginal" if z > 0 else "fails" if z < 0 else "not evaluated"


def gate(dataset, model, metric, z, falls):
    """A row of the gates table: one that does not fall under noise does not rank, however good its Z'."""
    ranks = bool(z >= 0 and falls)
    reason = "tells truth from noise clearly" if ranks else "cannot tell truth from noise here: not ranked"
    reason = reason if falls else "the score rises as noise is added: not ranked"
    return dict(
        dict(dataset=dataset, model=model, metric=metric, positive="control_truth", z_prime=z),
        **dict(negative="control_random", m_positive=1, s_positive=0.01, m_negative=0.5, s_negative=0.03),
        **dict(grade=grade(z), null=0.5, random_mean=0.5, random_lower=0.48, random_upper=0.52, margin=0.05),
        **dict(within_margin=True, noise_rho=-1.0 if falls else -0.6, rise=-0.03 if falls else 0.2),
        **dict(rise_at=4.0, monotone=falls, input_mean=0.8, input_share=0.6, passes=ranks),
        reason=reason if z == z else "no exact attribution of this model",
    )


def tables(
    folder,
    datasets=("pbmc_nk_cells", "simulated_bags"),
    models=("oracle", "attention_mil"),
    methods=METHODS[:5],
    seeds=5,
    truth=True,
    gated=METRICS[:4],
):
    """Write synthetic tables and trust cards; returns the command line that makes a report of them."""
    rng = np.random.default_rng(0)
    rows = {name: [] for name in COLUMNS}
    cards = []
    for place, (dataset, model) in enumerate(product(datasets, models)):
        seen = [m for m in methods if m != "attention_weights" or "attention" in model]
        learned = None if model == "oracle" else place != 1
        base = 0.95 if model == "oracle" else 0.85 if learned else 0.5
        bag = np.clip(rng.normal(base + 0.08, 0.03, seeds), 0, 1)
        if not truth:
            rows["refused"].append((dataset, model, "", "recovery_auroc", "not evaluated: no truth"))
        for method in sorted(set(methods) - set(seen)):
            rows["refused"].append(
                (dataset, model, method, "", f"{method} needs attention, which {model} lacks")
            )
        for metric, method in product(
            [*METRICS[0 if truth else 1 :], *(m for m in gated if m not in METRICS)],
            [*seen, *CONTROLS, *(f"{m}~ensemble" for m in seen)],
        ):
            if method.endswith("~ensemble") and metric != "recovery_auroc":
                continue
            for variant in VARIANTS.get(metric, [""]):
                unseen = metric == "baseline_stability" and method == "saliency"  # uses no baseline
                mean = (
                    1.0 if unseen else CONTROLS.get(method, base - 0.07 * rng.random() - 0.02 * len(variant))
                )
                flag = "breaks completeness" if method == "deep_lift" and learned else ""
                rows["summary"].append(
                    (
                        dataset,
                        model,
                        method,
                        metric,
                        variant,
                        seeds,
                        100,
                        0,
                        mean,
                        mean - 0.05,
                        mean + 0.05,
                        0.03,
                        0.1,
                        True,
                        flag,
                        "",
                    )
                )
        for place_, metric in enumerate(gated):
            z = (0.7, 0.2, -1.4, np.nan, 0.9)[place_ % 5]
            falls = not (place_ % 5 == 1 and model != "oracle")
            rows["gates"].append(gate(dataset, model, metric, z, falls))
            for noise, share in zip((0.25, 0.5, 1.0, 2.0, 4.0), (0.97, 0.9, 0.7, 0.45, 0.2)):
                mean = 0.5 + 0.5 * (share if falls or noise < 2 else 0.9)
                name = f"control_truth~noise_{noise:g}"
                number = (seeds, 100, 0, mean, mean - 0.02, mean + 0.02, 0.03, 0.1, False, "", "")
                rows["summary"].append((dataset, model, name, metric, "", *number))
        alike = {m: (k // 3, rng.normal(size=len(seen))) for k, m in enumerate(gated) if k % 5 not in (2, 3)}
        for first, second in combinations(alike, 2):
            tau = np.clip(0.8 - 0.5 * abs(alike[first][0] - alike[second][0]) + 0.1 * rng.normal(), -1, 1)
            rows["metric_agreement"].append((dataset, model, first, second, tau, len(seen)))
        rows["concordance"].append(
            (dataset, model, len(alike), len(seen), 0.3 + 0.5 * rng.random(), np.float64(0.0005))
        )
        rows["ranks"] += [
            (dataset, model, "recovery_auroc", m, 1.5 + k, 1 + k, 2 + k) for k, m in enumerate(seen) if truth
        ]
        for seed, twin in product(range(seeds), [False] if model == "oracle" else [False, True]):
            rows["performance"].append(
                (dataset, model, seed, twin, 0.5 if twin else bag[seed], 0.9, 0.1, 0.05, np.nan, np.nan)
            )
        rows["learned"].append(
            (dataset, model, "AUROC", base, base - 0.02, base + 0.02, 0.5, 0.4, 0.3, 0.5, 0.2, learned, "why")
        )
        for method, seed in product(seen, range(seeds)):
            value = rng.uniform(0.4, 1)
            rows["instances"].append(
                (dataset, model, method, seed, bag[seed], value, bag[seed] >= 0.9 > value + 0.2)
            )
        for method in seen:
            verdict = "not assessed" if learned is False else VERDICTS[rng.integers(3)]
            rows["verdicts"].append(
                (dataset, model, method, verdict, "recovery 0.71 is below 0.80; no floor")
            )
            claims = method in ("integrated_gradients", "deep_lift")
            gap = (0.3, 0.2, 0.4, None, 6.0, 0.1, False, "failed", "misses the answer")
            criteria = dict(
                recovery=criterion(0.8, 0.75, 0.85, 1, 0.5, 0.7, True, "passed", "finds the witnesses"),
                faithfulness=criterion(0.5, 0.4, 0.6, 1, 0, 0.5, None, "inconclusive", "follows the map"),
                completeness=criterion(*gap if claims else (*[None] * 7, "not applicable", "claims nothing")),
                robustness=criterion(*[None] * 5, 0.5, None, "not evaluated", "no noisy map"),
            )
            cards.append(
                dict(
                    dataset=dataset,
                    model=model,
                    method=method,
                    label=method.replace("_", " "),
                    verdict=verdict,
                    reasons=["recovery 0.71 is below 0.80"],
                    criteria=criteria,
                )
            )
            for quantile, i in product((0.0, 0.5, 1.0), range(40)):
                planted = "CD56+ NK" if i % 13 == 0 else f"type {i % 4}"
                rows["gallery"].append(
                    (
                        dataset,
                        model,
                        method,
                        quantile,
                        f"bag_{quantile}",
                        0.5 + quantile / 2,
                        i,
                        f"c{i}",
                        planted,
                        int(i % 13 == 0),
                        rng.normal() + 2 * (i % 13 == 0),
                    )
                )
            rows["features"] += [(dataset, model, method, f"GENE{k}", 1 / (k + 1), k + 1) for k in range(12)]
    for dataset, split in product(datasets, ("train", "validation", "test")):
        rows["datasets"].append(
            (
                dataset,
                split,
                100,
                50,
                "with CD56+ NK",
                "without CD56+ NK",
                8,
                5000,
                400,
                40,
                12.5,
                0.05,
                "zheng2017",
                "CC BY 4.0",
                "",
            )
        )
    (folder / "tables").mkdir(parents=True)
    for name, columns in COLUMNS.items():
        pd.DataFrame(rows[name], columns=columns).to_parquet(folder / "tables" / f"{name}.parquet")
    config = dict(
        seeds=seeds,
        datasets={d: dict(witness="CD56+ NK") for d in datasets},
        attribution={m: {} for m in methods},
        models={m: {} for m in models if m != "oracle"},
        silent_failure=dict(bag=0.9, instance=0.7),
        verdict=dict(randomisation=0.5, completeness=0.1),
    )
    provenance = dict(
        versions={"numpy": "2.4.6", "python": "3.11.7", "xassay": "0.1.0"},
        seed=0,
        seeds=seeds,
        code={"attribute": "abc123"},
        config=config,
    )
    (folder / "trust.json").write_text(json.dumps(dict(cards=cards, provenance=provenance)))
    return [
        "report",
        "--tables",
        str(folder / "tables"),
        "--trust",
        str(folder / "trust.json"),
        "--figures",
        str(folder / "figures"),
        "--out",
        str(folder / "report.html"),
    ]
