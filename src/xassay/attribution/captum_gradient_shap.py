"""GradientSHAP as captum has it (Kokhlikyan et al. 2020), a contestant for ``gradient_shap``.

captum draws references from one distribution for all samples; here every sample has its own, so that each is
explained by a call of its own, whose draws are all in memory at once."""

import torch
from captum.attr import GradientShap

from xassay.core.captum_masks import Filled, seeded

CARD = dict(
    label="GradientSHAP (captum)", family="gradient", kinds=("bag",), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=(), reference=("lundberg2017", "kokhlikyan2020"),
    limits=dict(n_samples=(1, None)),
)  # fmt: skip


def attribute(model, x, target, baseline, rng, *, n_samples=32):
    """captum's GradientShap for each sample, without noise.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); n_samples:
    random points, captum's default is 5. Returns x's shape, logits."""
    method, absent, found = GradientShap(Filled(model)), x.isnan(), []
    with seeded(rng):
        for s in range(len(x)):
            one = slice(s, s + 1)
            part = method.attribute(
                x[one].nan_to_num().requires_grad_(), baseline[:, s].nan_to_num(), n_samples=n_samples,
                additional_forward_args=(absent[one], target[one]),
            )  # fmt: skip
            found.append(part.detach())
    return torch.where(absent, torch.nan, torch.cat(found))
