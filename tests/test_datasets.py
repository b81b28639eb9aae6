"""Data sets: what is planted is what is labelled, no cell is in two splits, f* is exact."""

import json
import tracemalloc
from itertools import product
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from xassay.__main__ import main
from xassay.core import bag_law, baselines, h5ad, levels, seeding, splits
from xassay.core.counts import Cells, within
from xassay.core.samples import Samples
from xassay.datasets import h5ad_bags, pbmc_bags, simulated_bags
from xassay.stats import tables

REAL = Path(__file__).resolve().parents[2] / "shared/data"
real = pytest.mark.skipif(
    not REAL.is_dir(), reason="../shared/data is absent: the real files of other people"
)
FEW = {"n_bags": (40, 20, 20)}


def rng(seed=0):
    return seeding.generator(seed, "test")


def witnesses(samples, per="truth"):
    """Number of witnesses in each bag, in the order of the samples."""
    return samples.obs.groupby("bag", observed=True)[per].sum().reindex(samples.samples.index)


@pytest.fixture(scope="module")
def pbmc():
    return pbmc_bags.samples(rng(), **FEW)


@pytest.fixture(scope="module")
def simulated():
    return simulated_bags.samples(rng(), **FEW)


def test_pbmc_witnesses_make_the_label(pbmc):
    pbmc.check()
    assert ((witnesses(pbmc) > 0) == (pbmc.samples["label"] == 1)).all()
    assert set(pbmc.obs.loc[pbmc.obs["truth"] == 1, "planted"]) == {"CD56+ NK"}
    sizes = pbmc.obs.groupby("bag").size().reindex(pbmc.samples.index)
    assert sizes.between(20, 40).all()
    positive = pbmc.samples["label"] == 1
    expected = [
        bag_law.BagLaw(30, 5, 20, 40, 0.1, "presence", 2, 0.5).witnesses(n, 1, None) for n in sizes[positive]
    ]
    assert list(witnesses(pbmc)[positive]) == expected


def test_pbmc_cells_stay_in_one_split(pbmc):
    split = pbmc.obs["bag"].map(pbmc.samples["split"])
    assert split.groupby(pbmc.obs["cell"]).nunique().max() == 1
    assert not pbmc.obs.duplicated(["bag", "cell"]).any()


def test_pbmc_other_types_have_the_same_share_in_both_classes():
    samples = pbmc_bags.samples(rng(), n_bags=(400, 10, 10))
    obs = samples.obs[samples.obs["bag"].str.startswith("train") & (samples.obs["truth"] == 0)]
    share = pd.crosstab(obs["planted"], obs["bag"].map(samples.samples["label"]), normalize="columns")
    assert (share[0] - share[1]).abs().max() < 0.02


def test_pbmc_counts_are_whole_numbers(pbmc):
    """X, scale and library are what the noise law says: counts = expm1(x) * library / scale."""
    x = pbmc.X[:200].toarray()
    counts = np.expm1(x) * pbmc.obs["library"].to_numpy()[:200, None] / pbmc.noise["scale"]
    assert np.abs(counts - np.rint(counts)).max() < 0.1


def test_the_count_rule_leaves_fewer_witnesses_in_negative_bags():
    samples = pbmc_bags.samples(rng(), rule="count", count=3, witness_rate=0.15, **FEW)
    number, positive = witnesses(samples), samples.samples["label"] == 1
    assert (number[positive] >= 3).all() and set(number[~positive]) == {0, 1, 2}


@pytest.mark.parametrize("module", [pbmc_bags, simulated_bags])
def test_the_seed_decides(module):
    one, two, other = (module.samples(rng(seed), n_bags=(6, 4, 4)) for seed in (1, 1, 2))
    dense = [s.X.toarray() if sparse.issparse(s.X) else s.X for s in (one, two, other)]
    assert np.array_equal(dense[0], dense[1]) and one.obs.equals(two.obs) and one.samples.equals(two.samples)
    assert dense[0].shape != dense[2].shape or not np.array_equal(dense[0], dense[2])


def test_simulated_labels_are_those_of_f(simulated):
    simulated.check()
    f = simulated_bags.oracle(simulated.oracle)
    logit = f(torch.from_numpy(simulated.inputs(list(simulated.samples.index))))[:, 0]
    assert ((logit > 0).numpy() == simulated.samples["label"]).all()
    assert simulated.samples.groupby(["split", "label"]).size().tolist() == [10, 10, 20, 20, 10, 10]


def test_f_is_its_formula_cell_by_cell(simulated):
    p, name = simulated.oracle, simulated.samples.index[0]
    total = 0.0
    for row in simulated.rows(name):
        along = sum(float(w) * float(v) for w, v in zip(p["w"], simulated.X[row]))
        total += 1 / (1 + np.exp(-p["beta"] * (along - p["threshold"])))
    f = simulated_bags.oracle(p)(torch.from_numpy(simulated.inputs([name])))
    assert f.item() == pytest.approx(p["gain"] * (total - (p["needed"] - 0.5)), abs=1e-4)


def test_effect_is_what_the_baseline_in_its_place_changes(simulated):
    f = simulated_bags.oracle(simulated.oracle)
    x = torch.from_numpy(simulated.inputs(simulated.ids("test")[:4]))
    references = torch.from_numpy(baselines.baseline(simulated, x.numpy(), rng(), references=3))
    effect = f.effect(x, references, torch.ones(len(x)))
    for k in range(20):
        change = 0
        for reference in references:
            replaced = x.clone()
            replaced[:, k] = reference[:, k]
            change = change + (f(x) - f(replaced))[:, 0] / len(references)
        torch.testing.assert_close(effect[:, k], change, atol=1e-4, rtol=1e-4)
    assert torch.equal(torch.isnan(effect), torch.isnan(x[..., 0]))


@pytest.mark.parametrize("d_prime", [0, 1, 3, 6])
@pytest.mark.parametrize("sd", [0.1, 0.6])
def test_realised_distance_is_the_one_asked_for(d_prime, sd):
    law = Cells.calibrated(rng(), 100, 5, 8, d_prime, 0.3, 1500.0, sd)
    witness, others = law.calibration(rng(7))
    assert (witness.mean() - others.mean()) / within(witness, others) == pytest.approx(d_prime, abs=0.2)


def test_counts_are_negative_binomial():
    law = Cells(np.full((2, 4), 0.25), np.array([0]), 0.5, 400.0, 0.0)
    random = rng()
    library = np.full(20000, 400.0)
    _, total = law.draw(np.zeros(20000, int), random)
    assert total.mean() == pytest.approx(library.mean(), rel=0.02)
    assert total.var() == pytest.approx(4 * (100 + 0.5 * 100**2), rel=0.05)


def test_label_noise_flips_its_share():
    samples = simulated_bags.samples(rng(), label_noise=0.3, n_bags=(200, 20, 20))
    f = simulated_bags.oracle(samples.oracle)
    logit = f(torch.from_numpy(samples.inputs(list(samples.samples.index))))[:, 0].numpy()
    assert np.mean((logit > 0) != samples.samples["label"]) == pytest.approx(0.3, abs=0.08)


def test_splits_keep_groups_together_and_give_each_split_each_class():
    random = rng()
    for _ in range(50):
        groups = random.integers(0, 12, 60)
        labels = (groups + random.integers(0, 2, 60)) % 2
        if min(len(set(groups[labels == c])) for c in (0, 1)) < 6:
            continue
        split = splits.by_group(labels, groups, (0.6, 0.2, 0.2), random)
        assert max(len(set(split[groups == g])) for g in set(groups)) == 1
        assert {(s, c) for s, c in zip(split, labels)} == set(
            product(("train", "validation", "test"), (0, 1))
        )


def test_splits_have_about_the_sizes_asked_for():
    split = splits.by_group(np.arange(300) % 2, np.arange(300), (0.6, 0.2, 0.2), rng())
    assert [np.sum(split == s) for s in ("train", "validation", "test")] == [180, 60, 60]


@pytest.fixture
def stored(tmp_path):
    """Writes 900 cells x 30 genes of 30 bags in each way that a file may hold them."""

    def write(form, n=900, genes=30):
        random = np.random.default_rng(0)
        x = random.poisson(0.4, (n, genes)).astype(np.float32)
        bag = np.arange(n) % 30
        obs = pd.DataFrame({"bag": [f"b{b}" for b in bag], "label": np.where(bag % 2, "ill", "healthy")})
        obs.index = [f"cell{k}" for k in range(n)]
        shaped = {"dense": np.asarray, "csr": sparse.csr_matrix, "csc": sparse.csc_matrix}[form](x)
        names = [f"g{g}" for g in range(genes)]
        var = pd.DataFrame({"pathway": [f"p{g % 3}" if g % 5 else None for g in range(genes)]}, names)
        anndata.AnnData(shaped, obs=obs, var=var, layers={"twice": shaped * 2}).write_h5ad(
            tmp_path / f"{form}.h5ad"
        )
        return tmp_path / f"{form}.h5ad", x, obs

    return write


def test_a_column_of_the_file_names_the_groups_of_genes(stored):
    path, *_ = stored("dense")
    given = dict(path=path, bag="bag", label="label", genes=["g3", "g1", "g5"])
    samples = h5ad_bags.samples(rng(), **given, groups="pathway")
    assert samples.var["group"].to_dict() == {"g1": "p1", "g3": "p0", "g5": "g5"}  # one of its own
    samples.check()
    assert levels.level(samples, "group").names == ["g5", "p0", "p1"]
    assert "group" not in h5ad_bags.samples(rng(), **given).var


@pytest.mark.parametrize("form", ["dense", "csr", "csc"])
def test_a_file_gives_its_values_however_it_holds_them(stored, form, monkeypatch):
    monkeypatch.setattr(h5ad, "BLOCK", 64)
    path, x, obs = stored(form)
    options = dict(
        path=path, bag="bag", label="label", genes=["g3", "g1", "g20"], layer="twice", size=5, draws=2
    )
    samples = h5ad_bags.samples(rng(), **options)
    samples.check()
    assert sparse.issparse(samples.X) == (form != "dense")
    values = samples.X.toarray() if form != "dense" else samples.X
    source = obs.index.get_indexer(samples.obs["cell"])
    assert np.array_equal(values, 2 * x[source][:, [1, 3, 20]]) and list(samples.var.index) == [
        "g1",
        "g3",
        "g20",
    ]
    assert len(samples.samples) == 60 and samples.samples["group"].nunique() == 30
    assert (obs["bag"].to_numpy()[source] == samples.obs["bag"].str.split("_").str[0]).all()


@pytest.mark.parametrize("form", ["dense", "csr", "csc"])
def test_variance_by_blocks_is_the_variance(stored, form, monkeypatch):
    monkeypatch.setattr(h5ad, "BLOCK", 64)
    path, x, _ = stored(form)
    rows = np.arange(0, 900, 7)
    with h5ad.opened(path) as file:
        np.testing.assert_allclose(h5ad.variance(h5ad.matrix(file, None), rows), x[rows].var(0), rtol=1e-4)


def test_a_large_file_is_never_in_memory_whole(stored, monkeypatch):
    monkeypatch.setattr(h5ad, "BLOCK", 1024)
    path, x, _ = stored("dense", n=30000, genes=400)
    del x
    tracemalloc.start()
    samples = h5ad_bags.samples(rng(), path=path, bag="bag", label="label", n_genes=20, size=30, draws=4)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (
        samples.X.shape == (3600, 20) and peak < 0.5 * path.stat().st_size / 2
    )  # half the file: X and its layer


def test_a_split_column_is_kept(stored):
    path, _, obs = stored("csr")
    file = anndata.read_h5ad(path)
    file.obs["split"] = np.array(["train", "validation", "test"])[(np.arange(900) % 30) // 2 % 3]
    file.write_h5ad(path)
    samples = h5ad_bags.samples(rng(), path=path, bag="bag", label="label", split="split")
    assert samples.samples["split"].value_counts().to_dict() == {"train": 10, "validation": 10, "test": 10}
    assert samples.classes == ("healthy", "ill") and len(samples.samples) == 30


@pytest.mark.parametrize(
    ("names", "explained"),
    [
        (("0", "1"), "1"),
        (("True", "False"), "True"),
        (("yes", "no"), "yes"),
        (("BCRXL", "Ref"), "BCRXL"),
        (("Healthy", "AML"), "AML"),
    ],
)
def test_labels_that_say_which_is_explained(names, explained):
    assert h5ad_bags.class_order(pd.Series(names), None)[-1] == explained
    assert h5ad_bags.class_order(pd.Series(names), names[0])[-1] == names[0]


def test_more_than_two_labels_need_no_positive():
    assert h5ad_bags.class_order(pd.Series(["b", "a", "c"]), None) == ["a", "b", "c"]


def test_one_name_needs_no_list(stored):
    path, _, obs = stored("csr")
    file = anndata.read_h5ad(path)
    file.obs["type"] = np.where(np.arange(900) % 4, "T", "B")
    file.write_h5ad(path)
    given = dict(path=path, bag="bag", label="label", truth="type", size=4)
    alone = h5ad_bags.samples(rng(), **given, witness="B", genes="g12")
    assert list(alone.var.index) == ["g12"]
    assert alone.obs.equals(h5ad_bags.samples(rng(), **given, witness=["B"], genes=["g12"]).obs)


def drawn(tmp_path, dataset, options):
    """Samples as ``xassay data`` writes them, and their rows of the table of data sets."""
    arguments = ["--name", "few", "--options", json.dumps(options), "--out", str(tmp_path / "few.h5ad")]
    assert main(["data", "--dataset", dataset, *arguments]) == 0
    samples = Samples.read(tmp_path / "few.h5ad")
    return samples, pd.DataFrame(tables.datasets([samples])).set_index("split")


def test_few_test_bags_are_told(stored, tmp_path, capsys):
    options = {"path": str(stored("csr")[0]), "bag": "bag", "label": "label"}
    samples, table = drawn(tmp_path, "h5ad_bags", options)
    told = "3 test bags of class 'healthy', 3 test bags of class 'ill': intervals will be wide; draw more bags (size, draws) or give more donors"
    assert f"few: warning: {told}\n" in capsys.readouterr().out and samples.source["warning"] == told
    assert table["warning"].to_dict() == {"test": told, "train": "", "validation": ""}
    _, table = drawn(tmp_path, "h5ad_bags", {**options, "size": 5, "draws": 4})
    assert (table["warning"] == "").all() and "warning" not in capsys.readouterr().out
    assert table["groups"].to_dict() == {"test": 6, "train": 18, "validation": 6}
    assert set(table["explained"]) == {"ill"} and set(table["against"]) == {"healthy"}
    _, table = drawn(tmp_path, "pbmc_bags", {"n_bags": [20, 10, 21]})
    assert table.loc["test", "warning"] == ""
    _, table = drawn(tmp_path, "pbmc_bags", {"n_bags": [20, 10, 19]})
    assert table.loc["test", "warning"].endswith("draw more bags (n_bags)")


@real
def test_stimulated_blood_of_four_donors():
    options = dict(
        bag="sample_id", label="condition", positive="BCRXL", donor="patient_id", truth="gate", witness="B"
    )
    samples = h5ad_bags.samples(rng(), path=REAL / "bcrxl.h5ad", size=60, draws=10, **options)
    samples.check()
    assert samples.classes == ("Ref", "BCRXL") and len(samples.samples) == 80
    assert samples.samples.groupby("split")["group"].nunique().sum() == 4
    positive = samples.obs["bag"].map(samples.samples["label"]) == 1
    inside = samples.obs["planted"] == "B"
    assert (samples.obs.loc[inside & positive, "truth"] == 1).all()
    assert samples.obs.loc[inside & ~positive, "truth"].isna().all()
    assert (samples.obs.loc[~inside, "truth"] == 0).all()


@real
def test_bone_marrow_dealt_into_bags(tmp_path):
    """Gated cells of one donor: bags with and without NK cells, made by a user beforehand."""
    file = anndata.read_h5ad(REAL / "levine_short.h5ad")
    nk = file.obs["cell_type"].str.contains("NK").to_numpy()
    bag = np.where(nk, 2 * (np.cumsum(nk) % 6), np.arange(file.n_obs) % 12)
    file.obs["bag"] = [f"tube{b}" for b in bag]
    file.obs["holds"] = np.where(bag % 2, "none", "nk")
    file.write_h5ad(tmp_path / "dealt.h5ad")
    options = {
        "path": str(tmp_path / "dealt.h5ad"),
        "bag": "bag",
        "label": "holds",
        "positive": "nk",
        "truth": "cell_type",
        "witness": ["CD16+ NK cells", "CD16- NK cells"],
    }
    out = tmp_path / "data.h5ad"
    assert (
        main(
            [
                "data",
                "--dataset",
                "h5ad_bags",
                "--name",
                "marrow",
                "--options",
                json.dumps(options),
                "--out",
                str(out),
            ]
        )
        == 0
    )
    samples = Samples.read(out)
    assert ((witnesses(samples) > 0) == (samples.samples["label"] == 1)).all() and samples.shape[1] == 32
