"""Simulated bags: negative-binomial counts, labelled by a known function f* of the cells.

Cell types differ in the mean of their marker genes. The witness type lies ``d_prime`` within-type standard
deviations from all others along one direction w of the genes as models see them. f* turns each cell into
evidence and sums it over the bag, so its attribution of every cell is known exactly.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from xassay.core import bag_law, bags
from xassay.core.counts import Cells
from xassay.core.errors import InputError
from xassay.core.samples import SPLITS, Samples

CARD = dict(
    label="Simulated bags",
    kind="bag",
    reference="robinson2010",
    limits=dict(
        n_bags=(2, None),
        size_mean=(1, None),
        size_sd=(0, None),
        size_min=(1, None),
        size_max=(1, None),
        witness_rate=(0, 1),
        rule=("presence", "count"),
        count=(1, None),
        positive_share=(0, 1),
        n_genes=(1, None),
        n_types=(2, None),
        n_markers=(1, None),
        d_prime=(0, None),
        dispersion=(0, None),
        library_mean=(0, None),
        library_sd=(0, None),
        sharpness=(0, None),
        gain=(0, None),
        label_noise=(0, 0.5),
    ),
)


def samples(
    rng,
    *,
    n_bags=(300, 100, 100),
    size_mean=30.0,
    size_sd=5.0,
    size_min=20,
    size_max=40,
    witness_rate=0.1,
    rule="presence",
    count=2,
    positive_share=0.5,
    n_genes=100,
    n_types=5,
    n_markers=8,
    d_prime=5.0,
    dispersion=0.3,
    library_mean=1500.0,
    library_sd=0.3,
    sharpness=3.0,
    gain=4.0,
    label_noise=0.0,
):
    """Draw bags of simulated cells.

    n_bags, size_*, witness_rate, rule, count, positive_share: as in ``pbmc_bags``. n_types: cell types, the
    witness included; each has ``n_markers`` genes of its own. d_prime: difference of the means of witness
    and other cells along w, over the pooled within-type SD. dispersion: of the negative binomial, variance
    mean + dispersion * mean^2. library_mean: median counts of a cell; library_sd: SD of their logarithm.
    sharpness: slope of a cell's evidence, per within-type SD. gain: alpha of f*. label_noise: share of
    labels, in every split, that are flipped after f* gave them.

    X is log1p of counts scaled to ``library_mean`` a cell. A label is f*(x) > 0; bags are drawn, with and
    without planted witnesses, until each class has its share. ``obs[truth]`` is 1 where a cell's evidence is
    1/2 or more; ``obs[planted]`` is the type; ``var[truth]`` is the sign of w. phi* itself depends on the
    baseline: ``Oracle.effect``.

    Raises InputError for options that give no bags, d' that no mean of the markers gives included."""
    law = bag_law.BagLaw(size_mean, size_sd, size_min, size_max, witness_rate, rule, count, positive_share)
    law.check(n_bags)
    if n_types < 2 or n_markers < 1 or n_types * n_markers > n_genes:
        raise InputError(
            f"n_types, n_markers: {n_types} types x {n_markers} markers; "
            f"allowed: 2 types or more, 1 marker or more, at most n_genes = {n_genes} markers in all"
        )
    if not (dispersion > 0 and library_mean > 0 and library_sd >= 0 and sharpness > 0 and gain > 0):
        raise InputError(
            f"dispersion: {dispersion}, library_mean: {library_mean}, library_sd: {library_sd}, "
            f"sharpness: {sharpness}, gain: {gain}; allowed: positive numbers (library_sd: 0 too)"
        )
    if not 0 <= label_noise < 0.5:
        raise InputError(f"label_noise: {label_noise}; allowed: 0 or more, below 0.5")
    cells = Cells.calibrated(rng, n_genes, n_types, n_markers, d_prime, dispersion, library_mean, library_sd)
    parameters = cells.evidence(rng, law.size_mean, sharpness)
    parameters |= {"gain": np.float32(gain), "needed": np.float32(law.needed)}
    f = oracle(parameters)
    drawn = []
    for split, n in zip(SPLITS, n_bags):
        drawn += _balanced(cells, f, law, split, n, rng)
    obs = pd.concat([part.obs for part in drawn], ignore_index=True)
    x = np.concatenate([part.x for part in drawn])
    table = pd.DataFrame({"label": [part.label for part in drawn], "split": [part.split for part in drawn]})
    table.index = pd.Index(obs["bag"].unique(), name="sample")
    table["group"] = table.index
    with torch.no_grad():
        evidence = f.embed(torch.from_numpy(x)[None])[0, :, 0].double().numpy()
    names = [f"gene_{g:03d}" for g in range(n_genes)]
    obs["cell"] = [f"cell_{k:05d}" for k in range(len(obs))]
    obs["truth"] = (evidence >= 0.5).astype(float)
    flipped = rng.random(len(table)) < label_noise
    table["label"] = np.where(flipped, 1 - table["label"], table["label"])
    return Samples(
        X=x,
        obs=obs,
        var=pd.DataFrame({"truth": np.sign(parameters["w"]).astype(float)}, names),
        samples=table,
        classes=("negative", "positive"),
        noise={"law": "multinomial", "scale": library_mean},
        source={"title": "Simulated negative-binomial cells", "licence": "none needed: simulated"},
        oracle=parameters,
    )


class Bag(NamedTuple):
    """A drawn bag: x (instance, gene), its rows of obs, label and split."""

    x: np.ndarray
    obs: pd.DataFrame
    label: int
    split: str


def _balanced(cells, f, law, split, n, rng):
    """Bags of a split, labelled by f*, drawn until each class has its share.

    Raises InputError where f* gives a class in fewer than 1 of 100 bags planted for it."""
    found, quota = [], dict(enumerate(np.bincount(law.labels(n, rng), minlength=2)))
    for _ in range(100 * n):
        planted = 1 if not quota[0] else 0 if not quota[1] else int(rng.integers(2))
        size = law.size(rng)
        types = cells.types(size, law.witnesses(size, planted, rng), rng)
        x, library = cells.draw(types, rng)
        with torch.no_grad():
            label = int(f(torch.from_numpy(x)[None]).item() > 0)
        if quota[label]:
            quota[label] -= 1
            name = f"{split}_{len(found):04d}"
            obs = pd.DataFrame({"bag": name, "planted": cells.names[types], "library": library})
            found.append(Bag(x, obs, label, split))
        if not any(quota.values()):
            return found
    raise InputError(
        f"f* gives {quota[0]} negative and {quota[1]} positive bags too few in {100 * n} draws ({split}); "
        "allowed: a larger d_prime, witness_rate or bag size, or another positive_share"
    )


def oracle(parameters):
    """f*: evidence of each cell -> bag rule. Returns a Module (sample, instance, gene) -> (sample, 1).

    parameters: w (gene,), threshold, beta, gain and needed, as ``Samples.oracle`` keeps them."""
    return Oracle(**{key: torch.as_tensor(np.asarray(value)) for key, value in parameters.items()})


class Oracle(nn.Module):
    """f*(x) = gain * (sum_i e_i - (needed - 1/2)), e_i = sigmoid(beta (w . x_i - threshold))."""

    def __init__(self, w, threshold, beta, gain, needed):
        super().__init__()
        for name, value in dict(w=w, threshold=threshold, beta=beta, gain=gain, needed=needed).items():
            self.register_buffer(name, value.float())
        self.squash = nn.Sigmoid()

    def embed(self, x):
        """(sample, instance, gene) -> evidence (sample, instance, 1), NaN where absent."""
        mask = bags.present(x)
        along = bags.filled(x, mask) @ self.w
        return bags.emptied(self.squash(self.beta * (along - self.threshold))[..., None], mask)

    def pool(self, h):
        """(sample, instance, 1) -> logit (sample, 1)."""
        total = bags.filled(h, bags.present(h)).sum(-2)
        return self.gain * (total - (self.needed - 0.5))

    def forward(self, x):
        return self.pool(self.embed(x))

    def effect(self, x, baseline, target):
        """phi*: what replacing each instance by the baseline's changes f* by, averaged over references.

        f* is a sum over instances, so this is each one's Shapley value whatever else was replaced.
        x: (sample, instance, gene); baseline: (reference, sample, instance, gene); target: (sample,), 0 for
        minus the only output. Returns (sample, instance)."""
        replaced = torch.stack([self.embed(reference) for reference in baseline]).mean(0)
        effect = self.gain * (self.embed(x) - replaced)[..., 0]
        return torch.where((target == 1)[:, None], effect, -effect)
