"""Label permutation: recovery on the real model less that on its twin."""

from xassay.report.dots import dots

CARD = dict(
    title="Does the explanation need the labels?",
    caption="Recovery on the trained model less recovery on its twin, trained on permuted labels; same "
    "seed, same bags. Good: the whole bar right of 0, so the explanation comes from what was "
    "learned. Bad: a bar across 0, so a model that learned nothing is explained as well. {n}",
    category="Negative controls",
)


def n(tables):
    return tables.n_of(*tables.metrics("permutation")[:1])


def draw(tables):
    metrics = tables.metrics("permutation")
    if not metrics:
        return "the study has no label permutation, or no known truth"
    return dots(tables, metrics, reference=(0, "no difference"))
