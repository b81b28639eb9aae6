"""What the gates table says of a metric, from the scores of its controls; and how it is printed."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from xassay.__main__ import main
from xassay.core.explanations import NOISE
from xassay.core.ranks import auroc, pearson
from xassay.stats.comparison import Comparison, Entry
from xassay.stats.gates import controls, graded, passes
from xassay.stats.summary import Measured
from xassay.stats.tables import COLUMNS, concordance, gates, metric_agreement

LEVELS = (0.25, 0.5, 1.0, 2.0, 4.0)
CARD = dict(range=(None, None), direction=1, null=0.0, gate=("control_truth", "control_random"))


def measured(metric, rng, seeds=3, samples=40, cells=25, direction=1):
    """Measured of a metric (maps, truth) -> (seed, sample) on controls, the positive one diluted."""
    truth = (rng.random((samples, cells)) < 0.1).astype(float)
    truth[:, :2] = 1, 0
    maps = np.broadcast_to(truth, (seeds, samples, cells))
    noise = rng.normal(size=maps.shape) * np.sqrt((maps**2).mean(-1, keepdims=True))
    size = np.abs(rng.normal(size=maps.shape)) + maps  # witnesses are large cells
    one = Measured("data", "net", ranges={"x": (None, None)})
    found = {"control_truth": maps, "control_random": rng.normal(size=maps.shape), "control_input": size}
    found |= {f"control_truth{NOISE}{level:g}": maps + level * noise for level in LEVELS}
    one.tables = {(name, "x", ""): direction * metric(m, maps) for name, m in found.items()}
    return one


def row(metric, rng, card=CARD, **options):
    return graded(controls(measured(metric, rng, **options), "x", card, rng))


def area(maps, truth):
    return auroc(maps, truth)


def test_a_sound_metric_is_refused_in_less_than_one_run_of_a_hundred():
    refused = 0
    for run in range(150):
        rng = np.random.default_rng(run)
        refused += not passes(row(area, rng, CARD | {"null": 0.5}))
        refused += not passes(row(pearson, rng, seeds=1 + run % 5))
    assert refused <= 2


def test_a_handful_of_samples_gates_nothing():
    """Means of fifty drawn from one sample have no spread: Z' would be 1 whatever the metric."""
    found = row(pearson, np.random.default_rng(0), samples=9)
    assert found["n_positive"] == found["n_negative"] == 9 and np.isnan(found["z_prime"])
    assert not passes(found) and "9 samples, fewer than 10" in found["reason"]
    assert passes(row(pearson, np.random.default_rng(0), samples=10))


def test_the_score_of_a_sound_metric_falls_at_every_step():
    found = row(pearson, np.random.default_rng(0))
    assert found["monotone"] is True and found["noise_rho"] == pytest.approx(-1) and found["rise"] < 0
    assert found["passes"] and found["grade"] == "excellent"


def test_smaller_may_be_better():
    found = row(pearson, np.random.default_rng(0), CARD | {"direction": -1}, direction=-1)
    assert found["monotone"] is True and found["passes"] and found["noise_rho"] == pytest.approx(-1)


def test_a_metric_that_likes_some_noise_does_not_rank():
    found = row(lambda a, b: -np.abs(pearson(a, b) - 0.7), np.random.default_rng(0), CARD | {"null": None})
    assert found["grade"] in ("excellent", "marginal") and found["within_margin"] is None
    assert found["monotone"] is False and found["rise_at"] == 1 and found["rise"] > 0.05
    assert not passes(found) and "rises as noise is added to the positive control (1 times" in found["reason"]


def test_a_metric_that_never_looks_at_the_noise_does_not_rank():
    def knows(maps, truth):
        """1 for any map of the positive control, whatever was added to it."""
        return (pearson(maps, truth) > 0).astype(float)

    found = row(knows, np.random.default_rng(0), CARD | {"null": None}, cells=200)
    assert found["monotone"] is False and "does not fall" in found["reason"] and not found["passes"]


def test_a_random_map_off_the_stated_null_does_not_rank():
    found = row(lambda a, b: np.abs(pearson(a, b)), np.random.default_rng(0))
    assert found["within_margin"] is False and not passes(found)
    assert found["reason"] == "random maps score 0.17, not the stated 0: not ranked"


def test_a_metric_that_prefers_noise_to_truth_does_not_rank():
    found = row(lambda a, b: 1 - pearson(a, b), np.random.default_rng(0), CARD | {"null": None})
    assert found["grade"] == "excellent" and not passes(found)
    assert found["reason"].startswith("scores the negative control above the positive one; the score rises")


def test_a_metric_that_rewards_the_size_of_the_input_says_so_and_ranks():
    found = row(area, np.random.default_rng(0), CARD | {"null": 0.5})
    wanted = (found["input_mean"] - found["m_negative"]) / (found["m_positive"] - found["m_negative"])
    assert found["input_share"] == pytest.approx(wanted) and wanted > 0.5 and passes(found)
    assert f"the size of the input by itself earns {wanted:.0%} of what truth earns" in found["reason"]


def test_controls_that_are_not_diluted_leave_the_question_open():
    one = measured(pearson, np.random.default_rng(0))
    one.tables = {key: table for key, table in one.tables.items() if NOISE not in key[0]}
    found = graded(controls(one, "x", CARD, np.random.default_rng(0)))
    assert found["monotone"] is None and np.isnan(found["rise"]) and passes(found)


def test_a_metric_without_controls_is_a_descriptor():
    assert controls(measured(pearson, np.random.default_rng(0)), "x", CARD | {"gate": None}, None) is None


@pytest.fixture(scope="module")
def study():
    """Four metrics on one model: two alike, one of its own mind, one that likes noise; five methods."""
    rng = np.random.default_rng(3)
    metrics = {
        "alike": (pearson, 0.0),
        "also": (lambda a, b: pearson(a, b) ** 3, 0.0),
        "other": (area, 0.5),
        "noisy": (lambda a, b: -np.abs(pearson(a, b) - 0.7), None),
    }
    frames = []
    truth = (rng.random((30, 20)) < 0.15).astype(float)
    truth[:, :2] = 1, 0
    maps = np.broadcast_to(truth, (2, 30, 20))
    noise = rng.normal(size=maps.shape) * np.sqrt((maps**2).mean(-1, keepdims=True))
    found = {"control_truth": maps, "control_random": rng.normal(size=maps.shape)}
    found |= {f"control_truth{NOISE}{level:g}": maps + level * noise for level in LEVELS}
    found |= {f"m{k}": maps + k * 0.4 * rng.normal(size=maps.shape) for k in range(5)}
    for metric, (function, _) in metrics.items():
        for method, phi in found.items():
            values = function(phi, maps) * (-1 if metric == "other" and method[0] == "m" else 1)
            seed, sample = np.indices(values.shape)
            frames.append(
                pd.DataFrame(
                    dict(method=method, metric=metric, seed=seed.ravel(), variant="",
                         sample=[f"s{i:02d}" for i in sample.ravel()], value=values.ravel())
                )
            )  # fmt: skip
    scores = pd.concat(frames).assign(dataset="data", model="oracle")
    cards = {
        name: Entry(
            name, CARD | {"family": "recovery", "null": null, "label": name}, ("attribution", "truth")
        )
        for name, (_, null) in metrics.items()
    }
    label = np.arange(30) % 2
    answers = dict(seed=0, twin=False, split="test", label=label, logit_0=4.0 * label - 2)
    predictions = pd.DataFrame(dict(dataset="data", model="oracle", sample=np.arange(30)) | answers)
    return Comparison([scores], [predictions], {}, cards, {})


def test_metrics_that_rank_are_compared(study):
    table = {(r["metric"], r["other"]): r for r in metric_agreement(study)}
    assert set(table) == {("alike", "also"), ("alike", "other"), ("also", "other")}  # noisy does not rank
    assert table["alike", "also"]["tau"] == 1 and table["alike", "also"]["n_methods"] == 5
    assert table["alike", "other"]["tau"] == pytest.approx(-1)
    (found,) = concordance(study)
    assert (found["n_metrics"], found["n_methods"]) == (3, 5) and found["w"] == pytest.approx(1 / 9)
    assert np.isnan(found["p"])  # metrics of one family


def test_a_metric_does_not_rank_the_method_whose_question_it_is(study):
    one = study.measured[0]
    before = study.ranked(one, "m0", "alike")
    card = study.metrics["alike"].card
    assert before and "circular" not in card
    card["circular"] = ("m0",)
    try:
        assert not study.ranked(one, "m0", "alike") and study.ranked(one, "m1", "alike")
    finally:
        del card["circular"]


def test_every_gate_is_in_the_table(study):
    rows = {r["metric"]: r for r in gates(study)}
    assert set(rows) == {"alike", "also", "other", "noisy"}
    assert set(COLUMNS["gates"]) <= set(rows["alike"])
    assert [rows[m]["passes"] for m in ("alike", "also", "other", "noisy")] == [True, True, True, False]


def printed(folder, capsys, rows, *extra, width=80, monkeypatch=None):
    """What the verb prints of gates, and its exit status."""
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "trust.json").write_text(json.dumps({"cards": []}))
    with (folder / "tables" / "gates.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ("dataset", "model", "metric", "z_prime", "grade", "passes", "reason"))
        table.writeheader()
        table.writerows(rows)
    monkeypatch.setenv("COLUMNS", str(width))
    status = main(["verdicts", "--trust", str(folder / "trust.json"), *extra])
    return status, capsys.readouterr()


def line(dataset, model, metric, z, passes=True, reason="fine", grade="excellent"):
    return dict(
        dataset=dataset, model=model, metric=metric, z_prime=z, grade=grade, passes=passes, reason=reason
    )


def test_z_prime_of_every_metric_is_printed(tmp_path, capsys, monkeypatch):
    rows = [line(d, m, f"a_long_metric_name_{k}", 0.9 - 0.1 * k) for d in ("pbmc_nk_cells", "simulated_bags")
            for m in ("mean_pooling", "attention_mil", "gated_attention_mil", "oracle") for k in range(20)]  # fmt: skip
    rows[3] |= dict(passes=False, reason="random maps score 0.31, not the stated 0: not ranked")
    rows[5] |= dict(z_prime="-inf", passes=False, grade="fails", reason="cannot tell: not ranked")
    rows[6] |= dict(z_prime="", passes=False, grade="not evaluated", reason="no value")
    rows[7] |= dict(z_prime=-1234.5, passes=False, grade="fails", reason="cannot tell: not ranked")
    status, said = printed(tmp_path, capsys, rows, monkeypatch=monkeypatch)
    lines = said.out.splitlines()
    assert status == 0 and max(map(len, lines)) <= 80
    cells = {
        text.split()[0]: text.split()[1:]
        for text in lines
        if text.startswith("a_long") and " on " not in text
    }
    assert len(cells) == 20 and all(len(values) >= 8 for values in cells.values())
    assert cells["a_long_metric_name_0"][0] == "0.90" and cells["a_long_metric_name_3"][0] == "0.60x"
    assert cells["a_long_metric_name_5"][0] == "<-10x" and cells["a_long_metric_name_7"][0] == "<-10x"
    assert cells["a_long_metric_name_6"][0] == "-"
    assert any("random maps score 0.31" in text and "a_long_metric_name_3" in text for text in lines)


def test_many_models_wrap(tmp_path, capsys, monkeypatch):
    rows = [line("data", f"model_{k}", "abpc", k / 40) for k in range(40)]
    status, said = printed(tmp_path, capsys, rows, monkeypatch=monkeypatch, width=60)
    assert status == 0 and max(map(len, said.out.splitlines())) <= 60
    shown = [value for text in said.out.splitlines() if text.startswith("abpc") for value in text.split()[1:]]
    assert shown == [f"{k / 40:.2f}" for k in range(40)]


def test_no_gates_beside_the_cards_is_said(tmp_path, capsys):
    (tmp_path / "trust.json").write_text(json.dumps({"cards": []}))
    assert main(["verdicts", "--trust", str(tmp_path / "trust.json")]) == 0
    assert "gates.csv does not exist, so no Z' is shown" in capsys.readouterr().err
    assert main(["verdicts", "--trust", str(tmp_path / "trust.json"), "--gates", "none.csv"]) == 1
    assert "xassay verdicts: none.csv does not exist" in capsys.readouterr().err
