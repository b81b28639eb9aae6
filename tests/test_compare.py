"""The step compare: every table of a study and the trust cards, from files."""

import numpy as np
import pandas as pd
import pytest
import synthetic

from xassay.stats.tables import COLUMNS
from xassay.steps.compare import provenance

REFUSED = {"dataset": "real", "model": "net", "method": "", "metric": "agreement", "reason": "because"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    made = synthetic.Study(tmp_path_factory.mktemp("study"))
    made.dataset("real", {"net": True, "dull": False})
    made.dataset("known", {"net": True, "oracle": True}, known_rule=True)
    return made


@pytest.fixture(scope="module")
def found(study, tmp_path_factory):
    return study.compare(tmp_path_factory.mktemp("out"), [REFUSED])


@pytest.fixture(scope="module")
def tables(found):
    return found[0]


def one(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def card(found, dataset, model, method):
    return next(
        c for c in found[1]["cards"] if (c["dataset"], c["model"], c["method"]) == (dataset, model, method)
    )


def test_every_table_with_its_columns(tables, found):
    assert set(tables) == {*COLUMNS, "verdicts", "scores", "gallery", "features"}
    for name, columns in COLUMNS.items():
        assert list(tables[name].columns) == list(columns)
    assert len(tables["verdicts"]) == len(found[1]["cards"]) == 4 * len(synthetic.METHODS)


def test_summary_counts_what_does_not_apply(tables):
    where = {"dataset": "real", "model": "net", "method": "control_truth"}
    row = one(tables["summary"], **where, metric="recovery_auroc")
    assert (row["mean"], row["lower"], row["upper"]) == (1, 1, 1)
    assert (row["n_seeds"], row["n_samples"], row["n_nan"]) == (synthetic.SEEDS, synthetic.EVALUATED // 2, 0)
    assert row["note"] == "not applicable to 12 of 24 samples" and not row["ranked"]
    constant = one(tables["summary"], **where | {"method": "control_constant"}, metric="repeatability")
    assert constant["n_samples"] == 0 and constant["note"].startswith("not evaluated")
    random = one(tables["summary"], **where | {"method": "deep_lift"}, metric="randomisation_similarity")
    assert random["variant"] == "full" and random["n_seeds"] == synthetic.SEEDS  # its two draws are one level


def test_intervals_stay_inside_the_range(tables):
    recovery = tables["summary"].query("metric == 'recovery_auroc'")
    assert recovery["upper"].max() <= 1 and recovery["lower"].min() >= 0


def test_repeatability_is_the_mean_over_pairs(tables):
    rows = tables["scores"].query("dataset == 'real' and model == 'net' and method == 'deep_lift'")
    pairs = rows[rows["metric"] == "repeatability"]["value"]
    row = one(tables["summary"], dataset="real", model="net", method="deep_lift", metric="repeatability")
    assert row["mean"] == pytest.approx(pairs.mean()) and row["n_seeds"] == synthetic.SEEDS


def test_every_model_is_gated_by_its_own_controls(tables):
    gates = tables["gates"].set_index(["dataset", "model", "metric"])
    assert gates.loc[("real", "net", "recovery_auroc"), "m_positive"] == 1
    for pair in (("real", "net"), ("known", "net"), ("known", "oracle")):
        assert gates.loc[(*pair, "faithfulness_correlation"), "grade"] == "excellent"
        assert gates.loc[(*pair, "faithfulness_correlation"), "positive"] == "control_shapley"
    ranked = tables["summary"].query("ranked")
    assert {"recovery_auroc", "faithfulness_correlation"} <= set(ranked["metric"])
    assert not ranked["method"].str.startswith("control_").any()


def test_ranks_are_of_ranked_contestants_and_ensembles(tables):
    ranks = tables["ranks"].query("dataset == 'real' and model == 'net' and metric == 'recovery_auroc'")
    assert len(ranks) == 2 * len(synthetic.METHODS)
    ranks = ranks.set_index("method")["mean_rank"]
    assert ranks["attention_weights"] == ranks.max() and ranks.mean() == pytest.approx((len(ranks) + 1) / 2)


def test_a_model_that_did_not_learn_marks_all_of_its_rows(tables, found):
    assert not one(tables["learned"], dataset="real", model="dull")["learned"]
    dull = tables["summary"].query("dataset == 'real' and model == 'dull'")
    assert dull["flag"].str.contains("did not learn").all()
    assert not tables["summary"].query("model == 'net'")["flag"].str.contains("did not learn").any()
    assert {c["verdict"] for c in found[1]["cards"] if c["model"] == "dull"} == {"not assessed"}
    assert one(tables["learned"], model="oracle")["learned"]


def test_a_broken_claim_marks_the_method_everywhere(tables, found):
    flags = tables["summary"].query("model == 'net'").groupby("method")["flag"].agg(set)
    assert flags["deep_lift"] == {"breaks completeness"} and flags["integrated_gradients"] == {""}
    assert flags["input_x_gradient"] == {""}  # misses it as well, and does not claim it
    broken = card(found, "known", "net", "deep_lift")
    assert broken["verdict"] == "do not use" and broken["reasons"][0].startswith("completeness failed")


def test_verdicts(found):
    good = card(found, "known", "net", "integrated_gradients")
    assert good["verdict"] == "trust", good["reasons"]
    assert card(found, "known", "oracle", "integrated_gradients")["verdict"] == "trust"
    assert card(found, "real", "net", "integrated_gradients")["verdict"] == "trust"  # gated without f* too
    insensitive = card(found, "known", "net", "input_x_gradient")
    assert insensitive["verdict"] == "do not use" and insensitive["reasons"][0].startswith(
        "randomisation failed"
    )


def test_silent_failures(tables):
    table = tables["instances"].query("dataset == 'real' and model == 'net'")
    silent = table.groupby("method")["silent_failure"].any()
    assert silent["attention_weights"] and not silent["integrated_gradients"]
    assert set(table["seed"]) == {-1, 0, 1, 2}


def test_refused_and_not_evaluated_have_reasons(tables):
    refused = tables["refused"]
    assert one(refused, reason="because")["metric"] == "agreement"
    oracle = refused.query("model == 'oracle' and method == 'deep_lift'").set_index("metric")["reason"]
    assert "one replicate" in oracle["repeatability"]
    assert "parameter_randomisation" in oracle["randomisation_similarity"]


def test_datasets_tell_reuse_and_licence(tables):
    row = one(tables["datasets"], dataset="real", split="test")
    assert (row["samples"], row["positives"], row["licence"]) == (40, 20, "CC BY 4.0")
    assert row["reuse"] == pytest.approx(row["instances"] / row["cells"])
    assert 0.1 < row["witness_rate"] < 0.4


def test_the_same_study_gives_the_same_bytes(study, found, tmp_path, tmp_path_factory):
    study.scored = {
        kind: paths[::-1] for kind, paths in study.scored.items()
    }  # and the order of files is nothing
    study.compare(tmp_path, [REFUSED])
    first = next(tmp_path_factory.getbasetemp().glob("out*"))
    files = sorted(path.relative_to(first) for path in first.rglob("*.*"))
    assert len(files) == len(COLUMNS) * 2 + 2 + 3 + 1  # verdicts; scores, gallery and features; trust.json
    for file in files:
        assert (tmp_path / file).read_bytes() == (first / file).read_bytes(), file


def test_provenance_has_versions_and_no_time(found):
    about = found[1]["provenance"]
    assert (
        about["versions"]["numpy"] == np.__version__
        and about["seed"] == 0
        and about["seeds"] == synthetic.SEEDS
    )
    assert about["config"]["attribution"] and "code" in about
    assert not pd.Series(list(about)).str.contains("time|date").any()
    made = provenance({}, {}, {"torch": "1", "numpy": "1", "absent": "3"})["versions"]
    assert made["numpy"] == np.__version__ and made["absent"] == "3"
