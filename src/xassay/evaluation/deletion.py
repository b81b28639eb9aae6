"""Deletion: how high does the output stay while the most relevant instances go first?"""

from xassay.core.curves import drop, swing, whole

CARD = dict(
    label="Deletion",
    family="faithfulness",
    range=(None, None),
    direction=-1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="petsiuk2018",
)


def score(curve):
    """Mean height over f(b) while the most relevant go first, in units of how far f moves in that sample.

    Lower is better; a random order keeps about half of f(x) - f(b), where f is additive, and aopc_r takes it
    off. curve: core.contracts.Curve. Returns (replicate, sample), NaN where the model never answers.
    Source: petsiuk2018."""
    return (whole(curve.most) - drop(curve.most)) / swing(curve)
