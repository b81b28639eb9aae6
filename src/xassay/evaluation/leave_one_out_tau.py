"""Leave-one-out tau: does the order of the attributions match that of single replacements?"""

from xassay.core.ranks import kendall

CARD = dict(
    label="Leave-one-out tau",
    family="faithfulness",
    range=(-1, 1),
    direction=1,
    null=0,
    gate=("control_shapley", "control_random"),
    circular=("leave_one_out", "captum_leave_one_out"),
    reference="jain2019",
)


def score(attribution, probe):
    """Kendall's tau-b of the attributions and the effects of replacing one instance: truth 1, chance 0.

    attribution: (replicate, sample, instance); probe: core.contracts.Probe. Returns (replicate, sample),
    NaN where either is constant. Source: jain2019, section 4.1."""
    return kendall(attribution, probe.single)
