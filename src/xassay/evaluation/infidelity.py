"""Infidelity: by how much do the attributions of a masked set miss what the model loses without it?"""

from xassay.core.additive import errors
from xassay.core.ranks import ratio

CARD = dict(
    label="Infidelity",
    family="faithfulness",
    range=(0, None),
    direction=-1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="yeh2019",
)


def score(attribution, probe):
    """Mean over masks of (summed attribution - Delta)^2, over that of Delta^2, Delta = f(x) - f(masked x).

    Additive truth 0, a map of zeros 1, twice the truth 1: the scale counts. What a random map gets depends on
    its scale, so there is no null value. attribution: (replicate, sample, instance), in logits; probe:
    core.contracts.Probe. Returns (replicate, sample), NaN where the model never answers, or an instance has
    no attribution. Source: yeh2019, definition 2.1, with masks as perturbations."""
    return ratio(*errors(attribution, probe))
