"""Sensitivity-n: among sets of n instances, do attributions tell what the model loses without them?"""

import numpy as np

from xassay.core.additive import beyond_size, by_size, sizes, sums
from xassay.core.ranks import ratio

CARD = dict(
    label="Sensitivity-n",
    family="faithfulness",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=("control_shapley", "control_random"),
    reference="ancona2018",
)


def score(attribution, probe):
    """Correlation over masks of one size of the summed attribution and f(x) - f(masked x), mean over sizes.

    Additive truth 1, chance 0. Every size counts alike here, and every mask in faithfulness_correlation. A
    size at which the sums or the answers are constant is left out. attribution: (replicate, sample,
    instance); probe: core.contracts.Probe. Returns (replicate, sample), NaN where that is every size, or an
    instance has no attribution. Source: ancona2018, section 4."""
    alike = sizes(probe.masks)
    masked = beyond_size(sums(attribution, probe.masks), alike)
    delta = beyond_size(np.asarray(probe.delta, float), alike)
    both, *each = (by_size(a * b, alike) for a, b in ((masked, delta), (masked, masked), (delta, delta)))
    found = np.clip(ratio(both, np.sqrt(each[0] * each[1])), -1, 1)
    known = ~np.isnan(found)
    return ratio(np.where(known, found, 0).sum(-1), known.sum(-1))
