"""Shapley value sampling as captum has it (Kokhlikyan et al. 2020), a contestant for ``permutation_shapley``.

One permutation a draw, without its reverse, and the same for all samples."""

from captum.attr import ShapleyValueSampling

from xassay.core.captum_masks import by_captum, seeded

CARD = dict(
    label="Permutation Shapley (captum)", family="perturbation", kinds=("bag", "sequence"), needs=(),
    signed=True, level="instance", axioms=("completeness",), reference=("castro2009", "kokhlikyan2020"),
    limits=dict(n_samples=(1, None), perturbations_per_eval=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, rng, *, n_samples=16, perturbations_per_eval=8):
    """captum's ShapleyValueSampling for each reference, averaged over references.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1; n_samples: permutations, captum's default is 25; perturbations_per_eval:
    steps at a time, each with a row a sample. Returns (sample, unit) float64 logits."""
    with seeded(rng):
        return by_captum(
            ShapleyValueSampling, model, x, target, baseline, groups, together=True,
            n_samples=n_samples, perturbations_per_eval=perturbations_per_eval,
        )  # fmt: skip
