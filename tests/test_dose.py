"""Series, the Hill curve and the limit of detection: known curves are found again, and nothing is made up."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import synthetic_tables

from xassay.__main__ import main
from xassay.core.seeding import generator
from xassay.evaluation import permutation_gain, recovery_auroc, twin_recovery_auroc
from xassay.stats import dose, dose_tables, hill
from xassay.stats.intervals import mean_interval
from xassay.stats.summary import Measured

DOSES = (0.02, 0.04, 0.08, 0.15, 0.3, 0.6)
SEEDS, SAMPLES, TWINNED = 5, 30, 16
NAMES = ("recovery_auroc", "recovery_ap", "twin_recovery_auroc", "permutation_gain")


def noisy(rng, mean, seeds=SEEDS, samples=SAMPLES, seed_sd=0.04, sample_sd=0.1, rest_sd=0.12):
    """A table (seed, sample) with an effect of the seed, of the sample, and the rest."""
    return (
        mean
        + seed_sd * rng.normal(size=(seeds, 1))
        + sample_sd * rng.normal(size=samples)
        + rest_sd * rng.normal(size=(seeds, samples))
    )


def along(rng, ec50, h, top, doses=DOSES, floor=0.5, **spread):
    """[(dose, table)] along a Hill curve."""
    means = [floor + (top - floor) * d**h / (d**h + ec50**h) for d in doses]
    return [(d, noisy(rng, mean, **spread)) for d, mean in zip(doses, means)]


def study(
    means, option="witness_rate", doses=DOSES, names=NAMES, model="net", twins=0.5, seeds=SEEDS, seed=0
):
    """What dose_tables asks of a Comparison. means: {method: a mean a dose}; twins' mean recovery."""
    rng, measured = np.random.default_rng(seed), []
    datasets = {f"bags~{d}": {"dataset": "simulated_bags", "size_mean": 60.0, option: d} for d in doses}
    for k, member in enumerate(datasets):
        one = Measured(member, model, ranges={"recovery_auroc": (0, 1), "recovery_ap": (None, 1)})
        for method, values in (means | {"control_random": [0.5] * len(doses)}).items():
            table = noisy(rng, values[k], seeds)
            one.tables[method, "recovery_auroc", ""] = table
            one.tables[method, "recovery_ap", ""] = 2 * table - 1
            if model != "oracle":
                twin = noisy(rng, twins, seeds, TWINNED)
                one.tables[method, "twin_recovery_auroc", "twin"] = twin
                one.tables[method, "permutation_gain", "twin"] = table[:, :TWINNED] - twin
        measured.append(one)
    return SimpleNamespace(
        config={"datasets": datasets | {"alone": {"dataset": "simulated_bags"}}},
        names={name: name for name in names},
        metrics={name: SimpleNamespace(card={"range": (0, 1)}) for name in names},
        measured=measured[::-1],  # files come in any order
        rng=lambda *names: generator(0, *names),
    )


def response(found, method="m", metric="recovery_auroc"):
    return next(r for r in dose_tables.dose_response(found) if (r["method"], r["metric"]) == (method, metric))


# Which data sets are a series, and of what


def test_a_series_is_told_by_the_option_in_which_its_members_differ():
    members = {f"b~{d:g}": {"dataset": "x", "size": 0.1, "rate": d} for d in (0.4, 0.1, 0.2)}
    (found,) = dose.series(members | {"alone": {"rate": 0.1}})
    assert (found.name, found.option, found.fault) == ("b", "rate", "")
    assert list(found.doses.values()) == [0.1, 0.2, 0.4]  # 10 would stand before 2 in the order of names


def test_a_series_of_one_is_told_by_its_id():
    (found,) = dose.series({"b~0.1": {"size": 3, "rate": 0.1}})
    assert (found.option, found.doses) == ("rate", {"b~0.1": 0.1})
    (unclear,) = dose.series({"b~3": {"size": 3, "count": 3}})
    assert "count and size" in unclear.fault


@pytest.mark.parametrize("value", ["presence", True, None, [1, 2], float("inf")])
def test_a_series_without_numbers_has_no_doses_and_says_so(value):
    (found,) = dose.series({"b~1": {"rule": 1}, "b~x": {"rule": value}})
    assert found.option == "rule" and "no number" in found.fault
    rows = study({"m": [0.9] * 6})
    rows.config["datasets"]["bags~0.02"]["witness_rate"] = value
    assert list(dose_tables.doses(rows)) == [] and dose_tables.limits(rows) == {}
    (row,) = dose_tables.dose_response(rows)
    assert "no number" in row["reason"] and np.isnan(row["ec50"]) and row["n_doses"] == 0


def test_no_series_no_rows():
    found = study({"m": [0.9] * 6})
    found.config = {}
    assert list(dose_tables.doses(found)) == list(dose_tables.dose_response(found)) == []


# The curve


def test_an_exact_curve_is_found_exactly():
    curve, x = hill.Curve(0.93, 0.11, 1.7), np.array(DOSES)
    mean, half = hill.response(x, 0.5, curve), np.full(6, 0.03)
    assert hill.response(np.array([0.11]), 0.5, curve) == pytest.approx([0.715])  # half way
    assert hill.fit(x, mean, half, 0.5, 1) == pytest.approx(curve, rel=1e-5)


def test_the_grid_is_the_fit_to_within_a_step():
    rng, x, half = np.random.default_rng(1), np.array(DOSES), np.linspace(0.02, 0.05, 6)
    step = np.diff(hill.grid(x)[0][:2])[0]
    for _ in range(20):
        mean = hill.response(x, 0.5, hill.Curve(0.9, 0.1, 2.0)) + 0.01 * rng.normal(size=6)
        _, log_ec50, _ = hill.profiled(x, mean[None], half, 0.5, 1)
        assert log_ec50[0] == pytest.approx(np.log(hill.fit(x, mean, half, 0.5, 1).ec50), abs=1.5 * step)


@pytest.mark.parametrize(("ec50", "h", "top"), [(0.1, 2, 0.95), (0.2, 3, 0.9), (0.06, 1.5, 1.0)])
def test_a_noisy_curve_is_found_again_and_its_interval_covers(ec50, h, top):
    rng, found = np.random.default_rng(0), []
    for _ in range(60):
        found.append(hill.fitted(along(rng, ec50, h, top), 0.5, 1, rng))
    table = pd.DataFrame(found)
    assert np.isfinite(table.ec50).all()
    assert abs(np.log(table.ec50 / ec50).mean()) < 0.15  # of a range of 3.4
    assert abs(table.top.mean() - top) < 0.04 and 0.75 * h < table.hill.median() < 1.4 * h
    covered = (table.ec50_lower.fillna(0) <= ec50) & (ec50 <= table.ec50_upper.fillna(np.inf))
    assert covered.mean() >= 0.85
    assert (np.log(table.ec50_upper / table.ec50_lower).dropna() < 2).all()  # and not by being wide


@pytest.mark.parametrize("level", [0.5, 0.7, 1.0])
def test_a_flat_response_has_no_ec50(level):
    rng, told = np.random.default_rng(2), []
    for _ in range(100):
        tables = along(rng, 1, 1, level, floor=level)
        told.append(hill.fitted(tables, 0.5, 1, rng)["reason"].startswith("no dose-response"))
    assert np.mean(told) >= 0.93
    exact = [(d, np.full((5, 9), level)) for d in DOSES]
    found = hill.fitted(exact, 0.5, 1, rng)
    assert found["reason"].startswith("no dose-response") and np.isnan(found["ec50"])


def test_a_plateau_that_falls_a_little_does_not_hide_the_rise():
    """As seen on trained models: wide intervals where a model begins to learn, narrow ones above."""
    mean, half = np.array([0.50, 0.86, 1.0, 0.99, 0.97, 0.91]), np.array([0.2, 0.3, 0.01, 0.01, 0.01, 0.01])
    slope, width = hill.rises(np.array(DOSES), mean, half)
    assert slope > width > 0
    slope, width = hill.rises(np.array(DOSES), mean[[0, 0, 0, 0, 0, 0]], half)
    assert slope == pytest.approx(0, abs=1e-12)


def test_a_step_is_placed_between_its_two_doses_and_no_closer():
    rng, means = np.random.default_rng(10), [0.5, 0.5, 0.95, 0.95, 0.95, 0.95]
    tables = [
        (d, noisy(rng, mean, seed_sd=0.005, sample_sd=0, rest_sd=0.01)) for d, mean in zip(DOSES, means)
    ]
    found = hill.fitted(tables, 0.5, 1, rng)
    assert found["ec50_lower"] <= 0.04 < found["ec50"] < 0.08 <= found["ec50_upper"]
    assert "steeper than the doses can tell" in found["reason"]


def test_a_falling_response_has_no_ec50():
    rng = np.random.default_rng(3)
    falling = [(d, table) for d, (_, table) in zip(DOSES[::-1], along(rng, 0.1, 2, 0.95))][::-1]
    assert hill.fitted(falling, 0.5, 1, rng)["reason"].startswith("no dose-response")


@pytest.mark.parametrize(("ec50", "told"), [(0.003, "below the smallest"), (2.5, "above the largest")])
def test_an_ec50_outside_the_doses_is_told_in_words(ec50, told):
    rng = np.random.default_rng(4)
    found = hill.fitted(along(rng, ec50, 2, 1.0, seed_sd=0, sample_sd=0, rest_sd=0.01), 0.5, 1, rng)
    assert told in found["reason"] and np.isnan([found[k] for k in ("ec50", "ec50_lower", "hill")]).all()


def test_an_interval_is_not_extrapolated():
    rng = np.random.default_rng(5)
    for _ in range(20):
        found = hill.fitted(along(rng, 0.4, 1.5, 1.0), 0.5, 1, rng)
        ends = np.array([found["ec50_lower"], found["ec50_upper"]])
        assert np.isnan(ends[1]) or min(DOSES) <= ends[1] <= max(DOSES)
        assert not np.isnan(ends[1]) or "above the largest" in found["reason"]


def test_five_doses_are_too_few_and_a_dose_of_zero_has_no_logarithm():
    rng = np.random.default_rng(6)
    assert "5 doses" in hill.fitted(along(rng, 0.1, 2, 0.9)[1:], 0.5, 1, rng)["reason"]
    lost = [(d, np.full_like(t, np.nan) if d == 0.15 else t) for d, t in along(rng, 0.1, 2, 0.9)]
    assert hill.fitted(lost, 0.5, 1, rng)["n_doses"] == 5
    zero = [(0.0 if d == 0.02 else d, t) for d, t in along(rng, 0.1, 2, 0.9)]
    assert "logarithm" in hill.fitted(zero, 0.5, 1, rng)["reason"]
    assert "control_random" in hill.fitted(along(rng, 0.1, 2, 0.9), np.nan, 1, rng)["reason"]


def test_the_floor_is_the_negative_control_and_the_same_study_gives_the_same_rows():
    rising = {"m": [0.5, 0.55, 0.7, 0.85, 0.93, 0.95]}
    found = response(study(rising))
    random = [r["mean"] for r in dose_tables.doses(study(rising)) if r["method"] == "control_random"][:6]
    assert found["floor"] == pytest.approx(np.mean(random)) and 0.05 < found["ec50"] < 0.2
    assert found == response(study(rising))
    assert response(study(rising), metric="recovery_ap")["floor"] == pytest.approx(0, abs=0.1)


# The limit of detection


def test_a_critical_value_has_its_closed_form():
    # mean 2, SD 1, 3 blanks: t(0.95, 2) = 2.920; sqrt(1/3 + 1/3)
    assert dose.critical([1, 2, 3], 3) == pytest.approx(2 + 2.91999 * np.sqrt(2 / 3), abs=1e-4)
    assert np.isnan(dose.critical([0.5], 1)) and np.isnan(dose.critical([], 3))


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("shape", ["normal", "two kinds"])
def test_a_method_that_is_like_its_twins_is_detected_one_time_in_twenty(seeds, shape):
    """Seeds differ a lot, samples are shared by both, and twins of each dose have a spread of their own."""
    rng, runs = np.random.default_rng(7), 3000
    spreads = np.array([0.12, 0.06, 0.03])
    seen = np.zeros(3)
    for _ in range(runs):
        for k, sd in enumerate(spreads):
            shared = 0.1 * rng.normal(size=TWINNED)
            effect = rng.normal(size=(2, seeds, 1))
            if shape == "two kinds":  # twins that point at the witnesses or away from them
                effect = np.sign(effect) + 0.3 * rng.normal(size=effect.shape)
            own, twin = 0.5 + sd * effect + shared + 0.2 * rng.normal(size=(2, seeds, TWINNED))
            value, bar = dose.against_twins(own - twin, twin)
            assert value == pytest.approx(own.mean())
            seen[k] += value > bar
    assert (abs(seen / runs - 0.05) < 0.02).all(), seen / runs


def test_random_maps_are_detected_on_the_oracle_one_time_in_twenty():
    rng = np.random.default_rng(8)
    maps = rng.uniform(size=(4000, 2, 1, 40))
    seen = [np.greater(*dose.against_random(own, random)) for own, random in maps]
    assert abs(np.mean(seen) - 0.05) < 0.015


def test_missing_cells_are_left_out_of_both_sides():
    gain, twin = np.full((2, 3), 0.2), np.array([[0.5, 0.6, np.nan], [0.4, 0.5, 0.9]])
    value, bar = dose.against_twins(gain, twin)
    assert value == pytest.approx(np.mean([0.7 + 0.05, np.mean([0.6, 0.7, 1.1])]))
    assert bar == pytest.approx(dose.critical([0.55, 0.6], 2))
    assert np.isnan(dose.against_twins(np.full((2, 3), np.nan), twin)).all()


@pytest.mark.parametrize(
    ("detected", "limit"),
    [
        ([0, 0, 1, 1, 1, 1], 0.08),
        ([1, 1, 1, 1, 0, 1], 0.6),  # a dip at a larger dose moves the limit up
        ([0, 1, 0, 1, 1, 1], 0.15),
        ([1, 1, 1, 1, 1, 1], 0.02),
        ([1, 1, 1, 1, 1, 0], np.nan),
        ([0, 0, 0, 0, 0, 0], np.nan),
    ],
)
def test_the_limit_is_where_detection_begins_for_good(detected, limit):
    assert dose.limit_of_detection(DOSES, detected) == pytest.approx(limit, nan_ok=True)


def test_limits_along_made_up_series():
    means = {"good": [0.5, 0.5, 0.9, 0.95, 0.95, 0.95], "dip": [0.5, 0.9, 0.95, 0.4, 0.95, 0.95]}
    found = study(means | {"poor": [0.5] * 6})
    rows = {method: response(found, method) for method in (*means, "poor", "control_random")}
    limits = {method: row["limit_of_detection"] for method, row in rows.items()}
    assert limits["good"] == 0.08 and limits["dip"] == 0.3
    assert np.isnan(limits["poor"]) and rows["poor"]["detection"] == "not reached"
    assert rows["control_random"]["detection"] == "not evaluated"
    assert rows["good"]["reason"] == "" or "EC50" in rows["good"]["reason"]
    ap = response(found, "good", "recovery_ap")
    assert ap["detection"] == "not evaluated" and "AUROC alone" in ap["reason"]


def test_few_doses_have_a_limit_but_no_curve():
    found = response(study({"m": [0.5, 0.9, 0.95]}, doses=(1.0, 2.0, 4.0), option="d_prime"))
    assert found["limit_of_detection"] == 2 and "3 doses" in found["reason"] and np.isnan(found["ec50"])


def test_a_study_without_twins_says_so():
    found = response(study({"m": [0.9] * 6}, names=NAMES[:3]))
    assert found["detection"] == "not evaluated" and "permutation_gain" in found["reason"]
    found = response(study({"m": [0.9] * 6}, seeds=1))
    assert found["detection"] == "not evaluated" and "two seeds" in found["reason"]


def test_the_oracle_is_held_against_random_maps():
    found = response(study({"m": [0.5, 0.5, 0.8, 0.9, 0.95, 0.95]}, model="oracle", seeds=1))
    assert found["limit_of_detection"] == 0.08 and "control_random" in found["reason"]


def test_a_dose_that_was_not_compared_counts_as_not_detected():
    made = study({"m": [0.9] * 6})
    one = next(one for one in made.measured if one.dataset == "bags~0.15")
    one.tables["m", "permutation_gain", "twin"] = np.full((SEEDS, TWINNED), np.nan)
    found = response(made)
    assert found["limit_of_detection"] == 0.3 and "not compared at 0.15" in found["reason"]


def test_blanks_that_vary_too_much_are_told():
    made = study({"m": [0.97] * 6}, seeds=3)
    one = next(one for one in made.measured if one.dataset == "bags~0.15")
    own = one.tables["m", "permutation_gain", "twin"] + one.tables["m", "twin_recovery_auroc", "twin"]
    twin = np.array([0.2, 0.8, 0.98])[:, None] + np.zeros(TWINNED)
    one.tables["m", "twin_recovery_auroc", "twin"], one.tables["m", "permutation_gain", "twin"] = (
        twin,
        own - twin,
    )
    found = response(made)
    assert found["limit_of_detection"] == 0.3 and "at 0.15 blanks vary so much" in found["reason"]


def test_what_is_made_from_maps_has_no_curve():
    made = study({"m": [0.9] * 6, "m~ensemble": [0.9] * 6, "control_truth~noise_1": [0.9] * 6})
    assert {row["method"] for row in dose_tables.doses(made)} == {"m", "control_random"}


def test_doses_are_the_means_of_the_summary():
    made = study({"m": [0.9] * 6})
    row = next(r for r in dose_tables.doses(made) if (r["method"], r["dose"]) == ("m", 0.08))
    one = next(one for one in made.measured if one.dataset == row["dataset"])
    assert row["mean"] == mean_interval(one.table("m", "recovery_auroc")).mean and row["upper"] <= 1
    assert set(row) == set(dose_tables.DOSES)
    assert set(response(made)) == set(dose_tables.RESPONSE)


def test_the_card_tells_the_limit():
    limits = dose_tables.limits(study({"m": [0.5, 0.5, 0.9, 0.95, 0.95, 0.95], "poor": [0.5] * 6}))
    assert set(limits) == {(f"bags~{d}", "net", m) for d in DOSES for m in ("m", "poor")}
    found = limits["bags~0.3", "net", "m"]
    assert (found["limit"], found["dose"], found["option"]) == (0.08, 0.3, "witness_rate")
    assert found["text"] == "detected from witness_rate 0.08 on; this data set has 0.3"
    assert limits["bags~0.3", "net", "poor"]["status"] == "not reached"


def test_twin_recovery_is_what_the_gain_was_taken_from():
    rng = np.random.default_rng(9)
    truth = (rng.random((6, 9)) < 0.3).astype(float)
    truth[:, 0] = 1
    own, twin = rng.normal(size=(2, 3, 6, 9))
    found = twin_recovery_auroc.score(truth, twin)
    assert found == pytest.approx(recovery_auroc.score(twin, truth))
    gain = permutation_gain.score(own, truth, twin)
    assert gain + found == pytest.approx(recovery_auroc.score(own, truth))
    assert twin_recovery_auroc.score(truth, truth[None]) == pytest.approx(np.ones((1, 6)))


# The report


def page(folder, made):
    """The report's page on made-up tables with those of a series among them."""
    call = synthetic_tables.tables(folder, datasets=("bags~0.02",), models=("oracle", "attention_mil"))
    for name, columns in (("doses", dose_tables.DOSES), ("dose_response", dose_tables.RESPONSE)):
        rows = [row for one in made for row in getattr(dose_tables, name)(one)]
        pd.DataFrame(rows, columns=columns).to_parquet(folder / "tables" / f"{name}.parquet")
    trust = json.loads((folder / "trust.json").read_text())
    trust["cards"][0]["limit_of_detection"] = {"text": "detected from witness_rate 0.08 on"}
    (folder / "trust.json").write_text(json.dumps(trust))
    assert main(call) == 0
    return (folder / "report.html").read_text()


def test_the_page_draws_a_series(tmp_path):
    rising = {"saliency": [0.5, 0.55, 0.7, 0.85, 0.9, 0.95], "deep_lift": [0.5] * 6}
    found = page(
        tmp_path, [study(rising, model="attention_mil", seed=1), study(rising, model="oracle", seeds=1)]
    )
    assert 'id="dose"' in found and "not reached" in found
    assert 'id="figure-dose_response"' in found and 'id="figure-limit_of_detection"' in found
    assert "which judges nothing: detected from witness_rate 0.08 on" in found
    section = found[found.index('<section id="dose">') : found.index('<section id="agreement">')]
    assert section.count("<svg") == 2 and "Not drawn" not in section and ">0.08<" in section


def test_a_page_without_a_series_has_no_such_section(tmp_path):
    found = page(tmp_path, [])
    assert 'id="dose"' not in found and "dose_response" not in found


def test_a_series_without_numbers_is_told_on_the_page(tmp_path):
    made = study({"saliency": [0.9] * 6}, model="attention_mil")
    made.config["datasets"]["bags~0.02"]["witness_rate"] = "many"
    assert "Not drawn: witness_rate is no number" in page(tmp_path, [made])


@pytest.mark.parametrize("value", [0.5, 1.0, 0.1 + 0.2])
@pytest.mark.parametrize("doses", [DOSES, [0.01, 0.02, 0.05, 0.1, 0.15, 0.2], [1.5, 2, 3, 4, 6, 8]])
def test_what_is_the_same_at_every_dose_has_no_dose_response(value, doses):
    """By rounding its slope may come out above 0."""
    tables = [(dose, np.full((3, 20), value)) for dose in doses]
    found = hill.fitted(tables, 0.4, 1.0, np.random.default_rng(0))
    assert np.isnan(found["ec50"]) and found["reason"].startswith("no dose-response: recovery does not rise")
