"""DeepLIFT with the rescale rule: Shrikumar, Greenside and Kundaje (2017); over references, DeepSHAP.

Rules belong to torch's operations, not to modules (core/rules*.py), so that contributions add up to f(x) -
f(b) whatever a model is made of; an operation without a rule is refused by name.
"""

import torch

from xassay.core.multipliers import mean_contributions

CARD = dict(
    label="DeepLIFT", family="gradient", kinds=("bag", "sequence"), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=("completeness",), reference=("shrikumar2017", "lundberg2017"),
)  # fmt: skip


def attribute(model, x, target, baseline, alphabet):
    """Contributions against each reference, averaged.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); alphabet: x's
    axis of bases, or None. Returns x's shape, logits; of a sequence hypothetical contributions. Raises
    InputError for a model with an operation that has no rule."""
    found = mean_contributions(model, x, baseline, target, alphabet)
    return torch.where(x.isnan(), torch.nan, found)
