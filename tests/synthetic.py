"""A small study without any network: f is a sum over cells, and methods are f's effects with noise.

Written as the steps before ``score`` write it, so that scoring and comparing are tested on real files.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from xassay.__main__ import main
from xassay.core.bank import Bank
from xassay.core.contracts import Gap, Probe
from xassay.core.explanations import Explanation, Variant
from xassay.core.measuring import DILUTIONS
from xassay.core.samples import Samples

SEEDS, BAGS, EVALUATED, WIDTH, GENES = 3, 120, 24, 12, 5
METHODS = {  # share of noise in the map, share of it that survives random weights
    "integrated_gradients": (0.0, 0.0),
    "input_x_gradient": (0.1, 1.0),
    "deep_lift": (0.1, 0.0),  # claims completeness and breaks it below
    "attention_weights": (1.5, 0.0),
}
CHOSEN = """abpc agreement completeness_gap faithfulness_correlation noise_stability permutation_gain
randomisation_similarity recovery_auroc repeatability repeatability_floor reproducibility"""
METRICS = {name: {} for name in CHOSEN.split()}


def samples(name, rng):
    """Bags of 6 to 12 cells; positive bags hold one to three witnesses."""
    sizes = rng.integers(6, WIDTH + 1, size=BAGS)
    label = np.arange(BAGS) % 2
    truth = np.concatenate([np.arange(n) < y * rng.integers(1, 4) for n, y in zip(sizes, label)]).astype(
        float
    )
    names = [f"bag{b:03d}" for b in range(BAGS)]
    obs = pd.DataFrame({"bag": np.repeat(names, sizes), "truth": truth})
    obs["cell"] = [f"cell{c}" for c in rng.integers(0, 300, len(obs))]
    obs["planted"] = np.where(truth > 0, "NK", "other")
    split = np.repeat(["train", "validation", "test"], BAGS // 3)
    table = pd.DataFrame({"label": label, "split": split, "group": names}, index=names)
    x = rng.normal(size=(len(obs), GENES)).astype(np.float32)
    genes = pd.DataFrame(index=[f"gene{g}" for g in range(GENES)])
    source = {"citation": "somebody2020", "licence": "CC BY 4.0"}
    return Samples(x, obs, genes, table, ("no", "yes"), {"law": "gaussian", "sd": 0.1}, source, name=name)


def fall(effect, maps, present):
    """f as cells go, largest map first: (seed, sample, step)."""
    order = np.argsort(np.where(present, -maps, np.inf), -1, kind="stable")
    left = np.nansum(effect, -1, keepdims=True)
    steps = left - np.cumsum(np.take_along_axis(np.nan_to_num(effect), order, -1), -1)
    gone = np.take_along_axis(np.broadcast_to(present, maps.shape), order, -1)
    return np.concatenate([left, np.where(gone, steps, np.nan)], -1)


def asked(effect, maps):
    """Curves and gaps of a sum over cells: under noise on a part, f moves as the root of its effects' squares."""
    present, gaps = ~np.isnan(maps), []
    rank = np.argsort(np.argsort(np.where(present, -maps, np.inf), -1, kind="stable"), -1)
    for side in (1, -1):
        first = rank < present.sum(-1, keepdims=True) / 2
        part = np.where((first if side > 0 else ~first) & present, np.nan_to_num(effect), 0)
        gaps.append(np.sqrt((part**2).sum(-1, keepdims=True)))
    return {"curve": tuple(fall(effect, sign * maps, present[0]) for sign in (1, -1)), "gap": Gap(*gaps)}


class Study:
    """Writes the inputs of score and compare under ``folder``, and runs both."""

    def __init__(self, folder, seed=0):
        self.folder, self.rng = Path(folder), np.random.default_rng(seed)
        self.scored = {"scores": [], "galleries": [], "features": [], "predictions": []}
        self.data = []

    def dataset(self, name, models, known_rule=False):
        """A data set, and its models: {name: does it learn?}."""
        data = samples(name, self.rng)
        data.write(path := self.folder / f"{name}.h5ad")
        self.data.append(path)
        made = {model: self.explained(data, model, learns, known_rule) for model, learns in models.items()}
        for model, files in made.items():
            trained = [other for other in made if "oracle" not in (model, other) and other != model]
            self.score(path, data, model, files, [file for other in trained for file in made[other]])

    def explained(self, data, model, learns, known_rule):
        """Write the bank, the predictions and every method's maps; the paths of these."""
        stem = self.stem(data, model)
        seeds = 1 if model == "oracle" else SEEDS
        ids = data.evaluated(EVALUATED)
        truth = data.truth(ids)
        present = ~np.isnan(truth)
        effect = truth + 0.2 * self.noise(truth.shape, present) if known_rule else None
        noise = self.noise((seeds, *truth.shape), present)
        exact = truth if effect is None else effect
        learnt = exact if model == "oracle" else exact + 0.2 * self.noise(truth.shape, present) + 0.05 * noise
        answers = np.where(present, learnt, np.nan) * np.ones((seeds, 1, 1))
        bank = self.bank(ids, answers, truth, effect, present)
        bank.write(f"{stem}.h5")
        maps = {
            name: answers + share * self.noise(answers.shape, present) for name, (share, _) in METHODS.items()
        }
        maps["control_truth"] = np.broadcast_to(exact, answers.shape).copy()
        maps["control_shapley"] = answers.copy()
        maps["control_random"] = self.noise(answers.shape, present)
        maps["control_constant"] = np.where(present, 1.0, np.nan) * np.ones((seeds, 1, 1))
        predictions = self.predictions(data, model, learns, seeds)
        predictions.to_parquet(f"{stem}.predictions.parquet", index=False)
        return [
            self.explanation(data, f"{stem}.{name}.h5ad", name, phi, answers, ids, model)
            for name, phi in maps.items()
        ]

    def stem(self, data, model):
        return str(self.folder / f"{data.name}.{model}")

    def score(self, path, data, model, files, elsewhere):
        """Run ``score`` on one model."""
        stem = self.stem(data, model)
        outputs = {k: f"{stem}.{k}.parquet" for k in ("scores", "galleries", "features", "predictions")}
        call = ["score", "--data", path, "--model", outputs["predictions"], "--probe", f"{stem}.h5"]
        call += ["--attributions", *files, "--elsewhere", *elsewhere, "--metrics", json.dumps(METRICS)]
        call += ["--out", outputs["scores"], "--gallery", outputs["galleries"]]
        assert main([str(part) for part in [*call, "--features", outputs["features"]]]) == 0
        for kind, output in outputs.items():
            self.scored[kind].append(output)

    def noise(self, shape, present):
        return np.where(present, self.rng.normal(size=shape), np.nan)

    def bank(self, ids, answers, truth, effect, present):
        masks = (self.rng.random((len(ids), 30, truth.shape[1])) < 0.5) & present[:, None]
        delta = np.einsum("smi,ksi->ksm", masks.astype(float), np.nan_to_num(answers))
        random = np.stack([fall(answers, self.noise(answers.shape, present), present) for _ in range(4)], 2)
        return Bank(ids, Probe(masks, delta, answers, np.nansum(answers, -1)), random, truth, effect)

    def explanation(self, data, path, name, maps, answers, ids, model):
        present = ~np.isnan(maps[0])
        chosen = ids[1::2][:8]
        at = [ids.index(i) for i in chosen]
        variants = []
        for k in range(len(maps) if name in METHODS else 0):
            kept = {"input_noise": ("noise", 0.95)}
            if model != "oracle":
                kept |= {
                    "parameter_randomisation": ("full", METHODS[name][1]),
                    "label_permutation": ("twin", 0.0),
                }
            for test, (level, share) in kept.items():
                for draw in range(2):
                    change = self.noise(maps[k, at].shape, present[at])
                    variants.append(
                        Variant(test, f"{level}:{draw}", k, share * maps[k, at] + (1 - share) * change)
                    )
        feature = (
            np.repeat(maps[..., None], GENES, -1) * np.arange(GENES)
            if name == "integrated_gradients"
            else None
        )
        total = np.nansum(maps, -1) + (5 if name == "deep_lift" else 0)
        made = Explanation(
            name, name, name, {}, {}, "", ids, chosen, maps, total, variants=variants, model=model,
            **asked(answers, maps),
        )  # fmt: skip
        if name in ("control_truth", "control_shapley"):
            noise = self.noise(maps.shape, present) * np.sqrt(np.nanmean(maps**2, -1, keepdims=True))
            for level in DILUTIONS:
                spoilt = maps + level * noise
                found = asked(answers, spoilt) | {"instance": spoilt, "total": np.nansum(spoilt, -1)}
                found |= {"method": f"{name}~noise_{level:g}", "variants": []}
                made.diluted.append(replace(made, **found))
        made.write(path, data, feature)
        return path

    def predictions(self, data, model, learns, seeds):
        label = data.samples["label"].to_numpy()
        parts = []
        for twin in (False,) if model == "oracle" else (False, True):
            for seed in range(seeds):
                logit = 3.0 * (learns and not twin) * (2 * label - 1) + self.rng.normal(size=len(label))
                rows = {
                    "dataset": data.name,
                    "model": model,
                    "seed": seed,
                    "twin": twin,
                    "sample": data.samples.index,
                }
                rows |= {"split": data.samples["split"].to_numpy(), "label": label, "logit_0": logit}
                parts.append(pd.DataFrame(rows))
        return pd.concat(parts, ignore_index=True)

    def compare(self, out, refused=()):
        """Runs ``compare`` into ``out``/tables and ``out``/trust.json."""
        config = {
            "seed": 0,
            "seeds": SEEDS,
            "evaluation": METRICS,
            "attribution": {name: {} for name in METHODS},
        }
        study = {"config": config, "refused": list(refused), "code": {}}
        call = ["compare", "--study", json.dumps(study), "--data", *self.data]
        for kind, paths in self.scored.items():
            call += [f"--{kind}", *paths]
        call += ["--out", out / "tables", "--trust", out / "trust.json"]
        assert main([str(part) for part in call]) == 0
        tables = {path.stem: pd.read_parquet(path) for path in sorted((out / "tables").glob("*.parquet"))}
        return tables, json.loads((out / "trust.json").read_text())
