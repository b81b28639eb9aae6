"""Completeness gap of every method, those that claim the axiom named."""

from xassay.report.dots import dots

CARD = dict(
    title="Do the parts add up to the answer?",
    caption="Gap between the sum of a map and the change of the logit that it should explain, over the "
    "typical change. 0: exact. Only methods that claim the axiom can break it, and carry a dagger"
    " where they do; for the others the gap describes, and does not judge. Logarithmic above 0.1."
    " {n}",
    category="Faithfulness",
)


def n(tables):
    return tables.n_of(*tables.metrics("completeness")[:1])


def draw(tables):
    metrics = tables.metrics("completeness")
    if not metrics:
        return "the study has no completeness metric"
    return dots(tables, metrics, reference=(0, "exact"), symlog=0.1)
