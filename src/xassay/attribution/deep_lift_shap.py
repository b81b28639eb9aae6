"""DeepSHAP on shuffled references: Lundberg and Lee (2017), DeepLIFT averaged over shuffles of each sequence.

The references are drawn here, whatever the data set's baseline is: dinucleotides are kept, and every such
sequence is as likely as another (core/shuffles.py). Contributions add up to f(x) less the mean over these
shuffles, not over the baseline that metrics use, so the axiom is not claimed.
"""

import torch

from xassay.core.multipliers import mean_contributions
from xassay.core.shuffles import dinucleotide_shuffles

CARD = dict(
    label="DeepSHAP, shuffles", family="gradient", kinds=("sequence",), needs=("gradient",), signed=True,
    level="feature", instance="sum", axioms=(), reference=("lundberg2017", "shrikumar2017"),
    limits=dict(n_references=(1, None)),
)  # fmt: skip


def attribute(model, x, target, alphabet, rng, *, n_references=20):
    """x: (sample, 4, position); target: (sample,); alphabet: x's axis of bases; n_references: shuffles of
    each sequence. Returns x's shape: hypothetical contributions, logits."""
    drawn = dinucleotide_shuffles(x.cpu().numpy(), n_references, rng)
    return mean_contributions(model, x, torch.from_numpy(drawn).to(x), target, alphabet)
