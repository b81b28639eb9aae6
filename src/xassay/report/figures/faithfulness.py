"""Faithfulness by every method, with its controls."""

from xassay.report.dots import dots
from xassay.report.style import LINES

CARD = dict(
    title="Does the model react where the explanation points?",
    caption="Cells are replaced by cells of the baseline and the model is asked again: in the order of "
    "the explanation (area between the two curves), and by masks that no method chose "
    "(correlation). No truth is needed, so this holds for a study without any. Good: right of the"
    " random, constant and input lines. Bad: among them. The Shapley line is the exact "
    "attribution of the model at hand; the truth line is what was planted, which the model need not "
    "follow. {n}",
    category="Faithfulness",
)


def n(tables):
    return tables.n_of(*shown(tables)) + " Further faithfulness metrics stand in the table of all numbers."


def shown(tables):
    """One metric by order and one by masks, or whatever the study has."""
    return tables.of("abpc") + tables.of("faithfulness_correlation") or tables.metrics("faithfulness")[:2]


def draw(tables):
    metrics = shown(tables)
    if not metrics:
        return "the study has no faithfulness metric"
    return dots(tables, metrics, lines=LINES)
