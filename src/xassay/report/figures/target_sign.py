"""The map for the other target: does it turn round?"""

from xassay.report.dots import dots

CARD = dict(
    title="Does it change sign with the target?",
    caption="Mean rank correlation of a map with that for the other target. -1: what speaks for one target "
    "speaks against the other. 1: the map is the same whatever is asked; such a method is blind to the "
    "target and cannot say for which of them a cell speaks. A model with one logit answers the second target"
    " with the same number reversed, so a signed map gives -1 by construction there and earns nothing by it; "
    "only 1 tells something. It is no criterion of the verdict. {n}",
    category="Negative controls",
)


def n(tables):
    return tables.n_of(*tables.of("class_sensitivity")[:1])


def draw(tables):
    metrics = tables.of("class_sensitivity")
    if not metrics:
        return "the study does not ask for another target"
    return dots(tables, metrics[:1], reference=(0, "unrelated"))
