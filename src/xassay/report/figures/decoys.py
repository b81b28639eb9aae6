"""Do maps point at elements that were planted without an effect, and does the model use them?"""

from xassay.report.dots import dots
from xassay.report.style import LINES

CARD = dict(
    title="Does it point at what has no effect?",
    caption="How well each map tells decoys, elements that were planted and have no effect on the label, "
    "from the background; positions of causal elements are left aside. At 0.5 it does not point at "
    "them. The Shapley line is what the model at hand uses: beyond 0.5 the model reads the decoy, "
    "as one does that learned a motif which goes with the label in training alone, and then a good "
    "map shows it. On f*, which ignores them, a map beyond 0.5 invents evidence. {n}",
    category="Recovery",
)


def n(tables):
    return tables.n_of(*tables.of("decoy_auroc")[:1])


def draw(tables):
    metrics = tables.of("decoy_auroc")
    known = tables.summary[tables.summary.metric.isin(metrics) & tables.summary["mean"].notna()]
    if known.empty:
        return "no data set of this study holds elements that were planted without an effect"
    lines = {name: LINES[name] for name in ("control_shapley", "control_random")}
    return dots(tables, metrics[:1], lines=lines, reference=(0.5, "does not point at them"))
