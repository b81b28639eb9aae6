"""Groups of alike sequences: against the definition, pair by pair, and at the size of real data sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xassay.core import similar
from xassay.core.similar import groups

OTHER = str.maketrans("ACGT", "TGCA")
rng = np.random.default_rng


def random(n, length, seed=0):
    letters = rng(seed).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in letters]


def turned(text):
    return text.translate(OTHER)[::-1]


def changed(text, share, random):
    """A share of the bases replaced by another."""
    out = list(text)
    for k in random.choice(len(text), round(share * len(text)), replace=False):
        out[k] = random.choice([base for base in "ACGT" if base != out[k]])
    return "".join(out)


def seeds(word):
    """Whether a word leads to comparisons: bases only, and no repeat of a few."""
    return set(word) <= set("ACGT") and len({word[i : i + 2] for i in range(len(word) - 1)}) > len(word) // 2


def alike(one, two, threshold, cover, k):
    """The definition, slowly: every strand, offset and stretch."""
    if two in (one, turned(one)):
        return True
    least = max(int(np.ceil(cover * min(len(one), len(two)))), min(len(one), len(two), similar.SHORTEST))
    for other in (two, turned(two)):
        for offset in range(-len(one) + 1, len(other)):
            inside = [p for p in range(len(one)) if 0 <= p + offset < len(other)]
            first, last = inside[0], inside[-1] + 1
            pairs = [(one[p], other[p + offset]) for p in inside]
            same = np.array([a == b and a in "ACGT" for a, b in pairs], int)
            words = [one[p : p + k] for p in range(first, last - k + 1)]
            if not any(
                word == other[p + offset : p + offset + k] and seeds(word)
                for p, word in enumerate(words, first)
            ):
                continue
            total = np.concatenate([[0], same.cumsum()])
            for start in range(len(same) - least + 1):
                for stop in range(start + least, len(same) + 1):
                    if total[stop] - total[start] >= threshold * (stop - start) - 1e-9:
                        return True
    return False


def slow(texts, threshold=0.8, cover=0.5, k=7):
    """Connected components of the pairs that are alike."""
    of = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            if of[i] != of[j] and alike(texts[i], texts[j], threshold, cover, k):
                of = [of[j] if c == of[i] else c for c in of]
    first = list(dict.fromkeys(of))
    return [first.index(c) for c in of]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.7, 0.8, 0.95])
def test_groups_are_those_of_the_definition(seed, threshold):
    r = rng(100 + seed)
    texts = random(5, 60, seed)
    for text in texts[:4]:
        start = r.integers(40)
        texts += [
            changed(text, 0.15, r),
            turned(changed(text, 0.25, r)),
            text[start:] + "".join(r.choice(list("ACGT"), start)),
            text[: r.integers(25, 60)],
            text[:20] + "NN" + text[22:],
            "".join(r.choice(list("ACGT"), 25)) + text[5:35],
        ]
    texts = [texts[k] for k in r.permutation(len(texts))]
    found = groups(texts, threshold, k=7)
    assert found.tolist() == slow(texts, threshold)
    assert 4 < found.max() + 1 < len(texts)  # some joined, some not


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("ACGTN", min_size=1, max_size=24), min_size=1, max_size=8), st.integers(0, 99))
def test_short_and_odd_sequences_too(texts, seed):
    r = rng(seed)
    texts = texts + [turned(texts[0].replace("N", "A")), texts[-1] + "ACGGT", changed(texts[0], 0.1, r)]
    assert groups(texts, 0.8, k=7).tolist() == slow(texts)


def test_strand_and_case_make_no_difference():
    texts = random(20, 80)
    found = groups([*texts, *map(turned, texts), *(text.lower().replace("t", "u") for text in texts)])
    assert found.tolist() == [*range(20)] * 3


def test_the_order_of_sequences_changes_no_group():
    r = rng(0)
    texts = [changed(text, 0.08, r) for text in random(30, 120) for _ in range(4)]
    found, order = groups(texts), r.permutation(120)
    moved = groups([texts[k] for k in order])
    together = found[order][:, None] == found[order]
    assert ((moved[:, None] == moved) == together).all() and found.max() == 29


def test_what_slides_along_a_genome_is_one_group():
    genome = random(1, 2000)[0]
    tiles = [genome[start : start + 200] for start in range(0, 1801, 100)]  # each half of the next
    assert groups(tiles).max() == 0
    assert groups([genome[start : start + 200] for start in range(0, 1801, 200)]).max() == 9


def test_a_stretch_lies_in_both_sequences():
    genome = random(1, 200)[0]
    for shared, expected in ((29, 2), (30, 1)):  # of 60 bases
        one, other = genome[:60], genome[60 - shared : 120 - shared]
        assert {
            len(set(groups(pair, 0.95))) for pair in ([one, other], [other, one], [one, turned(other)])
        } == {expected}


def test_a_shared_site_or_repeat_makes_no_group():
    r, site = rng(1), random(1, 25, 9)[0]
    texts = [text[:90] + site + text[115:] for text in random(50, 200)]
    assert len(set(groups(texts))) == 50
    repeats = [text[:60] + "AC" * 30 + text[120:] for text in random(50, 200, 3)]
    assert len(set(groups(repeats))) == 50
    assert len(set(groups(["N" * 200, "N" * 200, "N" * 100 + r.choice(texts)[:100]]))) == 2  # equal ones


def test_words_get_longer_with_the_data():
    assert [similar.word_length(n) for n in (10, 10_000, 4_000_000, 10**12)] == [7, 7, 11, 15]


def test_a_library_of_variants_is_one_group_and_an_adapter_is_none():
    r = rng(0)
    variants = [changed(random(1, 75)[0], 0.12, r) for _ in range(2000)]
    assert groups(variants).max() == 0
    adapter = random(1, 20)[0]
    assert len(set(groups([adapter + text for text in random(3000, 100, 1)]))) == 3000


def test_twenty_thousand_sequences():
    texts = random(19_000, 200)
    r = rng(0)
    texts += [changed(text, 0.15, r) for text in texts[:1000]]
    found = groups(texts)
    joined = found[19_000:] == found[:1000]
    assert joined.mean() > 0.97 and len(set(found)) == 20_000 - joined.sum()
