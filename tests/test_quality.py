"""A metric's controls: Z', grade and null margin."""

import numpy as np
import pytest

from xassay.stats.gates import graded, passes
from xassay.stats.quality import control_means, dilution, grade, null_margin, share_of, z_prime


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
    assert null_margin((0.53, 0.51, 0.549), 0.5, 1) == (pytest.approx(0.05), True)
    assert null_margin((0.56, 0.56, 0.56), 0.5, 1)[1] is False
    assert null_margin((0.44, 0.43, 0.449), 0.5, 1)[1] is False
    assert null_margin((0.6, 0.5, 0.7), 0.5, 1)[1] is None  # across: too few samples to tell
    assert null_margin((0.6, np.nan, np.nan), 0.5, 1)[1] is False  # an interval of unknown width is its mean
    for random, null, positive in ((0.5, None, 1), (0.5, np.nan, 1), (0.5, 0.5, np.nan), (np.nan, 0.5, 1)):
        margin, within = null_margin((random, random, random), null, positive)
        assert np.isnan(margin) and within is None


def table(*rows):
    """(seed, sample) of a level: every sample has its own height, which pairing takes out."""
    return np.add.outer(np.array(rows, float), 10 * np.sin(np.arange(30)))


def test_dilution_by_hand():
    falls = dilution({0: table(1, 1), 1: table(0.6, 0.5), 4: table(0.1, 0.1)}, 1, 1)
    assert falls["monotone"] is True and falls["noise_rho"] == pytest.approx(-1)
    assert dilution({0: -table(1), 1: -table(0.6), 4: -table(0.1)}, -1, 1)["monotone"] is True
    back = dilution({0: table(1), 1: table(0.3), 4: table(0.4)}, 1, 1)
    assert back["monotone"] is False and back["rise"] == pytest.approx(0.1 / 0.7) and back["rise_at"] == 4
    assert dilution({0: table(1), 1: table(0.3), 4: table(0.33)}, 1, 1)["monotone"] is True  # less than 5 %
    assert dilution({0: table(1), 1: table(1), 4: table(1)}, 1, 1)["monotone"] is False  # flat
    rng = np.random.default_rng(0)
    noisy = {noise: table(1) + 0.01 * rng.normal(size=(1, 30)) for noise in (0, 1, 4)}
    assert dilution(noisy, 1, 1)["monotone"] is False  # flat but for chance
    for unknown in ({}, {0: table(1)}, {0: table(1), 1: table(np.nan)}, {1: table(1), 2: table(0)}):
        assert dilution(unknown, 1, 1)["monotone"] is None
    assert dilution({0: table(1), 1: table(0)}, 1, 0)["monotone"] is None  # controls at the same place


def test_a_negative_control_on_another_scale_hides_no_rise_and_no_fall():
    falls = {0: table(1), 1: table(0.6), 4: table(0.1)}
    assert dilution(falls, 1, 1000)["monotone"] is True
    assert dilution(falls | {2: table(0.8)}, 1, 1000)["monotone"] is False


def test_small_steps_up_add_up():
    stairs = {noise: table(value) for noise, value in ((0, 1), (1, 0), (2, 0.03), (3, 0.06), (4, 0.09))}
    assert dilution(stairs, 1, 1)["monotone"] is False


def test_a_rise_within_sampling_error_is_none():
    rng = np.random.default_rng(1)
    noisy = {noise: mean + rng.normal(size=(5, 50)) for noise, mean in ((0, 2), (1, 1), (2, 0.5), (4, 0.5))}
    means = [noisy[noise].mean() for noise in (2, 4)]
    assert means[1] - means[0] > 0.02  # it does rise
    assert dilution(noisy, 1, 0.5)["monotone"] is True


def test_share_of_the_way():
    assert share_of(0.75, 1, 0.5) == 0.5 and share_of(2, 1, 3) == 0.5 and np.isnan(share_of(1, 2, 2))


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
    near, far = graded(row(1.0, random=0.05)), graded(row(1.0, random=0.2))
    assert near["within_margin"] is True and passes(near)
    assert far["within_margin"] is False and far["grade"] == "excellent" and not passes(far)
    assert far["reason"] == "random maps score 0.2, not the stated 0: not ranked"
