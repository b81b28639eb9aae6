"""Occlusion as captum has it (Kokhlikyan et al. 2020), a contestant for ``occlusion``.

One window at a time over all samples; every feature of a window gets all that the window is worth, so that an
instance's total counts it once a feature, which changes no order where windows are of one size.
"""

import torch
from captum.attr import Occlusion

from xassay.core.captum_masks import Filled

CARD = dict(
    label="Occlusion (captum)", family="perturbation", kinds=("bag",), needs=(), signed=True,
    level="feature", instance="sum", axioms=(), reference=("zeiler2014", "kokhlikyan2020"),
    limits=dict(size=(1, None), stride=(1, None), perturbations_per_eval=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, *, size=32, stride: int | None = None, perturbations_per_eval=8):
    """captum's Occlusion of one instance's windows for each reference, averaged over references.

    x: (sample, instance, feature), NaN rows where absent; target: (sample,); baseline: (reference, sample,
    instance, feature); size, stride: of a window, as in ``occlusion``; perturbations_per_eval: windows at a
    time, each with a row a sample. Returns x's shape, logits."""
    absent, method, size = x.isnan(), Occlusion(Filled(model)), min(size, x.shape[2])
    total = torch.zeros_like(x)
    for reference in baseline:
        total += method.attribute(
            x.nan_to_num(), sliding_window_shapes=(1, size), strides=(1, stride or size),
            baselines=reference.nan_to_num(), additional_forward_args=(absent, target),
            perturbations_per_eval=perturbations_per_eval,
        ).detach()  # fmt: skip
    return torch.where(absent, torch.nan, total / len(baseline))
