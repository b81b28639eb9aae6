"""Area between the perturbation curves: least relevant first less most relevant first."""

from xassay.core.curves import drop, swing

CARD = dict(
    label="Area between perturbation curves",
    family="faithfulness",
    range=(None, None),
    direction=1,
    null=0,
    gate=("control_shapley", "control_random"),
    reference="samek2017",
)


def score(curve):
    """Area between the two curves over the share replaced, in units of how far f moves: chance 0.

    Units are the sample's own. curve: core.contracts.Curve. The reversed order gives the negative. Returns
    (replicate, sample), NaN where the model never answers. Source: samek2017."""
    return (drop(curve.most) - drop(curve.least)) / swing(curve)
