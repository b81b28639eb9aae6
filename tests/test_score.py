"""The step score: which rows each kind of metric gives, gallery and features."""

import numpy as np
import pandas as pd
import pytest
import synthetic

from xassay.__main__ import main
from xassay.core.explanations import Explanation, Variant
from xassay.core.measuring import DILUTIONS
from xassay.core.scoring import COLUMNS, Block, ensemble, negated, scaled, shifted, table, variants


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    made = synthetic.Study(tmp_path_factory.mktemp("study"))
    made.dataset("real", {"net": True, "other_net": True})
    made.dataset("known", {"net": True, "oracle": True}, known_rule=True)
    return made


@pytest.fixture(scope="module")
def scores(study):
    return pd.concat([pd.read_parquet(path) for path in study.scored["scores"]], ignore_index=True)


def rows(scores, **where):
    for column, value in where.items():
        scores = scores[scores[column] == value]
    return scores


def test_one_value_a_method_seed_and_sample(scores):
    assert list(scores.columns) == ["dataset", "model", *COLUMNS]
    found = rows(scores, dataset="real", model="net", method="deep_lift", metric="abpc")
    assert len(found) == synthetic.SEEDS * synthetic.EVALUATED
    assert not found.duplicated(["seed", "sample"]).any()
    assert set(found["variant"]) == {""}
    keys = ["dataset", "model", "method", "metric", "seed", "variant", "sample"]
    assert not scores.duplicated(keys).any()


def test_recovery_is_undefined_in_negative_bags_and_kept(scores):
    found = rows(scores, dataset="real", model="net", method="control_truth", metric="recovery_auroc")[
        "value"
    ]
    assert len(found) == synthetic.SEEDS * synthetic.EVALUATED
    assert found.isna().sum() == len(found) / 2 and (found.dropna() == 1).all()


def test_pairs_of_seeds_other_methods_and_variants(scores):
    pairs = rows(scores, dataset="real", method="deep_lift", metric="repeatability")
    assert set(zip(pairs["seed"], pairs["variant"])) == {(0, "1"), (0, "2"), (1, "2")}
    others = rows(scores, dataset="real", method="deep_lift", metric="agreement")
    assert "control_random" in set(others["variant"]) and "deep_lift" not in set(others["variant"])
    random = rows(scores, dataset="real", method="deep_lift", metric="randomisation_similarity")
    assert set(random["variant"]) == {"full:0", "full:1"} and random["sample"].nunique() == 8


def test_the_oracle_has_one_replicate_and_is_not_trained(scores):
    found = rows(scores, dataset="known", model="oracle", method="deep_lift")
    assert set(found["seed"]) == {0}
    assert not {"repeatability", "randomisation_similarity", "permutation_gain"} & set(found["metric"])
    assert not rows(scores, model="oracle")["method"].str.endswith("~ensemble").any()


def test_ensembles_and_the_negated_truth_are_contestants_of_their_own(scores):
    together = rows(scores, dataset="real", method="attention_weights~ensemble")
    assert set(together["metric"]) == {"recovery_auroc"} and set(together["seed"]) == {-1}
    alone = rows(scores, dataset="real", method="attention_weights", metric="recovery_auroc")
    assert together["value"].mean() > alone["value"].mean()
    worst = rows(scores, dataset="real", method="control_truth~negated", metric="recovery_auroc")[
        "value"
    ].dropna()
    assert (worst == 0).all()
    faith = (
        rows(scores, dataset="known", model="oracle", metric="faithfulness_correlation")
        .groupby("method")["value"]
        .mean()
    )
    assert faith["control_truth"] == pytest.approx(1) and faith["control_truth~negated"] == pytest.approx(-1)


def test_models_of_a_data_set_are_compared_method_by_method(scores):
    found = rows(scores, metric="reproducibility")
    assert set(zip(found["model"], found["variant"])) == {("net", "other_net"), ("other_net", "net")}
    assert set(found["dataset"]) == {"real"} and "control_truth" in set(found["method"])
    means = found.groupby("method")["value"].mean()
    assert means["integrated_gradients"] > means["attention_weights"]


def test_noise_in_the_truth_lowers_its_scores(scores):
    found = rows(scores, dataset="known", model="oracle").groupby(["metric", "method"])["value"].mean()
    levels = ["control_truth", *(f"control_truth~noise_{level:g}" for level in DILUTIONS)]
    for metric in ("recovery_auroc", "faithfulness_correlation", "abpc"):
        means = [found[metric, level] for level in levels]
        assert (np.diff(means) <= 0).all() and means[-1] < means[0] - 0.2


def test_gallery_shows_worst_median_and_best(study):
    gallery = pd.read_parquet(study.scored["galleries"][0])
    one = gallery[gallery["method"] == "attention_weights"]
    values = one.drop_duplicates("quantile").set_index("quantile")["value"]
    assert list(values.index) == [0, 0.5, 1] and values.is_monotonic_increasing
    assert one["attribution"].abs().max() <= 1
    assert set(one.loc[one["truth"] > 0, "planted"]) == {"NK"}
    first = one[one["quantile"] == 0]
    assert list(first["instance"]) == list(range(len(first)))


def test_features_are_ranked_by_size(study):
    features = pd.read_parquet(study.scored["features"][0])
    assert set(features["method"]) == {"integrated_gradients"}
    assert list(features["rank"]) == [1, 2, 3, 4, 5] and features["feature"].iloc[0] == "gene4"


def test_explanations_of_other_samples_are_refused(study, tmp_path, capsys):
    other = synthetic.Study(tmp_path, seed=1)
    other.dataset("other", {"net": True})
    stem, wrong = study.folder / "real.net", tmp_path / "other.net.deep_lift.h5ad"
    read = Explanation.read(wrong)
    read.ids[0] = "nobody"
    call = [
        "score",
        "--data",
        study.data[0],
        "--model",
        f"{stem}.predictions.parquet",
        "--probe",
        f"{stem}.h5",
    ]
    call += [
        "--metrics",
        "{}",
        "--out",
        tmp_path / "a",
        "--gallery",
        tmp_path / "b",
        "--features",
        tmp_path / "c",
    ]
    known = study.folder / "known.oracle.deep_lift.h5ad"
    assert main([str(part) for part in [*call, "--attributions", known]]) == 1
    assert "other" in capsys.readouterr().err


def explanation(variants):
    maps = np.array([[[1.0, 2, np.nan], [4, -8, 2]], [[0.0, 0, np.nan], [1, 1, 1]]])
    curve = np.arange(16.0).reshape(2, 2, 4)
    return Explanation(
        "m", "m", "M", {}, {}, "", ["a", "b"], ["b"], maps, maps[..., 0], (curve, -curve), variants
    )


def test_scaled_ensemble_and_negated_maps():
    one = explanation([])
    np.testing.assert_array_equal(scaled(one.instance)[0], [[0.5, 1, np.nan], [0.5, -1, 0.25]])
    np.testing.assert_array_equal(ensemble(one).instance, [[[0.25, 0.5, np.nan], [0.75, 0, 0.625]]])
    assert ensemble(one).method == "m~ensemble"
    opposite = negated(one)
    assert opposite.curve[0] is one.curve[1]
    np.testing.assert_array_equal(opposite.total, -one.total)


def test_other_samples_are_the_next_sample_of_the_next_seed():
    maps = np.arange(12.0).reshape(2, 3, 2)
    found = shifted(maps)
    np.testing.assert_array_equal(found[0, 0], maps[1, 1])
    np.testing.assert_array_equal(found[1, 2], maps[0, 0])
    assert np.isnan(shifted(maps[:, :1])).all()


def test_variants_are_found_by_the_plug_in_of_their_test():
    maps = [np.full((1, 3), float(k)) for k in range(3)]
    made = [
        Variant("input_noise", "noise:0", 0, maps[0], np.array([0.5])),
        Variant("input_noise", "noise:0", 1, maps[1]),
        Variant("loud", "noise:0", 0, maps[2]),
    ]
    found = list(variants(explanation(made), "input_noise", {"loud": "input_noise"}))
    assert [(name, seeds) for name, seeds, *_ in found] == [("noise:0", [0, 1]), ("loud noise:0", [0])]
    assert found[0][2].shape == (2, 1, 3)
    np.testing.assert_array_equal(found[0][3], [[0.5], [np.nan]])


def test_a_table_of_nothing_has_its_columns():
    assert {name: len(values) for name, values in table([]).items()} == dict.fromkeys(COLUMNS, 0)
    found = table([("m", "q", Block("v", [3], ["a", "b"], np.array([[1.0, 2]])))])
    assert [list(column) for column in found.values()] == [
        ["m"] * 2,
        ["q"] * 2,
        [3, 3],
        ["v"] * 2,
        ["a", "b"],
        [1, 2],
    ]
