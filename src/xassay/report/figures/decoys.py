"""Do maps point at elements that were planted without an effect, and does the model use them?"""

from xassay.core.contracts import EXACT
from xassay.report.decoys import USED
from xassay.report.dots import dots
from xassay.report.style import LINES

CARD = dict(
    title="Does it point at what has no effect?",
    caption="How much a map gives to decoys, elements that were planted and have no effect on the label, "
    "above the background, as a share of what it gives to causal positions: 0 nothing, 1 as much. "
    "The Shapley line is what the model at hand uses: where it lies beyond the thin line the model "
    "reads the decoy, as one does that learned a motif which goes with the label in training alone, "
    "and then a good map shows it. f* ignores decoys: a map that weighs them there invents "
    "evidence. {n}",
    category="Recovery",
)


def n(tables):
    return tables.n_of(*tables.of("decoy_weight")[:1])


def draw(tables):
    metrics = tables.of("decoy_weight")
    known = tables.summary[tables.summary.metric.isin(metrics) & tables.summary["mean"].notna()]
    if known.empty:
        return "no data set of this study holds elements that were planted without an effect"
    lines = {name: LINES[name] for name in (EXACT, "control_random", "control_input")}
    reference = USED, f"{USED:.0%} of a causal position: used from here on"
    return dots(
        tables, metrics[:1], lines=lines, reference=reference, pairs=set(zip(known.dataset, known.model))
    )
