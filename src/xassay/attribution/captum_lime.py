"""LIME as captum has it (Kokhlikyan et al. 2020), a contestant for ``lime``.

Each unit is kept with probability one half, distances are those of the inputs themselves, and a lasso
(penalty 0.01) takes the place of the ridge, so that small contributions are exactly 0."""

from captum.attr import Lime

from xassay.core.captum_masks import by_captum, seeded

CARD = dict(
    label="LIME (captum)", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=(), reference=("ribeiro2016", "kokhlikyan2020"),
    limits=dict(n_samples=(2, None), perturbations_per_eval=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, rng, *, n_samples=512, perturbations_per_eval=16):
    """captum's Lime for each sample and reference, averaged over references.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1; n_samples: masks, captum's default is 50;
    perturbations_per_eval: rows at a time. Returns (sample, unit) float64 logits."""
    with seeded(rng):
        return by_captum(
            Lime, model, x, target, baseline, groups, together=False,
            n_samples=n_samples, perturbations_per_eval=perturbations_per_eval,
        )  # fmt: skip
