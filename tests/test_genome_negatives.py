"""Negatives of a genome's intervals: shuffles and random intervals that match."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_files import ROWS, bed, intervals, stand_in

from xassay.core import genome as genomes
from xassay.core.dna import decode
from xassay.core.errors import InputError
from xassay.core.reading_dna import turned


@pytest.fixture
def genome(monkeypatch):
    return stand_in(monkeypatch)


def test_shuffled_negatives_have_the_dinucleotides_and_the_split(tmp_path, genome):
    found = intervals(bed(tmp_path), negatives="shuffled", length=40)
    one, other = (
        decode(found.inputs([name for name in found.samples.index if name.endswith("_shuffled") == shuffle]))
        for shuffle in (False, True)
    )
    pairs = [[sorted(t[k : k + 2] for k in range(39)) for t in part] for part in (one, other)]
    assert pairs[0] == pairs[1] and one != other and found.samples["label"].tolist() == [1] * 40 + [0] * 40
    assert found.samples["group"].tolist() == [row[0] for row in ROWS] * 2


@pytest.mark.parametrize("length", [50, 120])
def test_random_negatives_match_and_lie_apart(tmp_path, genome, length):
    genome["chr2"] = genome["chr2"][:3700] + "N" * 50 + genome["chr2"][3750:]
    found = intervals(bed(tmp_path), negatives="random", length=length)
    again, other = (intervals(bed(tmp_path), seed, negatives="random", length=length) for seed in (0, 1))
    assert found.samples.equals(again.samples) and not found.samples.index.equals(other.samples.index)
    ids = list(found.samples.index)
    texts = decode(found.inputs(ids))
    assert len(ids) == 80 and not any("N" in text for text in texts)
    share = np.array([(t.count("G") + t.count("C")) / length for t in texts])
    groups, taken = found.samples["group"].tolist(), set()
    assert groups[:40] == groups[40:] and np.abs(share[:40] - share[40:]).max() <= 0.02 + 1e-9
    for name, text in zip(ids[40:], texts[40:]):
        chromosome, ends = name.removesuffix("_random").split(":")
        start, stop = map(int, ends.split("-"))
        assert genome[chromosome][start:stop] == text
        assert not any(row[0] == chromosome and row[1] < stop and row[2] > start for row in ROWS)
        taken.add((chromosome, start))
    assert len(taken) == 40


def test_random_negatives_that_are_not_there_are_told(tmp_path, genome):
    genome["chr3"] = "A" * 3918 + "GC" * 21 + "A" * 40
    rows = [(*row[:1], 3920, 3960) if row[0] == "chr3" else row[:3] for row in ROWS]
    told = "no random interval of chr3 matches chr3:3930-3950 and 9 others in the share of G and C; allowed"
    with pytest.raises(InputError, match=told):
        intervals(bed(tmp_path, rows), negatives="random")


def matched(folder, genome, rows, length, seed=0):
    """Random windows of intervals, before anything is made of them."""
    path = bed(folder, rows)
    frame = genomes.intervals(path)
    found = genomes.windows(genome, frame, length, "middle", path)
    return found, genomes.matched(genome, frame, found, length, path, np.random.default_rng(seed))


def test_a_random_interval_is_no_copy_of_a_given_one(tmp_path, genome):
    genome["chr1"] = "ACCATGG" * 200 + turned("ACCATGG") * 200
    for seed in range(5):
        found, other = matched(
            tmp_path, genome, [("chr1", 700 + 21 * k, 720 + 21 * k) for k in range(10)], 20, seed
        )
        assert len(other) == 10 and not {*other["sequence"], *map(turned, other["sequence"])} & {
            *found["sequence"]
        }


def test_every_free_place_may_be_drawn_and_none_twice(tmp_path, genome):
    rows = [("chr1", 31 + 40 * k, 71 + 40 * k) for k in range(10)]
    genome["chr1"] = "AC" * 15 + "A" + "AAGG" * 100  # 12 places are free, all before the first interval
    found, other = matched(tmp_path, genome, rows, 20)
    assert other["start"].is_unique and other["start"].between(0, 11).all() and len(other) == 10
    genome["chr1"] = "AAGG" * 100 + "AC" * 15 + "A"
    _, other = matched(tmp_path, genome, [("chr1", 40 * k, 40 + 40 * k) for k in range(10)], 20)
    assert other["start"].is_unique and other["start"].between(400, 411).all()


def test_a_random_interval_has_no_unknown_base(tmp_path, genome):
    text = np.array(list(genome["chr1"]))
    text[1000:][np.arange(3000) % 60 < 25] = "N"
    genome["chr1"] = "".join(text)
    _, other = matched(tmp_path, genome, [("chr1", 40 * k, 40 + 40 * k) for k in range(25)], 20)
    assert (
        len(other) == 25 and not other["sequence"].str.contains("N").any() and (other["start"] >= 1000).all()
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=8), st.integers(1, 30)
)
def test_what_intervals_cover(found, length):
    frame = pd.DataFrame([("c", a, a + size) for a, size in found])
    windows = pd.DataFrame({"start": [a - 3 for a, _ in found]})
    starts, stops = genomes.merged(frame, windows, length)
    covered = {p for a, size in found for p in (*range(a, a + size), *range(a - 3, a - 3 + length))}
    assert {p for a, b in zip(starts, stops) for p in range(a, b)} == covered
    assert (starts[1:] > stops[:-1]).all()
