"""Parameter randomisation: similarity to the map of the same network with no trained parameter left."""

from xassay.report.dots import dots
from xassay.report.judged import threshold

CARD = dict(
    title="Does the explanation need the trained parameters?",
    caption="Signed rank correlation of a map with that of the same network, all of its parameters drawn "
    "anew. Good: the whole bar left of the line, which is what the verdict allows, and near 0, since another "
    "model deserves another explanation. Bad: at 1, so the map shows the input and not the model. {n}",
    category="Negative controls",
)
FULL = "full"


def n(tables):
    return tables.n_of(*tables.of("randomisation_similarity")[:1])


def draw(tables):
    metrics = tables.of("randomisation_similarity")[:1]
    rows = tables.summary[tables.summary.metric.isin(metrics) & (tables.summary.variant == FULL)]
    if rows.empty:
        return "the study has no parameter randomisation of a trained model"
    allowed = threshold(tables, "randomisation")
    reference = None if allowed is None else (allowed, f"allowed: below {allowed:g}")
    return dots(tables, metrics, reference=reference, level=FULL)
