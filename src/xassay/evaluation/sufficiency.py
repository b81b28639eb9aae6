"""Sufficiency: what does the model lose if it keeps the most relevant instances alone?"""

from xassay.core.curves import after, swing

CARD = dict(
    label="Sufficiency",
    family="faithfulness",
    range=(None, None),
    direction=-1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="deyoung2020",
    limits=dict(shares=(0, 1)),
)


def score(curve, *, shares: tuple[float, ...] = (0.01, 0.05, 0.1, 0.2, 0.5)):
    """f(x) - f(the first share by relevance alone), mean over shares, in units of how far f moves.

    The smaller, the more those instances suffice. curve: core.contracts.Curve; shares: of the instances,
    rounded up. Returns (replicate, sample), NaN where the model never answers. Source: deyoung2020, equation
    2, its mean over shares as in section 4.2."""
    lost = curve.least[..., :1] - after(curve.least, shares, backwards=True)
    return lost.mean(-1) / swing(curve)
