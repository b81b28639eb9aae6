"""Bad input: one line that says what is wrong and what is allowed, exit code 1, and nothing written."""

import json

import anndata
import numpy as np
import pandas as pd
import pytest

from xassay.__main__ import main


@pytest.fixture
def cells(tmp_path):
    """A good file of 120 cells in 12 bags, 6 donors; ``cells(change)`` writes it changed and returns its path."""

    def write(change=lambda file: None):
        bag = np.arange(120) % 12
        obs = pd.DataFrame(index=[f"c{k}" for k in range(120)])
        obs["tube"] = [f"t{b}" for b in bag]
        obs["condition"] = np.where(bag % 2, "ill", "healthy")
        obs["donor"] = [f"d{b // 2}" for b in bag]
        obs["type"] = np.where(np.arange(120) % 5, "T", "B")
        x = np.random.default_rng(0).random((120, 6)).astype(np.float32)
        file = anndata.AnnData(x, obs=obs, var=pd.DataFrame(index=[f"g{g}" for g in range(6)]))
        file = change(file) or file
        file.write_h5ad(tmp_path / "cells.h5ad")
        return tmp_path / "cells.h5ad"

    return write


@pytest.fixture
def fails(tmp_path, capsys):
    """Runs ``xassay data``; asserts one line on stderr that holds ``parts``, exit code 1, no output."""

    def run(dataset, options, *parts):
        out = tmp_path / "out.h5ad"
        assert (
            main(
                [
                    "data",
                    "--dataset",
                    dataset,
                    "--name",
                    "bad",
                    "--options",
                    json.dumps(options),
                    "--out",
                    str(out),
                ]
            )
            == 1
        )
        error = capsys.readouterr().err
        assert error.startswith("xassay data: ") and error.count("\n") == 1, error
        for part in parts:
            assert part in error
        assert not out.exists()

    return run


def options(path, **more):
    return {"path": str(path), "bag": "tube", "label": "condition", "donor": "donor", **more}


def test_the_good_file_is_good(cells, tmp_path):
    arguments = [
        "--name",
        "good",
        "--options",
        json.dumps(options(cells())),
        "--out",
        str(tmp_path / "out.h5ad"),
    ]
    assert main(["data", "--dataset", "h5ad_bags", *arguments]) == 0


def test_missing_file(fails, tmp_path):
    fails("h5ad_bags", options(tmp_path / "no.h5ad"), "options.path: file", "does not exist")


def test_not_an_h5ad(fails, tmp_path):
    (tmp_path / "text.h5ad").write_text("cell,gene\n")
    fails("h5ad_bags", options(tmp_path / "text.h5ad"), "is not an .h5ad file")


def test_another_hdf5_file(fails, tmp_path):
    import h5py

    with h5py.File(tmp_path / "other.h5ad", "w") as file:
        file["images"] = [1, 2]
    fails("h5ad_bags", options(tmp_path / "other.h5ad"), "it holds no X, obs, var")


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
def test_truncated_file(fails, cells, kept):
    path = cells()
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    fails("h5ad_bags", options(path), "truncated")


@pytest.mark.parametrize(
    ("option", "name"), [("bag", "tubes"), ("label", "conditon"), ("donor", "doner"), ("truth", "types")]
)
def test_missing_column(fails, cells, option, name):
    wanted = {"tubes": "tube", "conditon": "condition", "doner": "donor", "types": "type"}[name]
    parts = [
        f"{option}: obs has no column {name!r}",
        f"nearest: {wanted!r}",
        "allowed: tube, condition, donor, type",
    ]
    fails("h5ad_bags", options(cells(), **{"witness": "B", option: name}), *parts)


def test_unknown_column_of_groups(fails, cells):
    fails("h5ad_bags", options(cells(), groups="pathway"), "groups: no column 'pathway' in var", "allowed: ")


def test_one_class_only(fails, cells):
    def change(file):
        file.obs["condition"] = "ill"

    fails("h5ad_bags", options(cells(change)), "one class only: 'ill'")


def test_unknown_positive(fails, cells):
    fails(
        "h5ad_bags", options(cells(), positive="sick"), "no bag is labelled 'sick'", "allowed: healthy, ill"
    )


def test_bag_without_cells(fails, cells):
    def change(file):
        file.obs["tube"] = pd.Categorical(file.obs["tube"], [*file.obs["tube"].unique(), "t99"])
        file.strings_to_categoricals()

    fails("h5ad_bags", options(cells(change)), "bag without cells: t99")


def test_bag_smaller_than_asked_for(fails, cells):
    fails("h5ad_bags", options(cells(), size=11), "size: 11, but bag t0 has 10 cells", "allowed: at most 10")


def test_draws_without_size(fails, cells):
    fails("h5ad_bags", options(cells(), draws=3), "draws: 3", "give a size")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers(fails, cells, value):
    def change(file):
        file.X[5, 2] = value

    fails("h5ad_bags", options(cells(change)), "NaN or infinite")


def test_duplicate_obs_names(fails, cells):
    def change(file):
        file.obs_names = ["c0", *file.obs_names[:-1]]

    fails("h5ad_bags", options(cells(change)), "duplicate obs names: c0")


def test_duplicate_var_names(fails, cells):
    def change(file):
        file.var_names = ["g0", *file.var_names[:-1]]

    fails("h5ad_bags", options(cells(change)), "duplicate var names: g0")


@pytest.mark.parametrize("more", [{"genes": ["CD19", "CD20"]}, {"genes": []}, {"genes": "g"}])
def test_zero_genes_left(fails, cells, more):
    fails("h5ad_bags", options(cells(), **more), "zero genes")


def test_unknown_layer(fails, cells):
    fails("h5ad_bags", options(cells(), layer="raw"), "no layer 'raw'", "allowed: none")


def test_missing_label(fails, cells):
    def change(file):
        file.obs["condition"] = file.obs["condition"].where(np.arange(120) > 3)

    fails("h5ad_bags", options(cells(change)), "condition: 4 cells have no value")


def test_bag_with_two_labels(fails, cells):
    def change(file):
        file.obs.loc["c0", "condition"] = "ill"

    fails(
        "h5ad_bags",
        options(cells(change)),
        "bag t0 has two values of label: ill, healthy",
        "allowed: one a bag",
    )


def test_group_in_two_splits(fails, cells):
    def change(file):
        tube = np.arange(120) % 12
        file.obs["part"] = np.array(["train", "train", "validation", "validation", "test", "test", "test"])[
            (tube + 1) // 2
        ]

    fails("h5ad_bags", options(cells(change), split="part"), "group in two splits", "d")


def test_unknown_split(fails, cells):
    def change(file):
        file.obs["part"] = "training"

    fails("h5ad_bags", options(cells(change), split="part"), "'training'", "allowed: train, validation, test")


def test_too_few_groups(fails, cells):
    def change(file):
        file.obs["donor"] = np.where(np.arange(120) % 12 < 6, "one", "two")

    fails("h5ad_bags", options(cells(change)), "donor: ", "2 group(s)", "at least 3 groups")


def test_unknown_witness_value(fails, cells):
    fails("h5ad_bags", options(cells(), truth="type", witness="NK"), "no cell is 'NK'", "allowed: B, T")


def test_bad_fractions(fails, cells):
    fails("h5ad_bags", options(cells(), fractions=[1, 0, 0]), "fractions: 1, 0, 0", "three positive numbers")


def test_fractions_that_are_no_shares(fails, cells):
    fails("h5ad_bags", options(cells(), fractions=[0.9, 0.9, 0.9]), "fractions: 0.9, 0.9, 0.9 add up to 2.7")
    fails("pbmc_bags", {"cell_fractions": [0.5, 0.5, 0.5]}, "cell_fractions: 0.5, 0.5, 0.5 add up to 1.5")


def test_option_that_is_missing(fails, cells):
    fails("h5ad_bags", {"path": str(cells()), "bag": "tube"}, "options.label: is missing")


@pytest.mark.parametrize("more", [{"n_genes": 0}, {"size": 0}, {"size": "many"}, {"draws": 0}, {"genes": 3}])
def test_numbers_out_of_range(fails, cells, more):
    fails("h5ad_bags", options(cells(), **more), f"options.{[*more][0]}: must be")


@pytest.mark.parametrize("names", [("BCRXL", "stimulated"), ("1", "2"), ("healthy", "ctrl")])
def test_two_classes_that_do_not_say_which_is_explained(fails, cells, names):
    def change(file):
        file.obs["condition"] = file.obs["condition"].map(dict(zip(("ill", "healthy"), names)))

    low, high = sorted(names)
    line = f"positive: name the label that is explained; allowed: {low!r}, {high!r}"
    fails("h5ad_bags", options(cells(change)), line)


@pytest.fixture
def trains(tmp_path, capsys):
    """Runs ``xassay train`` on a file; asserts one line on stderr that holds ``parts``."""

    def run(path, *parts):
        out = ["--out", str(tmp_path / "m.pt"), "--predictions", str(tmp_path / "m.parquet")]
        assert main(["train", "--data", str(path), "--model", "mean_pooling", "--name", "m", *out]) == 1
        error = capsys.readouterr().err
        assert error.startswith(f"xassay train: {path}: ") and error.count("\n") == 1, error
        for part in parts:
            assert part in error

    return run


def test_samples_that_are_none(trains, cells, tmp_path):
    trains(tmp_path / "nope.h5ad", "does not exist", "allowed: samples from `xassay data`")
    (tmp_path / "text.h5ad").write_text("cell,gene\n")
    trains(tmp_path / "text.h5ad", "is not an .h5ad file")
    trains(cells(), "has no uns['about'] and uns['samples']")


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
def test_samples_cut_short(trains, cells, tmp_path, kept):
    out = tmp_path / "out.h5ad"
    given = ["--name", "good", "--options", json.dumps(options(cells())), "--out", str(out)]
    assert main(["data", "--dataset", "h5ad_bags", *given]) == 0
    out.write_bytes(out.read_bytes()[: int(kept * out.stat().st_size)])
    trains(out, "truncated")


def test_witness_type_that_does_not_exist(fails):
    fails(
        "pbmc_bags",
        {"witness": "CD56 NK"},
        "no cell is of type 'CD56 NK'",
        "nearest: 'CD56+ NK'",
        "allowed: 'CD14+ Monocyte'",
    )


@pytest.mark.parametrize("dataset", ["pbmc_bags", "simulated_bags"])
@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        (
            {"witness_rate": 0.01},
            [
                "witness_rate: 0.01 of a bag of 20 cells",
                "a positive bag needs 1",
                "allowed: a rate above 0.025",
            ],
        ),
        ({"witness_rate": 1.5}, ["witness_rate: must be at least 0 and at most 1, is 1.5"]),
        ({"rule": "count", "count": 4}, ["a positive bag needs 4"]),
        ({"rule": "any"}, ["rule: unknown value 'any'", "allowed: count, presence"]),
        ({"rule": "count", "count": 0}, ["count: must be at least 1, is 0"]),
        ({"size_min": 50}, ["size_min, size_max: 50, 40"]),
        ({"size_sd": -1}, ["size_sd: must be at least 0, is -1"]),
        ({"positive_share": 1}, ["positive_share: 1"]),
        ({"n_bags": [10, 1, 10]}, ["n_bags: must be at least 2, is 1"]),
        ({"n_bags": [10, 10]}, ["n_bags: must be a list of 3 whole numbers, is [10, 10]"]),
        ({"n_bags": 1}, ["n_bags: must be a list of 3 whole numbers, is 1"]),
        ({"size_max": "40"}, ["size_max: must be a whole number, is '40'"]),
        ({"nope": 0}, ["options.nope: unknown option"]),
        ([1], ["options: must be a mapping"]),
    ],
)
def test_laws_that_give_no_bags(fails, dataset, bad, parts):
    fails(dataset, bad, *parts)


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        ({"d_prime": 500}, "d_prime: 500"),
        ({"n_types": 30}, "at most n_genes = 100 markers"),
        ({"label_noise": 0.5}, "label_noise: 0.5"),
        ({"dispersion": 0}, "dispersion: 0"),
    ],
)
def test_simulations_that_cannot_be(fails, bad, part):
    fails("simulated_bags", bad, part)
