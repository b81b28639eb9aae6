"""Leave one out as captum has it, FeatureAblation (Kokhlikyan et al. 2020): for comparison with ours."""

from captum.attr import FeatureAblation

from xassay.core.captum_masks import by_captum

CARD = dict(
    label="Leave one out (captum)", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=(), reference=("early2022", "kokhlikyan2020"),
    limits=dict(perturbations_per_eval=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, *, perturbations_per_eval=8):
    """captum's FeatureAblation for each reference, averaged over references: f(x) - f(x, the unit replaced).

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1; perturbations_per_eval: units at a time, each with a row a sample.
    Returns (sample, unit) float64 logits."""
    return by_captum(
        FeatureAblation, model, x, target, baseline, groups, together=True,
        perturbations_per_eval=perturbations_per_eval,
    )  # fmt: skip
