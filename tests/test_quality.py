"""A metric's controls: Z', grade and null margin."""

import numpy as np
import pytest

from xassay.stats.gates import graded, passes
from xassay.stats.quality import control_means, grade, null_margin, z_prime


def test_z_prime_of_known_means():
    assert z_prime(1, 0.05, 0, 0.05) == pytest.approx(0.7)
    assert z_prime(0, 0.1, 1, 0.1) == pytest.approx(0.4)  # direction does not matter
    assert z_prime(0.5, 0.1, 0.5, 0.1) == -np.inf
    assert np.isnan(z_prime(np.nan, np.nan, 0, 0.1))


@pytest.mark.parametrize(
    ("z", "word"),
    [(0.5, "excellent"), (0.1, "marginal"), (-0.1, "fails"), (-np.inf, "fails"), (np.nan, "not evaluated")],
)
def test_grade(z, word):
    assert grade(z) == word


def test_control_means_take_fifty_samples_of_one_replicate():
    rng = np.random.default_rng(0)
    table = np.arange(4.0)[:, None] + rng.normal(size=(4, 60)) * 0.01
    table[:, :10] = np.nan
    found = control_means(table, rng)
    assert found.shape == (20,)
    assert np.abs(found - found.round()).max() < 0.02  # means of one replicate each, not of all
    assert len(set(found.round())) == 4
    assert np.isnan(control_means(np.full((3, 9), np.nan), rng)).all()


def test_fifty_samples_drawn_from_fifty_still_vary():
    table = np.random.default_rng(0).normal(size=(1, 50))
    assert control_means(table, np.random.default_rng(1)).std() == pytest.approx(1 / np.sqrt(50), rel=0.5)


def test_recovery_auroc_of_fifty_samples_passes_and_one_sample_would_not():
    rng = np.random.default_rng(0)
    random, truth = rng.uniform(size=(5, 50)), np.ones((5, 50))
    moments = [(m.mean(), m.std(ddof=1)) for m in (control_means(truth, rng), control_means(random, rng))]
    assert grade(z_prime(*moments[0], *moments[1])) in ("excellent", "marginal")
    alone = control_means(random, rng, size=1)
    assert grade(z_prime(1, 0, alone.mean(), alone.std(ddof=1))) == "fails"


def test_null_margin():
    assert null_margin(0.53, 0.5, 1) == (pytest.approx(0.05), True)
    assert null_margin(0.56, 0.5, 1)[1] is False
    for unknown in ((0.5, None, 1), (0.5, np.nan, 1), (0.5, 0.5, np.nan)):
        margin, within = null_margin(*unknown)
        assert np.isnan(margin) and within is None


def row(positive, random=0.0):
    return {
        "m_positive": positive, "s_positive": 0.01, "m_negative": 0.0, "s_negative": 0.01,
        "null": 0.0, "random_mean": random,
    }  # fmt: skip


def test_a_metric_ranks_where_its_controls_lie_apart():
    good, poor, unknown = graded(row(1.0)), graded(row(0.01)), graded(row(np.nan))
    assert good["z_prime"] == pytest.approx(0.94) and good["grade"] == "excellent" and passes(good)
    assert poor["grade"] == "fails" and "not ranked" in poor["reason"] and not passes(poor)
    assert unknown["grade"] == "not evaluated" and unknown["within_margin"] is None and not passes(unknown)
    assert not passes(None)


def test_a_random_control_off_the_null_is_told():
    assert graded(row(1.0, random=0.05))["within_margin"] is True
    assert graded(row(1.0, random=0.2))["within_margin"] is False
