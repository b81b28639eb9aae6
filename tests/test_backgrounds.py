"""Backgrounds: bases and words occur as often as the law says; files are read or refused in a line."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from xassay.core import backgrounds
from xassay.core.backgrounds import background, chain, fitted, read
from xassay.core.errors import InputError


def rng(seed=0):
    return np.random.default_rng(seed)


def words(letters, k):
    """Counts of k-mers of (sequence, position) numbers, (4 ** k,)."""
    width = letters.shape[1] - k + 1
    number = sum(4 ** (k - 1 - j) * letters[:, j : j + width].astype(int) for j in range(k))
    return np.bincount(number.ravel(), minlength=4**k)


def numbers(text):
    return np.array(["ACGT".find(base) if base in "ACGT" else 4 for base in text], np.uint8)


@pytest.mark.parametrize("gc", [0.3, 0.5, 0.8])
def test_independent_bases_have_the_gc_content(gc):
    law = background("iid", gc=gc)
    drawn = law.draw(400, 100, rng(1))
    assert drawn.shape == (400, 100) and drawn.dtype == np.uint8
    expected = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    np.testing.assert_allclose(law.bases, expected)
    assert chisquare(words(drawn, 1), expected * drawn.size).pvalue > 0.01
    pairs = np.outer(expected, expected).ravel()
    apart = sum(words(drawn[:, k : k + 2], 2) for k in range(0, 100, 2))  # pairs that share no base
    assert chisquare(apart, pairs * apart.sum()).pvalue > 0.01


@pytest.mark.parametrize("gc", [0.4, 0.6])
def test_the_default_chain_is_poor_in_cpg_and_alike_on_both_strands(gc):
    law = background("markov", order=1, gc=gc)
    np.testing.assert_allclose(law.bases, np.array([1 - gc, gc, gc, 1 - gc]) / 2, atol=1e-9)
    pairs = law.bases[:, None] * law.step
    np.testing.assert_allclose(pairs, pairs[::-1, ::-1].T, atol=1e-9)  # that of the reverse complement
    ratio = pairs / np.outer(law.bases, law.bases)
    assert ratio.min() == ratio[1, 2] and ratio[1, 2] < 0.45
    odds = ratio[1, 2] * ratio[0, 0] / (ratio[1, 0] * ratio[0, 2])
    assert odds == pytest.approx(backgrounds.CPG)  # the one interaction that was put in
    drawn = law.draw(5000, 2, rng())
    assert chisquare(words(drawn, 2), pairs.ravel() * 5000).pvalue > 0.01


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_fitted_chain_draws_the_words_of_its_sequences(order):
    true = backgrounds.Chain(rng(1).dirichlet([1] * 4**order), rng(2).dirichlet([1] * 4, 4**order))
    given = true.draw(400, 500, rng(3))
    apart = np.pad(given, ((0, 0), (0, 1)), constant_values=backgrounds.NONE).ravel()
    law = fitted(apart, order)
    np.testing.assert_allclose(law.step, true.step, atol=0.03)
    drawn = background("markov", order=order, sequences=apart).draw(2000, 100, rng(4))
    for k in (1, order + 1):
        shares = [words(part, k) / words(part, k).sum() for part in (given, drawn)]
        np.testing.assert_allclose(*shares, atol=0.01)
    np.testing.assert_allclose(law.bases, words(given, 1) / given.size, atol=0.01)


def test_words_do_not_cross_from_one_sequence_to_the_next():
    law = fitted(numbers("AAAA-CCCC-NACAN"), 1, pseudocount=1e-9)
    np.testing.assert_allclose(law.step[:2], [[0.75, 0.25, 0, 0], [0.25, 0.75, 0, 0]], atol=1e-6)


def test_shuffles_are_of_windows_without_another_letter():
    given = numbers("-ACGTACGGTCA-NNNACGT-TTTTTTTTTTTTNACACACACACAC")
    law = background("shuffled", sequences=given)
    drawn = law.draw(300, 9, rng())
    text = ["".join("ACGT"[k] for k in row) for row in drawn]
    whole = "ACGTACGGTCA", "TTTTTTTTTTTT", "ACACACACACAC"
    windows = {
        (part[k], part[k + 8], frozenset(Counter(zip(part[k : k + 9], part[k + 1 : k + 9])).items()))
        for part in whole
        for k in range(len(part) - 8)
    }
    found = {(row[0], row[-1], frozenset(Counter(zip(row, row[1:])).items())) for row in text}
    assert found == windows
    assert law.bases.sum() == pytest.approx(1)


def test_the_seed_decides():
    for kind in backgrounds.KINDS:
        law = background(kind, sequences=None if kind != "shuffled" else numbers("ACGTTGCATTAGCATTAGGCATCAG"))
        one, two, other = (law.draw(5, 20, rng(seed)) for seed in (0, 0, 1))
        assert (one == two).all() and (one != other).any()


@pytest.mark.parametrize(
    "options, says",
    [
        (dict(kind="genome"), "background: 'genome' is unknown; allowed: iid, markov, shuffled"),
        (dict(kind="iid", gc=1.0), "gc: 1; allowed: between 0 and 1"),
        (dict(kind="shuffled"), "give a background_file"),
        (dict(kind="markov", order=3), "order: 3; allowed: 0, 1, 2"),
        (dict(kind="markov", order=2), "order: 2 has no table of its own"),
    ],
)
def test_what_cannot_be_is_refused(options, says):
    with pytest.raises(InputError, match=says):
        background(**options)


def test_too_short_sequences_are_refused():
    with pytest.raises(InputError, match="no run of 8 bases"):
        background("shuffled", sequences=numbers("ACGTACG-ACGNACGT")).draw(1, 8, rng())


@pytest.mark.parametrize("text", [">one\nACgt\nNA\n>two\r\nuCC\n", "ACgtNA\n\nUCC\n"])
def test_files_are_read(tmp_path, text):
    (tmp_path / "x").write_text(text)
    found = "".join("ACGT-"[k] for k in read(tmp_path / "x"))
    assert [part for part in found.split("-") if part] == ["ACGT", "A", "TCC"]


@pytest.mark.parametrize(
    "text, says",
    [
        (">one\nACGT\nAC?T\n", "line 3: '\\?'; allowed: A, C, G, T, U"),
        ("", "is empty"),
        (">one\nNNN\n", "holds no sequence"),
        ("ACGTé", "é"),
    ],
)
def test_malformed_files_are_refused_in_one_line(tmp_path, text, says):
    (tmp_path / "x").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        read(tmp_path / "x")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "absent")


def test_order_names_are_those_of_the_chain():
    assert len(chain(0, 0.5).step) == 1 and len(chain(1, 0.5).step) == 4
