"""KernelSHAP as captum has it (Kokhlikyan et al. 2020), a contestant for ``kernel_shap``.

A loop over samples and coalitions; f(x) and f(b) enter by weights of a million, so that attributions add up
to their difference about, not exactly."""

from captum.attr import KernelShap

from xassay.core.captum_masks import by_captum, seeded

CARD = dict(
    label="KernelSHAP (captum)", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=("completeness",), reference=("lundberg2017", "kokhlikyan2020"),
    limits=dict(n_samples=(2, None), perturbations_per_eval=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, rng, *, n_samples=512, perturbations_per_eval=16):
    """captum's KernelShap for each sample and reference, averaged over references.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1; n_samples: coalitions, f(x) and f(b) among them, captum's default is 25;
    perturbations_per_eval: rows at a time. captum cannot draw coalitions of one unit: the only one of a
    sample has f(x) - f(b). Returns (sample, unit) float64 logits."""
    with seeded(rng):
        return by_captum(
            KernelShap, model, x, target, baseline, groups, together=False, least=2,
            n_samples=n_samples, perturbations_per_eval=perturbations_per_eval,
        )  # fmt: skip
