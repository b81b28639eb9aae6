"""DeepLIFT with the rescale rule: Shrikumar, Greenside and Kundaje (2017); over references, DeepSHAP.

Exact differences through every layer, pooling, softmax, normalisation and products included
(core/multiplied.py): contributions add up to f(x) - f(b). A layer without a rule is refused.
"""

import torch

from xassay.core.contributions import contributions
from xassay.core.rescale import multipliers

CARD = dict(
    label="DeepLIFT", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=("completeness",), reference=("shrikumar2017", "lundberg2017"),
)  # fmt: skip


def attribute(model, x, target, baseline, alphabet):
    """Contributions against each reference, averaged.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); alphabet: x's
    axis of bases, or None. Returns x's shape, logits; of a sequence hypothetical contributions."""
    slopes = multipliers(model, x, baseline, target)
    found = [contributions(m, x, reference, alphabet) for m, reference in zip(slopes, baseline, strict=True)]
    return torch.where(x.isnan(), torch.nan, torch.stack(found).mean(0))
