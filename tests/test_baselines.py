"""Reference inputs: what replaces a cell."""

import numpy as np
import pandas as pd
import pytest

from xassay.core import baselines
from xassay.core.errors import InputError
from xassay.core.samples import Samples

N, GENES = 12, 4


@pytest.fixture(params=["dense", "sparse"])
def samples(request):
    """Twelve training bags of three cells: cells of odd, positive bags hold 100 and more."""
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(0)
    bags = [f"b{k:02d}" for k in range(N)]
    x = rng.normal(size=(3 * N, GENES)).astype(np.float32)
    x[np.repeat(np.arange(N) % 2 == 1, 3)] += 100
    obs = pd.DataFrame({"bag": np.repeat(bags, 3)})
    table = pd.DataFrame({"label": np.arange(N) % 2, "split": "train", "group": bags}, index=bags)
    x = csr_matrix(x) if request.param == "sparse" else x
    return Samples(x, obs, pd.DataFrame(index=list("abcd")), table, ("no", "yes"), {}, {})


@pytest.fixture
def x():
    x = np.random.default_rng(1).normal(size=(5, 3, GENES)).astype(np.float32)
    x[2, 1:] = np.nan
    return x


def negatives(samples):
    cells = baselines.dense(samples.X)
    return cells[cells.max(1) < 50]


@pytest.mark.parametrize("kind", baselines.KINDS)
def test_replaces_present_cells_by_what_negative_bags_hold(samples, x, kind):
    found = baselines.baseline(samples, x, np.random.default_rng(0), kind=kind, references=3)
    assert found.dtype == np.float32
    assert found.shape == (3 if kind in ("training_cells", "shuffle") else 1, *x.shape)
    for one in found:
        np.testing.assert_array_equal(np.isnan(one), np.isnan(x))
    assert np.nanmax(np.abs(found)) < 50
    again = baselines.baseline(samples, x, np.random.default_rng(0), kind=kind, references=3)
    np.testing.assert_array_equal(found, again)


def cells_of(found):
    return found[~np.isnan(found)].reshape(-1, GENES)


def test_training_cells_are_whole_cells_and_shuffled_ones_are_not(samples, x):
    pool = {tuple(cell) for cell in negatives(samples)}
    whole = baselines.baseline(samples, x, np.random.default_rng(0), kind="training_cells", references=4)
    assert {tuple(cell) for cell in cells_of(whole)} <= pool
    mixed = cells_of(baselines.baseline(samples, x, np.random.default_rng(0), kind="shuffle", references=4))
    assert not {tuple(cell) for cell in mixed} <= pool
    for gene in range(GENES):
        assert set(mixed[:, gene]) <= set(negatives(samples)[:, gene])


def test_counterfactual_is_the_nearest_negative_cell(samples, x, monkeypatch):
    monkeypatch.setattr(baselines, "BLOCK", 300)  # a few cells at a time
    found = baselines.baseline(samples, x, np.random.default_rng(0), kind="counterfactual")
    pool = negatives(samples)
    for cell, other in zip(cells_of(x), cells_of(found[0]), strict=True):
        slow = min(pool, key=lambda candidate: np.linalg.norm(candidate - cell))
        np.testing.assert_array_equal(other, slow)


def test_mean_and_zero(samples, x):
    mean = baselines.baseline(samples, x, None, kind="mean")
    np.testing.assert_allclose(cells_of(mean)[0], negatives(samples).mean(0), rtol=1e-5)
    assert not cells_of(baselines.baseline(samples, x, None, kind="zero")).any()


def test_unknown_kind_is_refused(samples, x):
    with pytest.raises(InputError, match="'blur' is unknown; allowed: training_cells, counterfactual"):
        baselines.baseline(samples, x, None, kind="blur")
