"""The evaluated samples as every step after training sees them: the same arrays in each."""

from dataclasses import dataclass

import numpy as np
import torch

from xassay.core import levels, noise, seeding
from xassay.core.baselines import baseline
from xassay.core.contracts import OWN
from xassay.core.sequence_baselines import sequence_baseline
from xassay.core.targets import default_target
from xassay.core.units import numbered, there


@dataclass
class Evaluated:
    """Evaluated samples, as tensors.

    ids: the sample axis. x: (sample, instance, feature) float32, NaN rows where absent. target: (sample,).
    baseline: (reference, sample, instance, feature). level: what maps are about (core.levels), whose units
    are the unit axis. truth: (sample, unit) in {-1, 0, 1}; effect: exact phi*, or None. variants: positions
    of the samples that variants explain. noise: the data set's law on x of those samples, None where it
    declares none. decoy: (sample, unit), 1 in elements without an effect, NaN in those with one; or None."""

    ids: list
    x: torch.Tensor
    target: torch.Tensor
    baseline: torch.Tensor
    truth: np.ndarray
    effect: np.ndarray | None
    variants: np.ndarray
    noise: object
    level: levels.Level = levels.INSTANCE
    decoy: np.ndarray | None = None

    @property
    def there(self):
        """Which units each sample has: (sample, unit) bool."""
        return there(self.x, numbered(self.x, self.level.units))

    @property
    def known(self):
        """What control_truth returns: phi* where f* is known, else the planted mask: (sample, unit)."""
        return torch.from_numpy(self.truth if self.effect is None else self.effect).to(self.x.device)


def evaluated(samples, seed, *, n, n_variants, reference, level=None, oracle=None, device="cpu"):
    """The first ``n`` evaluated samples with their baseline, seeded by the run's seed and the data set alone.

    reference: keyword arguments of ``baselines.baseline``. level: of levels.LEVELS, None: the first of the
    kind. oracle: f* of the data set, where one is known: its ``effect(x, baseline, target)`` is phi* of the
    instances against the very baseline that methods and metrics use. Variants explain the first
    ``n_variants`` samples with a non-empty truth, or the first where no sample has one."""
    ids = samples.evaluated(n)
    x = samples.inputs(ids)
    labels = torch.from_numpy(samples.samples.loc[ids, "label"].to_numpy())
    level = levels.level(samples, level or OWN[samples.kind]["level"][0])
    truth = levels.truth(samples, ids, level)
    planted = np.flatnonzero((np.nan_to_num(truth) != 0).any(1))
    chosen = (planted if len(planted) else np.arange(len(ids)))[:n_variants]
    draw = sequence_baseline if samples.kind == "sequence" else baseline
    references = draw(samples, x, seeding.generator(seed, samples.name, "baseline"), **reference)
    x, references = torch.from_numpy(x), torch.from_numpy(references)
    known = oracle is not None and level.kind in ("instance", "position")
    target = default_target(labels, samples.n_outputs)
    effect = oracle.effect(x, references, target).double().numpy() if known else None
    return Evaluated(
        ids=ids,
        x=x.to(device),
        target=target.to(device),
        baseline=references.to(device),
        truth=truth,
        effect=effect,
        variants=chosen,
        noise=_noise(samples, ids, chosen),
        level=level,
        decoy=samples.decoys(ids) if samples.kind == "sequence" else None,
    )


def _noise(samples, ids, chosen):
    """The data set's law, with the counts of the chosen samples' instances where it has them; or None."""
    if not samples.noise:
        return None
    library = None
    if "library" in samples.obs:
        library = samples.padded(samples.obs["library"].to_numpy(np.float64), ids, np.float64)[chosen]
    return noise.law(samples.noise, library)
