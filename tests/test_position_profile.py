"""The position profile: means over a library, told against elements that lie at the same place in each."""

import numpy as np
import pandas as pd
import pytest
import torch

from xassay.discovery.position_profile import against, covered, discover


def test_positions_of_an_element_stand_out():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(
        np.eye(4, dtype=np.float32)[rng.integers(4, size=(50, 20))].transpose(0, 2, 1).copy()
    )
    maps = torch.from_numpy(rng.normal(0, 0.1, (50, 4, 20))).float()
    maps[:, :, 5:9] += torch.from_numpy(rng.choice([-1.0, 1.0], (50, 1, 4))).float()
    rows = [(k, "site", 5, 9, "+", np.nan, True) for k in range(50)]
    rows += [(k, "decoy", 12, 14, "+", np.nan, False) for k in range(50)]
    elements = pd.DataFrame(rows, columns=["sample", "name", "start", "stop", "strand", "score", "causal"])
    found = discover(maps, x, elements)
    assert found["recovery"]["element"].tolist() == ["all", "site"]
    assert (found["recovery"][["auroc", "average_precision"]] == 1).all(axis=None)
    table = found["positions"]
    assert table["element"].tolist() == [""] * 5 + ["site"] * 4 + [""] * 11
    values = (maps * x).sum(1).double()
    np.testing.assert_allclose(table["mean"], values.mean(0))
    np.testing.assert_allclose(table["standard_error"], values.std(0) / 50**0.5)
    assert found["note"] == ""


@pytest.mark.parametrize("elements", [None, "scattered"])
def test_sequences_that_are_not_aligned_are_said_to_be(elements):
    x, maps = torch.ones(4, 4, 12) / 4, torch.randn(4, 4, 12)
    if elements:
        rows = [(k, "site", 3 * k, 3 * k + 3, "+", 1.0, True) for k in range(4)]
        elements = pd.DataFrame(
            rows, columns=["sample", "name", "start", "stop", "strand", "score", "causal"]
        )
    found = discover(maps, x, elements)
    assert found["recovery"].empty and "not aligned" in found["note"]
    assert (covered(elements, 4, 12) == "").all()


def test_what_speaks_against_the_known_elements_is_listed():
    of = np.array(["", "a", "a", "a", "a", "", "b", "b", "b", "", "", "", "", ""], object)
    size = np.array([1.05, 1.0, 1.1, 1.2, 1.3, 0.1, 0.2, 0.1, 0.15, 0.3, 0.1, 0.2, 0.12, 0.11])
    assert against(size, of).to_dict("records") == [
        {"what": "a known element that is not found", "element": "b", "positions": "7 to 9", "rank": 7},
        {"what": "a strong position of no known element", "element": "", "positions": "1", "rank": 4},
    ]
    assert against(size, np.full(14, "", object)).empty
    assert against(np.where(of == "", 0, size), of).empty


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_short_element_that_is_strongest_is_no_contradiction(length):
    of = np.array(["site"] * length + [""] * 4, object)
    assert against(np.linspace(1, 0, length + 4), of).empty


def test_weak_bases_of_an_element_do_not_make_a_contradiction_of_every_other():
    of = np.array(["site"] * 3 + [""] * 47, object)
    size = np.r_[5.0, 0.01, 0.01, np.random.default_rng(0).uniform(0.1, 1, 47)]
    found = against(size, of)
    assert len(found) == 3 and (found["rank"][1:] <= 3).all()
