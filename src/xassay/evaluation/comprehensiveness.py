"""Comprehensiveness: what does the model lose without the most relevant instances?"""

from xassay.core.curves import after, swing

CARD = dict(
    label="Comprehensiveness",
    family="faithfulness",
    range=(None, None),
    direction=1,
    null=None,
    gate=("control_shapley", "control_random"),
    reference="deyoung2020",
    limits=dict(shares=(0, 1)),
)


def score(curve, *, shares: tuple[float, ...] = (0.01, 0.05, 0.1, 0.2, 0.5)):
    """f(x) - f(x without the first share by relevance), mean over shares, in units of how far f moves.

    curve: core.contracts.Curve; shares: of the instances, rounded up. Returns (replicate, sample), NaN where
    the model never answers. Source: deyoung2020, equation 1, its mean over shares as in section 4.2."""
    lost = curve.most[..., :1] - after(curve.most, shares)
    return lost.mean(-1) / swing(curve)
