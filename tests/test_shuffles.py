"""Shuffles: every order of the same dinucleotides, each as likely as any other, and nothing else."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from xassay.core import shuffles
from xassay.core.dna import decode, encode
from xassay.core.shuffles import dinucleotide_shuffles, mononucleotide_shuffles

BASES = st.text("ACGT", min_size=1, max_size=40)
WITH_N = st.lists(st.text("ACGTN", min_size=30, max_size=30), min_size=1, max_size=4)


def rng(seed=0):
    return np.random.default_rng(seed)


def orders(text):
    """Every sequence with the dinucleotides, the first and the last base of ``text``: the definition."""
    left, found = Counter(zip(text, text[1:])), []

    def walk(path):
        if len(path) == len(text):
            found.append(path)
        for base in "ACGT":
            if left[path[-1], base]:
                left[path[-1], base] -= 1
                walk(path + base)
                left[path[-1], base] += 1

    walk(text[0])
    return found


def shuffled(text, n, shuffle=dinucleotide_shuffles, seed=0):
    return decode(shuffle(encode([text]), n, rng(seed))[:, 0])


def dinucleotides(text):
    return Counter(zip(text, text[1:]))


@pytest.mark.parametrize(
    "text, number",
    [
        ("CCTAACATAA", 48),  # of which fixing each base's last edge reaches half or fewer
        ("ATGAGGAAG", 27),
        ("AACCAGCAGTA", 48),
        ("ACACGCGA", 4),  # ends where it began
        ("TTTTATTTTA", 7),  # two bases
        ("ACGTTGCATTAGCA", 198),
    ],
)
def test_every_order_is_reached_equally_often(text, number):
    possible = orders(text)
    assert len(possible) == len(set(possible)) == number
    found = Counter(shuffled(text, 400 * number))
    assert set(found) == set(possible)
    assert chisquare(list(found.values())).pvalue > 0.01


def test_fixed_last_edges_would_miss_half():
    """What common implementations do: the reference's trap, which the counts above rule out."""

    def last(text):
        return dict(zip(text, text[1:]))

    for text in ("CCTAACATAA", "ATGAGGAAG"):
        kept = [other for other in orders(text) if last(other) == last(text)]
        assert 2 * len(kept) <= len(orders(text))
        assert len(set(shuffled(text, 5000))) == len(orders(text)) > len(kept)


@pytest.mark.parametrize("text", ["ACTGACTGACTG", "A", "CA", "GGGGGGGG", "ACGT", "AC" * 20])
def test_what_has_one_order_keeps_it(text):
    assert orders(text) == [text] and set(shuffled(text, 50)) == {text}


def test_trees_are_all_that_lead_to_the_root():
    for root, trees in enumerate(shuffles.TREES):
        assert len({tuple(tree) for tree in trees}) == 16  # Cayley: 4 ** 2
        for tree in trees:
            for base in range(4):
                assert root in (base, tree[base], tree[tree[base]], tree[tree[tree[base]]])


def test_sequences_are_shuffled_apart_and_draws_differ():
    x = np.eye(4, dtype=np.float32)[rng().integers(4, size=(30, 200))].transpose(0, 2, 1)
    found = dinucleotide_shuffles(x, 5, rng())
    assert found.shape == (5, 30, 4, 200) and found.dtype == np.float32
    texts = [decode(part) for part in found]
    assert len({text for part in texts for text in part}) == 150
    for part in texts:
        for text, other in zip(decode(x), part):
            assert (
                dinucleotides(text) == dinucleotides(other) and text[0] == other[0] and text[-1] == other[-1]
            )


def test_blocks_do_not_show(monkeypatch):
    """The law of a shuffle does not depend on how many are made at a time; counts hold across blocks."""
    x = np.eye(4)[rng().integers(4, size=(7, 50))].transpose(0, 2, 1)
    monkeypatch.setattr(shuffles, "ROWS", 4)
    for text, other in zip(decode(x) * 3, decode(dinucleotide_shuffles(x, 3, rng()).reshape(-1, 4, 50))):
        assert dinucleotides(text) == dinucleotides(other)


@settings(deadline=None, max_examples=60)
@given(BASES, st.integers(0, 2**32))
def test_dinucleotides_are_kept(text, seed):
    for other in shuffled(text, 3, seed=seed):
        assert dinucleotides(text) == dinucleotides(other)
        assert text[0] == other[0] and text[-1] == other[-1]


@settings(deadline=None, max_examples=60)
@given(WITH_N, st.integers(0, 2**32))
def test_n_stays_and_parts_the_runs(texts, seed):
    x = encode(texts)
    found = dinucleotide_shuffles(x, 2, rng(seed))
    for part in found:
        for text, other in zip(texts, decode(part)):
            assert [len(run) for run in text.split("N")] == [len(run) for run in other.split("N")]
            for run, new in zip(text.split("N"), other.split("N")):
                assert (
                    dinucleotides(run) == dinucleotides(new) and run[:1] == new[:1] and run[-1:] == new[-1:]
                )


def test_mixtures_and_absent_bases_stay_as_they_are():
    x = encode(["ACGTRACGATTACAGGAC"])
    x[0, :, 8] = 0
    found = dinucleotide_shuffles(x, 20, rng())
    assert (found[:, 0, :, [4, 8]].transpose(1, 0, 2) == x[0].T[[4, 8]]).all()
    assert len({part.tobytes() for part in found}) > 1


def test_no_sequence_and_no_draw():
    assert dinucleotide_shuffles(encode(["ACGTA"]), 0, rng()).shape == (0, 1, 4, 5)
    assert dinucleotide_shuffles(encode(["ACGTA"])[:0], 3, rng()).shape == (3, 0, 4, 5)
    assert set(shuffled("NNNN", 2)) == {"NNNN"}


def test_the_seed_decides():
    text = "ACGTTGCATTAGCATTAGGCATCAG"
    assert shuffled(text, 9) == shuffled(text, 9) != shuffled(text, 9, seed=1)


def test_single_bases_shuffle_uniformly():
    found = Counter(shuffled("AACG", 24 * 200, mononucleotide_shuffles))
    assert len(found) == 12 and chisquare(list(found.values())).pvalue > 0.01


@settings(deadline=None, max_examples=40)
@given(WITH_N, st.integers(0, 2**32))
def test_single_bases_are_kept_and_n_stays(texts, seed):
    for part in mononucleotide_shuffles(encode(texts), 2, rng(seed)):
        for text, other in zip(texts, decode(part)):
            assert Counter(text) == Counter(other)
            assert [base == "N" for base in text] == [base == "N" for base in other]
