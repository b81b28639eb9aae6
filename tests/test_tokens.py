"""Tokens of sequences: byte pairs against the textbook, every base in one token, what positions are told."""

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_data import LENGTH, SITE, sequences
from sequence_models import built, drawn, pairs

from xassay import catalogue
from xassay.core.dna import decode
from xassay.core.merges import END, encoded, learned, spelled
from xassay.core.places import ENCODINGS, Places
from xassay.core.tokens import LONGEST, BytePairTokens, KmerTokens, StemTokens, members, spread

LETTERS = st.lists(st.lists(st.integers(0, 3), min_size=12, max_size=12), min_size=1, max_size=6)


def joined(tokens, pair, new):
    """One sequence with a pair merged, from the left."""
    out, k = [], 0
    while k < len(tokens):
        both = tuple(tokens[k : k + 2]) == tuple(pair)
        out.append(new if both else tokens[k])
        k += 2 if both else 1
    return out


def by_the_book(rows, vocabulary, longest):
    """Sennrich et al. (2016), algorithm 1: count the pairs of all sequences, merge the commonest."""
    rows, sizes, found = [list(row) for row in rows], [1] * 4, []
    for new in range(4, vocabulary):
        count = Counter(pair for row in rows for pair in pairwise(row))
        fit = {p: n for p, n in count.items() if n > 1 and sizes[p[0]] + sizes[p[1]] <= longest}
        if not fit:
            break
        found.append(min(fit, key=lambda pair: (-fit[pair], pair)))
        sizes.append(sizes[found[-1][0]] + sizes[found[-1][1]])
        rows = [joined(row, found[-1], new) for row in rows]
    return found, rows


def cut(row, merges):
    """Tokens of one sequence: of the pairs there are, the one learned first is merged, again and again."""
    row, order = list(row), {tuple(pair): k for k, pair in enumerate(merges)}
    while left := [pair for pair in pairwise(row) if pair in order]:
        pair = min(left, key=order.get)
        row = joined(row, pair, 4 + order[pair])
    return row


@settings(max_examples=100, deadline=None)
@given(rows=LETTERS, vocabulary=st.integers(5, 20), longest=st.integers(2, 12))
def test_byte_pairs_are_those_of_the_book(rows, vocabulary, longest):
    merges, text = by_the_book(rows, vocabulary, longest)
    found = learned(np.array(rows), vocabulary, longest)
    assert [tuple(pair) for pair in found.tolist()] == merges
    tokens, _, _ = encoded(np.array(rows), found)
    assert [[t for t in row if t != END] for row in tokens.tolist()] == text


@settings(max_examples=100, deadline=None)
@given(rows=LETTERS, others=LETTERS, vocabulary=st.integers(5, 20))
def test_other_sequences_are_cut_by_the_earliest_pair_first(rows, others, vocabulary):
    found = learned(np.array(rows), vocabulary, 12)
    tokens, home, place = encoded(np.array(others), found)
    words = spelled(found)
    for row, numbers, where, within in zip(others, tokens.tolist(), home, place):
        kept = [t for t in numbers if t != END]
        assert kept == cut(row, found.tolist())
        assert "".join(words[t] for t in kept) == "".join("ACGT"[b] for b in row)
        assert [words[kept[w]][p] for w, p in zip(where, within)] == ["ACGT"[b] for b in row]


def test_a_planted_site_becomes_a_few_tokens():
    data = sequences((300, 10, 10))
    x = torch.from_numpy(data.inputs(data.ids("train")))
    tokens = BytePairTokens(8, 64)
    tokens.prepare(x, np.random.default_rng(0))
    letters = np.array([["ACGT".index(base) for base in SITE * 3]])
    assert (encoded(letters, tokens.pairs.numpy())[0] != END).sum() <= 7
    again = BytePairTokens(8, 64)
    again.prepare(x, np.random.default_rng(0))
    assert torch.equal(tokens.pairs, again.pairs)


def test_byte_pairs_begin_with_single_bases_and_may_end_early():
    x, tokens = drawn(2), BytePairTokens(8, 16)
    h, home = tokens(x)
    assert h.shape == (2, LENGTH, 8) and (home == torch.arange(LENGTH)).all()
    tokens = BytePairTokens(8, 200)
    tokens.prepare(x[:1].expand(3, -1, -1), np.random.default_rng(0))
    words = spelled([pair for pair in tokens.pairs.tolist() if pair[0] != END])
    assert 4 < len(words) < 200 and max(map(len, words)) <= LONGEST
    assert tokens(x)[0].isfinite().all()


def test_a_byte_pair_token_is_its_own_vector_and_that_of_its_bases():
    tokens, x = pairs(), drawn(3)
    h, home = tokens(x)
    letters = x.argmax(1).numpy()
    numbers = encoded(letters, tokens.pairs.numpy())[0]
    matrix = tokens.bases.weight.view(8, LONGEST, 4)
    for row, token in product(range(3), range(h.shape[1])):
        inside = torch.nonzero(home[row] == token).flatten().tolist()
        parts = [matrix[:, k, letters[row, place]] for k, place in enumerate(inside)]
        own = [tokens.embedding.weight[numbers[row, token]]] if inside else [torch.zeros(8)]
        torch.testing.assert_close(h[row, token], sum(own + parts), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("tokens", ["stem", "uneven stem", "words", "uneven words", "pairs"])
def test_every_base_has_a_token_and_shares_its_value(tokens):
    made = {
        "stem": lambda: StemTokens(8, 5, 4),
        "uneven stem": lambda: StemTokens(8, 6, 5),
        "words": lambda: KmerTokens(8, 3),
        "uneven words": lambda: KmerTokens(8, 5),
        "pairs": pairs,
    }
    h, home = made[tokens]().eval()(drawn(3))
    assert home.shape == (3, LENGTH) and int(home.max()) + 1 == h.shape[1]
    values = torch.randn(3, h.shape[1])
    shared = spread(values, home)
    for row, token in product(range(3), range(h.shape[1])):
        inside = home[row] == token
        expected = values[row, token].item() if inside.any() else 0
        assert shared[row][inside].sum().item() == pytest.approx(expected, abs=1e-5)
        assert (home[row].diff() >= 0).all()
    assert (members(home, h.shape[1]).sum(1) == LENGTH).all()


def test_words_of_a_token_are_embedded():
    torch.manual_seed(0)
    tokens, x = KmerTokens(8, 5), drawn(2)  # 24 bases: the last token has one N
    h, _ = tokens(x)
    for row, text in enumerate(decode(x.numpy())):
        for k in range(5):
            word = text[5 * k : 5 * k + 5]
            every = [word] if len(word) == 5 else [word + base for base in "ACGT"]
            numbers = [int("".join(str("ACGT".index(b)) for b in one), 4) for one in every]
            torch.testing.assert_close(h[row, k], tokens.embedding.weight[:, numbers].mean(1))


def test_padding_is_neither_asked_nor_read():
    """Sequences of fewer tokens are the same beside those of more."""
    model, x = built("byte pairs"), drawn(5)
    x[0] = x[0, :, :1]  # one base throughout: no pair was learned that is as long, or many were
    weights, home = model.attentions(x)
    there = members(home, weights.shape[-1]) > 0
    assert not there.all() and there.any(1).all()
    rows = weights.sum(-1)
    torch.testing.assert_close(rows, there[:, None, None].expand_as(rows).float())
    assert (weights * ~there[:, None, None, None]).abs().max() == 0
    for k in range(5):
        alone, where = model.attentions(x[k : k + 1])
        size = alone.shape[-1]
        torch.testing.assert_close(weights[k : k + 1, :, :, :size, :size], alone, atol=1e-5, rtol=1e-4)
        assert torch.equal(where[0], home[k])


def test_places_are_told_or_not():
    h = torch.randn(2, 6, 8)
    for kind in ENCODINGS:
        torch.manual_seed(0)
        places = Places(kind, 6, 8, 2)
        moved = not torch.equal(places.added(h), h)
        assert moved == (kind in ("binary", "sinusoidal"))
        assert (places.logits(6) is not None) == (kind in ("one_hot_distance", "relative"))
    relative, apart = Places("relative", 6, 8, 2), Places("one_hot_distance", 6, 8, 2)
    with torch.no_grad():
        relative.bias.normal_()
        apart.bias.normal_()
    assert torch.equal(apart.logits(6), apart.logits(6).transpose(1, 2))
    assert relative.logits(6)[0, 1, 3] == relative.logits(6)[0, 2, 4] != relative.logits(6)[0, 3, 1]


def test_codes_of_places_are_bits_and_waves():
    bits = Places("binary", 6, 8, 2)
    assert ["".join(str(int(b)) for b in row) for row in bits.code.flip(1)] == [f"{k:03b}" for k in range(6)]
    waves = Places("sinusoidal", 6, 8, 2).code
    for place, pair in product(range(6), range(4)):
        angle = place / 10000 ** (2 * pair / 8)
        expected = torch.tensor([np.sin(angle), np.cos(angle)], dtype=torch.float32)
        torch.testing.assert_close(waves[place, 2 * pair : 2 * pair + 2], expected, atol=1e-6, rtol=1e-5)


def test_order_is_told_by_every_encoding_but_none():
    """Words in another order are the same to a transformer that knows no places."""
    x = drawn(3)
    turned = x.unflatten(2, (-1, 2)).flip(2).flatten(2)  # the words of two bases, the last first
    for kind in ENCODINGS:
        torch.manual_seed(0)
        build = catalogue.load("models", "cnn_transformer").build
        model = build((4, LENGTH), 1, tokens="kmer", k=2, positions=kind).eval()
        if hasattr(model.places, "bias"):
            with torch.no_grad():
                model.places.bias.normal_(generator=torch.Generator().manual_seed(1))
        same = torch.allclose(model(x), model(turned), atol=1e-5)
        assert same == (kind in ("none", "one_hot_distance")), kind  # a distance looks the same from behind
