"""Insertion: how fast does the output rise while the most relevant instances come first?"""

from xassay.core.curves import drop, swing, whole

CARD = dict(
    label="Insertion",
    family="faithfulness",
    range=(None, None),
    direction=1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="petsiuk2018",
)


def score(curve):
    """Mean height over f(b) while the most relevant come first, in units of how far f moves in that sample.

    Inserted into the baseline in descending order, instances pass through the states of a removal in
    ascending order backwards, so the area is that of the other curve. Higher is better. curve:
    core.contracts.Curve. Returns (replicate, sample), NaN where the model never answers. Source:
    petsiuk2018."""
    return (whole(curve.least) - drop(curve.least)) / swing(curve)
