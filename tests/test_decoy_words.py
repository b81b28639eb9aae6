"""What the report says of decoys: a model that uses one, that does not, and what an interval leaves open."""

import pandas as pd
import pytest

from xassay.report import decoys

USED, NOT_USED, OPEN = (0.7, 0.6, 0.8), (0.02, -0.01, 0.05), (0.12, 0.06, 0.18)


class Tables:
    """As much of report.tables as the sentences read."""

    pairs, methods = [("d", "m")], ["saliency", "deep_lift"]

    def __init__(self, **rows):
        self.found = pd.DataFrame(rows, ["mean", "lower", "upper"]).T

    def of(self, plugin):
        return [plugin]

    def rows(self, metric, dataset, model):
        return self.found

    def label(self, method):
        return method


@pytest.mark.parametrize(
    ("model", "saliency", "deep_lift", "words"),
    [
        (USED, USED, NOT_USED, "the model uses the decoy, which gets 70% of what a causal position gets; "
         "shown by saliency; hidden by deep_lift"),
        (USED, USED, OPEN, "the model uses the decoy, which gets 70% of what a causal position gets; "
         "shown by saliency; hidden by no method; "
         "left open by deep_lift"),
        (NOT_USED, USED, USED, "the model does not use the decoy; saliency, deep_lift point at it all the same"),
        (NOT_USED, USED, NOT_USED, "the model does not use the decoy; saliency points at it all the same"),
        (NOT_USED, NOT_USED, NOT_USED, "the model does not use the decoy, and no method points at it"),
        (OPEN, USED, NOT_USED, "whether the model uses the decoy is open (it gets 6% to 18% of a causal position); "
         "pointed at by saliency"),
    ],
)  # fmt: skip
def test_an_interval_tells_or_leaves_open(model, saliency, deep_lift, words):
    tables = Tables(control_shapley=model, saliency=saliency, deep_lift=deep_lift)
    assert decoys.sentences(tables) == [("d", "m", words)]


def test_one_sample_has_no_interval_and_a_decoy_may_outweigh_all():
    (one,) = decoys.sentences(Tables(control_shapley=(0.15, float("nan"), float("nan")), saliency=OPEN))
    assert "(it gets 15% of a causal position)" in one[2] and "nan" not in one[2]
    (two,) = decoys.sentences(Tables(control_shapley=(5000, 4000, 6000), saliency=USED))
    assert "which gets more than twice what a causal position gets" in two[2]


def test_nothing_is_said_without_the_models_own_values():
    assert decoys.sentences(Tables(saliency=USED)) == []
