"""Experiments with motifs and elements, on models whose answer is known."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch
from discovery_cases import LENGTH, A, B, Words, additive, both, called, case
from scipy import stats

from xassay.core import removal
from xassay.core.dna import decode, encode
from xassay.core.errors import InputError
from xassay.core.experiments import backgrounds, by_sample, mean, put, with_p


def has(x, *words):
    """Whether each sequence holds every word."""
    return np.array([all(word in text for word in words) for text in decode(x)])


def test_marginal_effect_is_what_the_word_adds_to_sequences_without_it():
    given = case(additive, oracle=Words(both).eval())
    found = called("marginalization", given, n_backgrounds=40)["effects"].set_index(["motif", "strand"])
    empty, _ = backgrounds(given["x"], given["target"], 40, np.random.default_rng(0))
    gained = 2.0 * ~has(empty, A)
    assert found.loc[("A", "+"), "effect"] == pytest.approx(gained.mean(), abs=1e-5)
    assert found.loc[("A", "+"), "se"] == pytest.approx(gained.std(ddof=1) / 40**0.5, abs=1e-5)
    assert found.loc[("A", "-"), "effect"] == pytest.approx(0, abs=1e-5)
    assert found.loc[("B", "+"), "effect"] == pytest.approx(3, abs=0.3)
    assert abs(found["oracle_effect"]).max() < 0.5
    assert list(found.index.get_level_values(0).unique()) == ["A", "B"]  # those planted, not C
    named = called("marginalization", given, motifs=["C"], position=0, n_backgrounds=8)["effects"]
    assert list(named["motif"]) == ["C", "C"] and (named["effect"].abs() < 1).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (dict(motifs=["Z"]), "'Z' is unknown"),
        (dict(position=55), "allowed for 7 bases of A: 0 to 53"),
    ],
)
def test_marginalization_says_what_does_not_fit(options, told):
    with pytest.raises(InputError, match=told):
        called("marginalization", case(), **options)


@pytest.mark.parametrize("fill", ["scramble", "baseline"])
def test_ablation_takes_away_what_the_element_gave(fill):
    given = case(additive)
    out = called("ablation", given, fill=fill, draws=3)["effects"].set_index("element")
    assert out.loc["A", "effect"] == pytest.approx(2, abs=0.3) and out.loc["B", "effect"] == pytest.approx(
        3, abs=0.3
    )
    assert out.loc["A", "samples"] == 12 and out.loc["B", "samples"] == 10
    assert (out["elsewhere"].abs() < 0.2).all()
    if fill == "baseline":  # by its definition
        x, row = given["x"], []
        for k in range(12):
            left = [x[k].clone() for _ in range(3)]
            for one, reference in zip(left, given["baseline"]):
                one[:, 5:12] = reference[k, :, 5:12]
            row.append(float(given["model"](x[k : k + 1])) - float(given["model"](torch.stack(left)).mean()))
        assert out.loc["A", "effect"] == pytest.approx(np.mean(row), abs=1e-5)


def test_scrambling_keeps_the_bases_and_all_that_is_not_masked():
    x, rng = case()["x"], np.random.default_rng(1)
    mask = rng.random((len(x), LENGTH)) < 0.3
    made = removal.scrambled(x, mask, rng)
    away = torch.from_numpy(~mask)[:, None]
    assert torch.equal(made * away, x * away) and not torch.equal(made, x)
    torch.testing.assert_close(made.sum(2), x.sum(2))


def test_elsewhere_meets_no_element():
    elements = case()["elements"]
    for seed in range(10):
        start = removal.elsewhere(elements, LENGTH, np.random.default_rng(seed))
        for row, first in zip(elements.itertuples(), start):
            last = first + row.stop - row.start
            own = elements[elements["sample"] == row.sample]
            assert first >= 0 and last <= LENGTH and ((own["stop"] <= first) | (own["start"] >= last)).all()
    full = pd.DataFrame({"sample": [0], "start": [0], "stop": [LENGTH - 3]})
    assert removal.elsewhere(full, LENGTH, np.random.default_rng(0)) == [-1]


def test_each_of_two_is_necessary_and_neither_sufficient():
    given = case(both, oracle=Words(additive).eval())
    out = called("necessity_sufficiency", given)["effects"].set_index("element")
    assert out.loc["B", "total"] == pytest.approx(4, abs=0.2)
    assert out.loc["A", "total"] == pytest.approx(4 * 10 / 12, abs=0.2)
    assert out.loc["B", "necessity_share"] == pytest.approx(1, abs=0.1)
    assert out.loc["B", "sufficiency"] == pytest.approx(0, abs=0.2)
    assert out.loc["all elements", "sufficiency"] == pytest.approx(4 * 10 / 12, abs=0.2)
    assert out.loc["A", "oracle_sufficiency"] == pytest.approx(2, abs=0.2)  # the other is not missed there
    assert out.loc["A", "oracle_necessity"] == pytest.approx(2, abs=0.2)


def at_gap_three(h):
    """4 where B begins three bases behind A's end."""
    return 4 * (h[:, 0, :-10] * h[:, 1, 10:]).amax(1)


def test_spacing_finds_the_gap_and_the_orientation():
    given = case(at_gap_three)
    table = called("spacing", given, gaps=(0, 1, 3, 5), n_backgrounds=12)["curves"]
    right = (table["orientation"] == "++") & (table["gap"] == 3)
    assert right.sum() == 1 and table.loc[right, "effect"].item() == pytest.approx(4, abs=1e-5)
    np.testing.assert_allclose(table.loc[~right, "effect"], 0, atol=1e-5)
    assert table.loc[right, "pair"].item() == pytest.approx(4, abs=1e-5)
    wide = called("spacing", given, motifs=["A", "B"], gaps=(3, 500), orientations=["++"], n_backgrounds=4)
    assert list(wide["curves"]["gap"]) == [3] and "500" in wide["note"]
    with pytest.raises(InputError, match=r"spacing.gaps: 500; allowed: 4[0-9] or less"):
        called("spacing", given, gaps=(500,))


def test_epistasis_of_motifs_in_backgrounds_and_of_elements_where_they_stand():
    given = case(both, oracle=Words(additive).eval())
    out = called("interactions", given, n_backgrounds=20, samples=4, draws=2)
    (row,) = out["inserted"].itertuples()
    assert (row.first, row.second) == ("A", "B") and row.effect == pytest.approx(4, abs=0.7)
    assert row.oracle_effect == pytest.approx(0, abs=0.3)
    (row,) = out["in_place"].itertuples()
    assert (row.pairs, row.samples) == (10, 10)
    x, f, values = given["x"], given["model"], []
    for k in range(2, 12):
        parts = []
        for gone in ((), ("A",), ("B",), ("A", "B")):
            made = given["baseline"][:, k].clone()
            kept = torch.ones(LENGTH, dtype=torch.bool)
            for name, start, stop in (("A", 5, 12), ("B", 30, 38)):
                kept[start:stop] = name not in gone
            made[:, :, kept] = x[k][:, kept]
            parts.append(float(f(made).mean()))
        values.append(parts[0] - parts[1] - parts[2] + parts[3])
    assert row.effect == pytest.approx(np.mean(values), abs=1e-5)
    assert row.oracle_effect == pytest.approx(0, abs=1e-5)


def test_interaction_maps_move_where_there_is_an_interaction_and_only_there():
    tables = {
        rule: called("interactions", case(rule), samples=6, n_backgrounds=4)["maps"]
        for rule in (both, additive)
    }
    for rule, table in tables.items():
        assert set(zip(table["source"], table["goal"])) == {("A", "B"), ("B", "A")}
        assert (table["samples"] == 6).all()
        moved = table["effect"].abs()
        assert (moved > 0.5).all() if rule is both else (moved < 0.05).all()


def test_pairs_that_overlap_or_do_not_fit_are_left_out():
    given = case()
    given["elements"] = given["elements"].assign(start=5, stop=12)
    out = called("interactions", given)
    assert out["in_place"].empty and out["maps"].empty


@pytest.mark.parametrize("name", ["ablation", "necessity_sufficiency"])
def test_without_elements_and_maps_there_is_nothing_to_take_out(name):
    with pytest.raises(InputError, match=f"{name}: knows no elements and has no maps"):
        called(name, case() | dict(elements=None, maps=None))
    out = called(name, case() | dict(elements=case()["elements"].iloc[:0]))
    assert out["effects"].empty and out["note"]


def test_means_tests_and_places_by_their_definitions():
    values = np.array([1.0, 2.0, np.nan, 4.5])
    assert mean(values) == {"effect": 2.5, "se": pytest.approx(stats.sem([1, 2, 4.5]))}
    np.testing.assert_allclose(by_sample([1, 3, 5], [0, 0, 7]), [2, 5])
    table = with_p(
        pd.DataFrame([dict(n=3, effect=2.5, se=stats.sem([1, 2, 4.5])), dict(n=3, effect=1.0, se=0.0)]), "n"
    )
    assert table["p"].tolist() == [pytest.approx(stats.ttest_1samp([1, 2, 4.5], 0).pvalue), 0]
    x = torch.zeros(2, 4, 9)
    made = put(x, torch.tensor([0, 4]), torch.from_numpy(encode(["ACG"])[0]))
    assert decode(made) == ["ACGNNNNNN", "NNNNACGNN"] and not x.any()


def test_several_outputs_are_explained_by_the_samples_targets():
    def three(h):
        here = h.amax(2)
        return torch.stack([here[:, 0], here[:, 1], 0 * here[:, 0]], 1)

    given = case(three) | dict(target=torch.ones(12, dtype=torch.long))
    out = called("marginalization", given, n_backgrounds=24)["effects"].set_index(["motif", "strand"])
    assert out.loc[("B", "+"), "effect"] == pytest.approx(1, abs=0.1)
    assert out.loc[("A", "+"), "effect"] == pytest.approx(-0.5, abs=0.1)
    assert len(list(combinations("ABC", 2))) == len(
        called("interactions", given, motifs=["A", "B", "C"])["inserted"]
    )
    assert B in decode(given["x"])[5]
