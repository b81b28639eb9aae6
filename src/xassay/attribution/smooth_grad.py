"""SmoothGrad: Smilkov et al. (2017), the mean gradient over noisy copies of the input.

Gradients are averaged with their sign, so that what points both ways cancels, and shown by magnitude as
saliency is: a slope's sign says which way the logit moves with the feature, not whether the feature's
presence speaks for the target, and slopes of different features do not add up to an instance's evidence.
"""

import torch

from xassay.core.contributions import magnitude
from xassay.core.gradients import BUDGET, gradient

CARD = dict(
    label="SmoothGrad", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=False,
    level="feature", instance="norm", axioms=(), reference="smilkov2017",
    limits=dict(draws=(1, None), sd=(0, None)),
)  # fmt: skip


def attribute(model, x, target, alphabet, rng, *, draws=50, sd=0.15, correct=False):
    """Magnitude of the mean gradient of the explained logit over normal noise.

    x: (sample, ...), NaN where absent; target: (sample,); draws: noisy copies; sd: the noise's standard
    deviation as a share of each sample's range, max - min; alphabet: x's axis of bases, or None; correct:
    leave out of a sequence's slopes what points off the simplex (majdandzic2023). Returns x's shape, logits
    per unit of x, of a sequence with their sign. A few copies are in memory at a time."""
    values = x.flatten(1)
    spread = values.nan_to_num(nan=-torch.inf).amax(1) - values.nan_to_num(nan=torch.inf).amin(1)
    spread = sd * spread.view(-1, *[1] * (x.ndim - 1))
    size = max(1, BUDGET // (x.numel() * x.element_size()))
    total = torch.zeros_like(x)
    for start in range(0, draws, size):
        shape = (min(size, draws - start), *x.shape)
        points = x + spread * torch.from_numpy(rng.standard_normal(shape, "float32")).to(x)
        total += gradient(model, points.flatten(0, 1), target.repeat(shape[0])).view(shape).sum(0)
    return magnitude(total / draws, alphabet, correct)
