"""The verdict follows from the criteria, and a criterion from its whole interval."""

import numpy as np
import pytest

from xassay.stats.intervals import mean_interval
from xassay.stats.summary import Measured
from xassay.stats.verdict import RULES, THRESHOLDS, Case, side

NAMES = {rule.metric: rule.metric for rule in RULES.values()} | {"repeatability_floor": "repeatability_floor"}
GATE = {
    "grade": "excellent",
    "m_positive": 1.0,
    "m_negative": 0.5,
    "reason": "tells truth from noise clearly",
}
GATES = {"recovery_auroc": GATE, "faithfulness_correlation": GATE}
GOOD = {
    ("recovery_auroc", ""): 0.95,
    ("faithfulness_correlation", ""): 0.9,
    ("completeness_gap", ""): 0.01,
    ("randomisation_similarity", "full"): 0.1,
    ("permutation_gain", "twin"): 0.4,
    ("repeatability", ""): 0.8,
    ("repeatability_floor", ""): 0.0,
    ("noise_stability", "noise"): 0.9,
}


def card(model="net", learned=True, gates=GATES, names=NAMES, claims=("completeness",), spread=0.02, **means):
    """A trust card of tables around GOOD, less what ``means`` says by metric: a mean, or None for nothing."""
    rng = np.random.default_rng(0)
    one = Measured("data", model)
    for (metric, level), mean in GOOD.items():
        mean = means.get(metric, mean)
        if mean is not None:
            one.tables["m", metric, level] = mean + spread * rng.normal(size=(5, 40))
    row = {"learned": learned, "reason": "no better than a model trained on permuted labels"}
    return Case(one, "m", claims, names, gates, row, dict(THRESHOLDS), rng).card()


def test_trust_when_every_interval_is_on_the_right_side():
    found = card()
    assert found["verdict"] == "trust" and len(found["reasons"]) == len(RULES)
    for criterion in found["criteria"].values():
        assert criterion["passed"] is True and criterion["lower"] <= criterion["value"] <= criterion["upper"]
    assert "95% of the time" in found["criteria"]["recovery"]["text"]


def test_a_model_that_did_not_learn_is_not_assessed():
    found = card(learned=False, randomisation_similarity=0.99)
    assert found["verdict"] == "not assessed" and "no better than" in found["reasons"][0]


@pytest.mark.parametrize(
    ("metric", "value", "criterion"),
    [
        ("completeness_gap", 0.5, "completeness"),
        ("randomisation_similarity", 0.9, "randomisation"),
        ("permutation_gain", -0.1, "permutation"),
    ],
)
def test_a_failed_control_or_broken_claim_forbids(metric, value, criterion):
    found = card(**{metric: value})
    assert found["verdict"] == "do not use" and len(found["reasons"]) == 1
    assert (
        found["reasons"][0].startswith(f"{criterion} failed")
        and found["criteria"][criterion]["passed"] is False
    )


@pytest.mark.parametrize(
    ("metric", "value", "criterion"),
    [
        ("recovery_auroc", 0.6, "recovery"),
        ("faithfulness_correlation", 0.1, "faithfulness"),
        ("repeatability", 0.2, "repeatability"),
        ("noise_stability", 0.1, "robustness"),
    ],
)
def test_below_a_threshold_is_caution(metric, value, criterion):
    found = card(**{metric: value})
    assert found["verdict"] == "caution" and found["reasons"][0].startswith(f"{criterion} failed")


@pytest.mark.parametrize("metric", [rule.metric for rule in RULES.values()])
def test_across_a_threshold_is_inconclusive_and_caution(metric):
    name = next(name for name, rule in RULES.items() if rule.metric == metric)
    found = card(spread=0.5, **{metric: THRESHOLDS[name]})
    assert found["criteria"][name]["passed"] is None and found["verdict"] == "caution"


@pytest.mark.parametrize("metric", [rule.metric for rule in RULES.values()])
def test_what_was_not_evaluated_is_named(metric):
    name = next(name for name, rule in RULES.items() if rule.metric == metric)
    found = card(**{metric: None})
    assert found["verdict"] == "caution" and found["reasons"][0].startswith(
        f"{name} not evaluated: not measured"
    )
    absent = card(names={k: v for k, v in NAMES.items() if k != metric})
    assert absent["verdict"] == "caution" and "not part of this study" in absent["reasons"][0]


def test_an_ungated_metric_is_shown_and_does_not_count():
    for gate in (
        None,
        GATE | {"grade": "not evaluated", "reason": "no rule f* is known"},
        GATE | {"grade": "fails"},
    ):
        gates = {"recovery_auroc": GATE} | ({"faithfulness_correlation": gate} if gate else {})
        found = card(gates=gates)
        assert found["verdict"] == "caution" and found["reasons"][0].startswith("faithfulness not gated")
        assert found["criteria"]["faithfulness"]["value"] == pytest.approx(0.9, abs=0.01)


def test_completeness_is_asked_only_of_those_who_claim_it():
    found = card(claims=(), completeness_gap=5.0)
    assert found["verdict"] == "trust" and found["criteria"]["completeness"]["status"] == "not applicable"


def test_one_odd_sample_does_not_break_completeness():
    rng = np.random.default_rng(0)
    one = Measured("data", "net")
    one.tables["m", "completeness_gap", ""] = np.abs(rng.normal(size=(5, 40))) * 0.01
    one.tables["m", "completeness_gap", ""][:, 0] = 1000
    found = Case(one, "m", ("completeness",), NAMES, {}, {"learned": True}, dict(THRESHOLDS), rng).card()
    assert found["criteria"]["completeness"]["passed"] is True


def test_the_known_rule_is_not_asked_what_makes_sense_for_training_alone():
    found = card(model="oracle", repeatability=None, randomisation_similarity=None, permutation_gain=None)
    assert found["verdict"] == "trust"
    assert {n for n, c in found["criteria"].items() if c["status"] == "not applicable"} == {
        "repeatability", "randomisation", "permutation",
    }  # fmt: skip


def test_repeatability_must_beat_the_maps_of_different_samples():
    found = card(repeatability_floor=0.85)
    assert found["verdict"] == "caution" and found["reasons"][0].startswith("repeatability failed")
    assert found["criteria"]["repeatability"]["negative"] == pytest.approx(0.85, abs=0.01)


def test_sides_of_a_threshold():
    wide, exact = mean_interval([[0.0, 1, 2], [0, 1, 2]]), mean_interval(np.full((2, 3), 0.5))
    assert (
        side(wide, 1, True) == "inconclusive"
        and side(wide, -9, True) == "passed"
        and side(wide, 9, True) == "failed"
    )
    assert side(wide, 9, False) == "passed" and side(wide, -9, False) == "failed"
    assert side(exact, 0.5, True) == "failed"  # not better than the threshold
    assert side(mean_interval([[1.0]]), 0, True) == "inconclusive"  # of unknown width


@pytest.mark.parametrize(
    ("positive", "value", "status", "needed"),
    [
        (0.9, 0.45, "failed", 0.5),
        (0.4, 0.45, "passed", 0.4),
        (0.4, 0.3, "failed", 0.4),
        (0.45, 0.45, "inconclusive", 0.45),
        (np.nan, 0.45, "failed", 0.5),
    ],
)
def test_no_map_has_to_be_more_faithful_than_the_models_own_values(positive, value, status, needed):
    """Where no sum over positions follows the model, the control's own value bounds what is asked."""
    gates = GATES | {"faithfulness_correlation": GATE | {"m_positive": positive}}
    spread = 0.3 if status == "inconclusive" else 0.02
    found = card(gates=gates, spread=spread, faithfulness_correlation=value)["criteria"]["faithfulness"]
    assert found["status"] == status and found["threshold"] == pytest.approx(needed)
    told = "needed 0.5)" if needed == 0.5 else f"needed {needed:.2g}, what the sampled Shapley values of this"
    assert told in found["text"]
