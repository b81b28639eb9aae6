"""Recovery of the witnesses by every method, between its control lines."""

from xassay.report.dots import dots
from xassay.report.style import LINES

CARD = dict(
    title="Does the explanation find the cells that decide?",
    caption="How well each explanation ranks a bag's hidden witnesses above its other cells. Read it from"
    " the lines inwards: the solid line is the exact answer, the dashed line chance; constant and"
    " input show what a map earns that never looked at the model. Good: a dot at the solid line "
    "with a short bar, on f* and on the trained models. Bad: a bar that touches the dashed band. "
    "The Shapley line is what the model at hand really uses: a method far from it has failed, not the "
    "model. A hollow dot is the ensemble of seeds, a contestant of its own; its bar is over samples "
    "alone. Bars hold for the cells at hand: where few witness cells are drawn again and again, as "
    "the table of data sets tells, other cells may give other numbers. {n}",
    category="Recovery",
)


def n(tables):
    return tables.n_of(tables.recovery)


def draw(tables):
    if not tables.recovery:
        return "no data set of this study has a known truth, so recovery cannot be measured"
    return dots(tables, [tables.recovery], lines=LINES, ensembles=True)
