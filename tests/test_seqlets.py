"""Seqlets, the likeness of maps, and patterns: against slow definitions and planted truth."""

import numpy as np
import pytest
from planted_maps import FOUR, matrices, planted

from xassay.core import motifs
from xassay.core.alignment import alike, halves, likeness, sited, sites, strands, told, windows
from xassay.core.patterns import described, recovery, sites_of
from xassay.core.seqlets import NULLS, seqlets


def jaccard(one, other):
    one, other = one / np.abs(one).sum(), other / np.abs(other).sum()
    low, high = np.minimum(abs(one), abs(other)), np.maximum(abs(one), abs(other))
    return (np.sign(one * other) * low).sum() / high.sum()


def test_likeness_is_the_best_jaccard_over_offsets_and_strands():
    rng = np.random.default_rng(0)
    stretches, pattern = rng.normal(size=(6, 4, 14)).astype(np.float32), rng.normal(size=(4, 5))
    stretches[2, :, 4:9] += 4 * pattern
    stretches[3, :, 1:6] += 4 * pattern[::-1, ::-1]
    found, place, strand = likeness(strands(stretches), pattern)
    for k, one in enumerate(stretches):
        table = [[jaccard(read[:, s : s + 5], pattern) for s in range(10)] for read in (one, one[::-1, ::-1])]
        best = np.unravel_index(np.argmax(table), (2, 10))
        assert found[k] == pytest.approx(np.max(table), abs=1e-5)
        assert (strand[k], place[k]) == best
    start = sites((found, place, strand), np.zeros(6, int), 14, 5)
    assert (start[2], strand[2], start[3], strand[3]) == (4, 0, 1, 1)
    read = sited(stretches, np.arange(6), start, strand, 5)
    np.testing.assert_allclose([jaccard(part, pattern) for part in read], found, atol=1e-5)


def test_windows_are_zero_beyond_the_ends():
    values = np.arange(1.0, 25).reshape(1, 4, 6)
    np.testing.assert_array_equal(windows(values, np.array([0]), np.array([-2]), 4)[0, :, :2], 0)
    np.testing.assert_array_equal(
        windows(values, np.array([0]), np.array([4]), 4)[0, :, :2], values[0, :, 4:]
    )


def test_alike_compares_whole_means():
    rng = np.random.default_rng(1)
    mean = rng.normal(size=(4, 12))
    assert alike(mean, mean[::-1, ::-1]) == pytest.approx(1)
    part = mean[:, 3:8]
    share = np.abs(part).sum() / np.abs(mean).sum()
    padded = np.zeros((4, 12))
    padded[:, 3:8] = part
    assert alike(mean, part) == pytest.approx(jaccard(mean, padded)) and alike(part, mean) < 2 * share


def test_halves_tell_two_patterns_apart_and_told_trims_to_what_tells():
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=(2, 4, 8))
    of = rng.random(200) < 0.4
    half, shared = halves(np.where(of[:, None, None], one, two) + 0.3 * rng.normal(size=(200, 4, 8)))
    assert (half == of).all() or (half == ~of).all()
    assert shared < 0.5
    assert told(np.array([0, 0.1, 0.3, 1, 0.2, 0.9, 0.6, 0.3, 0, 0])) == slice(2, 8)
    assert told(np.array([0, 0, 0, 0, 1, 0, 0, 0])).stop - told(np.array([0, 0, 0, 0, 1, 0, 0, 0])).start == 5
    wide = told(np.ones(50))
    assert wide.stop - wide.start == 30


def test_seqlets_are_sums_apart_from_each_other():
    rng = np.random.default_rng(3)
    observed = rng.normal(size=(40, 60))
    observed[:, 20:27] += 3
    observed[::2, 40:46] -= 4
    found = seqlets(observed, width=7)
    every = np.array([[row[s : s + 7].sum() for s in range(54)] for row in observed])
    for k in range(len(found.sample)):
        row, start = found.sample[k], found.start[k]
        assert found.score[k] == pytest.approx(every[row, start] - np.median(every))
        others = (found.sample == row) & (np.arange(len(found.sample)) != k)
        assert (np.abs(found.start[others] - start) >= 7).all()
    assert (np.diff(np.abs(found.score)) <= 1e-12).all()
    assert len({*found.sample[(found.score > 0) & (np.abs(found.start - 20) < 3)]}) == 40
    assert len({*found.sample[(found.score < 0) & (np.abs(found.start - 40) < 3)]}) == 20


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("law", ["normal", "correlated"])
def test_false_discoveries_stay_below_their_rate(null, law):
    shares, called = [], 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        observed = rng.standard_normal((100, 103))
        observed = (
            observed[:, :100] if law == "normal" else sum(observed[:, k : k + 100] for k in range(4)) / 2
        )
        places = rng.integers(90, size=30)
        for row, place in enumerate(places):
            observed[row, place : place + 10] += 3
        found = seqlets(observed, width=10, fdr=0.2, null=null)
        true = (found.sample < 30) & (np.abs(found.start - places[np.minimum(found.sample, 29)]) < 10)
        shares.append(1 - true.mean() if len(true) else 0)
        called += true.sum()
    assert np.mean(shares) <= 0.2
    assert called >= {"normal": 550, "mirror": 550, "laplace": 0}[null] * (1 if law == "normal" else 0.4)


def test_maps_without_anything_and_short_sequences_have_no_seqlets():
    assert len(seqlets(np.zeros((5, 40))).sample) == 0
    assert len(seqlets(np.ones((5, 8))).sample) == 0
    one = np.zeros((50, 40))
    one[3, 10:20] = 1  # all else is exactly zero
    assert set(seqlets(one, width=10).sample) == {3}


@pytest.fixture(scope="module")
def found():
    x, maps, elements = planted(matrices(), 1000, 200, np.random.default_rng(0), negative=("CEBPB",))
    sites = sites_of(x, maps, rng=np.random.default_rng(0))
    return x, maps, elements, described(sites, x, maps, motifs.read(motifs.KNOWN), elements)


def test_planted_motifs_are_found_with_their_sites(found):
    table = found[3]["recovery"].set_index("motif")
    assert set(table.index) == set(FOUR) and table["found"].all()
    assert (table["recall"] >= 0.8).all() and (table["precision"] >= 0.9).all()
    assert (table["strand"][["SP1", "GATA1"]] > 0.98).all()
    patterns = found[3]["patterns"]
    assert set(patterns["match"]) == set(FOUR) and (patterns["p"] < 1e-8).all() and len(patterns) == 4
    assert set(patterns.loc[patterns["match"] == "CEBPB", "sign"]) == {-1}
    assert (patterns.loc[patterns["match"] != "CEBPB", "sign"] == 1).all()


def test_tables_agree_with_the_maps(found):
    x, maps, _, out = found
    observed = (x * maps).sum(1)
    for row in out["seqlets"].iloc[::97].itertuples():
        assert row.contribution == pytest.approx(observed[row.sample, row.start : row.stop].sum(), abs=1e-4)
    for motif in out["motifs"]:
        own = out["seqlets"][out["seqlets"]["pattern"] == motif.name]
        inside = own[own["stop"] - own["start"] == motif.width]
        read = [
            x[r.sample, :, r.start : r.stop][:: 1 if r.strand == "+" else -1] for r in inside.itertuples()
        ]
        read = [part if r.strand == "+" else part[:, ::-1] for part, r in zip(read, inside.itertuples())]
        np.testing.assert_allclose(np.mean(read, 0), motif.probabilities, atol=0.01)
        assert np.sign(motif.weights.sum()) == motif.sign and motif.nsites == len(own)


def test_patterns_are_written_as_meme_negative_ones_too(found, tmp_path):
    motifs.write_meme(tmp_path / "found.meme", found[3]["motifs"])
    again = motifs.read(tmp_path / "found.meme")
    assert [m.name for m in again] == [m.name for m in found[3]["motifs"]]
    assert any(m.name.startswith("negative") for m in again)
    for one, other in zip(again, found[3]["motifs"]):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_the_other_strand_gives_the_same_sites():
    x, maps, _ = planted(matrices(), 250, 120, np.random.default_rng(4))
    one = sites_of(x, maps, rng=np.random.default_rng(0))
    other = sites_of(x[:, ::-1, ::-1], maps[:, ::-1, ::-1], rng=np.random.default_rng(0))
    places = {(r.sample, r.start + r.stop) for r in one.itertuples()}
    turned = {(r.sample, 240 - r.start - r.stop) for r in other.itertuples()}
    near = sum(any((s, c + d) in turned for d in range(-4, 5)) for s, c in places)
    assert one["pattern"].nunique() == other["pattern"].nunique() == 4
    assert near >= 0.95 * len(places)


def test_composite_motifs_are_told_from_their_parts():
    names = ("GATA1", "GATA1::TAL1", "FOS::JUN", "MAFK")
    x, maps, elements = planted(matrices(names), 600, 200, np.random.default_rng(5))
    sites = sites_of(x, maps, rng=np.random.default_rng(0))
    table = recovery(sites, elements)
    assert table["found"].all() and (table["recall"] > 0.7).all() and (table["precision"] > 0.9).all()


def test_noise_has_no_pattern_and_few_sites_are_no_error():
    x, maps, _ = planted({}, 300, 150, np.random.default_rng(6), smooth=4)
    out = described(sites_of(x, maps, rng=np.random.default_rng(0)), x, maps, [], None)
    assert out["patterns"].empty and out["seqlets"].empty and out["motifs"] == []


def test_recovery_counts_by_hand():
    import pandas as pd

    columns = ["sample", "name", "start", "stop", "strand", "score", "causal"]
    elements = pd.DataFrame(
        [
            (0, "A", 10, 20, "+", 0, True),
            (1, "A", 5, 15, "-", 0, True),
            (2, "A", 0, 10, "+", 0, True),
            (2, "B", 20, 30, ".", 0, False),
        ],
        columns=columns,
    )
    sites = pd.DataFrame(
        [
            (0, 12, 20, "-", "p1", 1),
            (1, 5, 13, "+", "p1", 1),
            (3, 0, 8, "+", "p1", 1),
            (2, 26, 34, "+", "p2", 1),
            (2, 40, 48, "+", "p2", 1),
            (2, 6, 14, "+", "p2", 1),
        ],
        columns=["sample", "start", "stop", "strand", "pattern", "sign"],
    )
    table = recovery(sites, elements).set_index("motif")
    assert table.loc["A", "patterns"] == "p1" and table.loc["A", "recall"] == pytest.approx(2 / 3)
    assert table.loc["A", "precision"] == pytest.approx(2 / 3) and table.loc["A", "strand"] == 1
    assert (
        not table.loc["B", "found"]
        and table.loc["B", "recall"] == 0
        and np.isnan(table.loc["B", "precision"])
    )
