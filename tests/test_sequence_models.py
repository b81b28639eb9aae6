"""Models of sequences, and the methods that look into them, against slow definitions."""

from itertools import product

import numpy as np
import pytest
import torch
from sequence_data import LENGTH, SITE, sequences
from torch import nn

from xassay import catalogue
from xassay.attribution import attention_flow, attention_rollout, grad_cam, temporal_output
from xassay.core.attention import received, rolled_out
from xassay.core.dna import BASES, decode, reverse_complement
from xassay.core.errors import InputError
from xassay.core.kmers import canonical, occurrences, words
from xassay.core.motifs import KNOWN, read
from xassay.core.places import ENCODINGS, Places
from xassay.core.rectified import deconvolved, guided, modified_gradient
from xassay.core.tokens import BytePairTokens, KmerTokens, StemTokens, members, spread
from xassay.training import loop

MODELS = {n: e for n, e in catalogue.entries("models").items() if "sequence" in e.card["kinds"]}
VARIED = {
    "exponential": ("sequence_cnn", {"activation": "exponential"}),
    "averaged": ("sequence_cnn", {"strands": "averaged"}),
    "deep": ("sequence_cnn", {"depth": 4, "pool": 3}),
    "last state": ("sequence_lstm", {"read_out": "last"}),
    "bases": ("sequence_lstm", {"filters": 0, "pool": 1}),
    "averaged lstm": ("sequence_lstm", {"strands": "averaged"}),
    "averaged dilated": ("dilated_cnn", {"strands": "averaged"}),
    **{f"places {kind}": ("cnn_transformer", {"positions": kind}) for kind in ENCODINGS},
    "words": ("cnn_transformer", {"tokens": "kmer", "k": 2}),
    "words of three": ("kmer_logistic", {"k": 3}),
} | {name: (name, {}) for name in MODELS}
varied = pytest.mark.parametrize("name", VARIED)


def built(name, n_outputs=1, length=LENGTH):
    plugin, options = VARIED[name]
    torch.manual_seed(0)
    return catalogue.load("models", plugin).build((4, length), n_outputs, **options).eval()


def drawn(n=5, length=LENGTH, seed=0):
    """One-hot sequences, (n, 4, length)."""
    rows = np.random.default_rng(seed).integers(4, size=(n, length))
    return torch.from_numpy(np.eye(4, dtype=np.float32)[rows]).transpose(1, 2).contiguous()


@varied
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("length", [LENGTH, 37])
def test_a_model_answers_for_each_sequence_by_itself(name, n_outputs, length):
    model, x = built(name, n_outputs, length), drawn(length=length)
    found = model(x)
    assert found.shape == (5, n_outputs) and found.isfinite().all()
    for k in range(5):
        torch.testing.assert_close(model(x[k : k + 1]), found[k : k + 1], atol=1e-5, rtol=1e-4)
    again = built(name, n_outputs, length)
    torch.testing.assert_close(again(x), found, atol=0, rtol=0)
    with torch.no_grad():
        next(again.parameters()).add_(1)
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(again(x), found, atol=0, rtol=0)


@varied
def test_shares_of_bases_are_read_and_have_a_slope(name):
    model = built(name)
    x = torch.full((2, 4, LENGTH), 0.25).requires_grad_()
    (slope,) = torch.autograd.grad(model(0.5 * x + 0.5 * drawn(2)).sum(), x)
    assert slope.isfinite().all() and slope.abs().sum() > 0


@pytest.mark.parametrize(
    "name", ["averaged", "averaged lstm", "averaged dilated", "kmer_logistic", "motif_scan_linear"]
)
def test_both_strands_are_one(name):
    model, x = built(name), drawn()
    torch.testing.assert_close(model(reverse_complement(x)), model(x), atol=1e-5, rtol=1e-4)


def test_augmentation_turns_a_half_round():
    torch.manual_seed(0)
    model, x = catalogue.load("models", "sequence_cnn").build((4, LENGTH), 1, strands="augmented"), drawn(400)
    found = model.augment(x, np.random.default_rng(0))
    turned = (found == reverse_complement(x)).flatten(1).all(1)
    assert ((found == x).flatten(1).all(1) | turned).all() and 150 < turned.sum() < 250
    one = catalogue.load("models", "sequence_cnn").build((4, LENGTH), 1)
    assert one.augment(x, None) is x


@pytest.mark.parametrize(
    "name", ["sequence_cnn", "dilated_cnn", "sequence_lstm", "cnn_transformer", "kmer_logistic"]
)
def test_a_planted_site_is_learned(name):
    data = sequences((600, 200, 10), seed=1)
    parts = [loop.as_part(data, split, torch.device("cpu")) for split in ("train", "validation")]
    torch.manual_seed(0)
    options = {"k": 5} if name == "kmer_logistic" else {}
    model = catalogue.load("models", name).build((4, LENGTH), 1, **options)
    getattr(model, "prepare", lambda x, rng: None)(parts[0].x, np.random.default_rng(0))
    loop.fit(model, *parts, np.random.default_rng(0), loop.RECIPES["sequence"]._replace(rate=3e-3))
    right = ((loop.logits(model, parts[1].x)[:, 0] > 0) == (parts[1].y == 1)).float().mean()
    assert right > 0.8, right


def test_words_are_found_where_they_stand():
    x = drawn(4)
    found = occurrences(x, 3)
    torch.testing.assert_close(occurrences(x, 3, stride=3), found[..., ::3])
    for row, text in enumerate(decode(x.numpy())):
        for k, word in enumerate(words(3)):
            places = [i for i in range(LENGTH - 2) if text[i : i + 3] == word]
            assert found[row, k].nonzero().flatten().tolist() == places
    of, names = canonical(3)
    assert len(names) == 32 and len(set(of.tolist())) == 32


def test_motif_scans_are_the_best_match_of_either_strand():
    torch.manual_seed(0)
    model = catalogue.load("models", "motif_scan_linear").build((4, 40), 1, sharpness=50.0).double()
    x = drawn(6, 40).double()
    found = model.features(x)
    for k, motif in enumerate(read(KNOWN)):
        best = torch.full((6,), -torch.inf, dtype=torch.float64)
        for scores in (motif.log_odds(), motif.reverse_complement().log_odds()):
            weights = torch.from_numpy(scores.copy())
            for start in range(40 - weights.shape[1] + 1):
                best = torch.maximum(best, (x[:, :, start : start + weights.shape[1]] * weights).sum((1, 2)))
        torch.testing.assert_close(found[:, k], best, atol=0.15, rtol=0)


def test_standardised_features_and_the_penalty():
    torch.manual_seed(0)
    model = catalogue.load("models", "kmer_logistic").build((4, LENGTH), 2, k=2, sparsity=0.5)
    x = drawn(300)
    model.prepare(x, None)
    z = (model.features(x) - model.mean) / model.spread
    torch.testing.assert_close(z.mean(0), torch.zeros(10), atol=1e-4, rtol=0)
    torch.testing.assert_close(z.std(0, correction=0), torch.ones(10), atol=1e-4, rtol=0)
    assert model.penalty().item() == pytest.approx(0.5 * model.output.weight.abs().sum().item() / 2)


@pytest.mark.parametrize(
    "tokens", [StemTokens(8, 5, 4), StemTokens(8, 5, 5), KmerTokens(8, 3), KmerTokens(8, 5)]
)
def test_every_base_has_a_token_and_shares_its_value(tokens):
    h, home = tokens.eval()(drawn(3))
    assert home.shape == (3, LENGTH) and int(home.max()) + 1 == h.shape[1]
    values = torch.randn(3, h.shape[1])
    shared = spread(values, home)
    for row, token in product(range(3), range(h.shape[1])):
        assert shared[row][home[row] == token].sum().item() == pytest.approx(
            values[row, token].item(), abs=1e-5
        )
    assert (members(home, h.shape[1]).sum(1) == LENGTH).all()


def test_byte_pairs_are_learned_and_kept():
    pytest.importorskip(
        "tokenizers", reason="tokenizers is not installed here: byte-pair tokens stay unlearned"
    )
    data, tokens = sequences((300, 10, 10)), BytePairTokens(8, 64, LENGTH)
    tokens.prepare(torch.from_numpy(data.inputs(data.ids("train"))), None)
    text = SITE * 3
    assert (
        "".join(
            text[i : i + n]
            for i, n in zip(
                np.cumsum([0, *[n for _, n in tokens.cut(text)][:-1]]), [n for _, n in tokens.cut(text)]
            )
        )
        == text
    )
    assert len(tokens.cut(text)) < len(text)
    again = BytePairTokens(8, 64, LENGTH)
    again.load_state_dict(tokens.state_dict())
    assert again.cut(text) == tokens.cut(text)


def test_byte_pairs_begin_with_single_bases():
    tokens = BytePairTokens(8, 16, LENGTH)
    h, home = tokens(drawn(2))
    assert h.shape == (2, LENGTH, 8) and (home == torch.arange(LENGTH)).all()
    assert [number for number, _ in tokens.cut("ACGT")] == [BASES.index(b) for b in "ACGT"]


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


@pytest.fixture
def transformer():
    return built("cnn_transformer").requires_grad_(False)


def test_rollout_is_the_product_of_the_layers(transformer):
    weights, home = transformer.attentions(drawn(2))
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))
    for k in range(2):
        product_ = np.eye(weights.shape[-1])
        for layer in weights[k].mean(1).numpy().astype(float):
            mixed = 0.5 * layer + 0.5 * np.eye(len(layer))
            product_ = (mixed / mixed.sum(-1, keepdims=True)) @ product_
        np.testing.assert_allclose(rolled_out(weights)[k], product_, atol=1e-5)
    found = attention_rollout.attribute(transformer, drawn(2))
    torch.testing.assert_close(found, received(rolled_out(weights), home))
    torch.testing.assert_close(found.sum(1), torch.ones(2))


def test_flow_is_what_a_small_network_lets_through():
    """One layer: each token receives what arrives at it, capped by what the output may feed."""
    layer = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
    expected = [min(1 / 3, 0.5) + min(1 / 3, 0.2), 3 * min(1 / 3, 1) - max(0, 1 / 3 - 0.3), 1 / 3]
    np.testing.assert_allclose(attention_flow.flow(layer[None]) / attention_flow.UNIT, expected, atol=1e-4)


def test_flow_through_two_layers_is_a_linear_programme():
    from scipy.optimize import linprog

    rng = np.random.default_rng(0)
    layers = rng.dirichlet(np.ones(3), (2, 3))
    n, nodes = 3, 10  # tokens of three levels, and the source
    edges = [
        ((k + 1) * n + q, k * n + i, layers[k, q, i]) for k, q, i in product(range(2), range(n), range(n))
    ]
    edges += [(9, 2 * n + q, 1 / n) for q in range(n)]
    for token in range(n):
        balance = np.zeros((nodes, len(edges)))
        for e, (a, b, _) in enumerate(edges):
            balance[a, e] -= 1
            balance[b, e] += 1
        inner = [v for v in range(nodes) if v not in (token, 9)]
        solved = linprog(
            -balance[token],
            A_eq=balance[inner],
            b_eq=np.zeros(len(inner)),
            bounds=[(0, c) for *_, c in edges],
        )
        # water may end in no other token of the input
        assert attention_flow.flow(layers)[token] / attention_flow.UNIT == pytest.approx(
            -solved.fun, abs=1e-3
        )


def test_temporal_output_is_what_prefixes_and_suffixes_gain():
    model, x = built("sequence_lstm").requires_grad_(False), drawn(2)
    baseline, target = torch.full((1, 2, 4, LENGTH), 0.25), torch.tensor([1, 0])
    groups = torch.arange(LENGTH)[None]
    found = temporal_output.attribute(model, x, target, baseline, groups)
    sign = torch.tensor([1.0, -1.0])
    for t in range(LENGTH):
        gains = []
        for kept in (lambda t: torch.arange(LENGTH) < t, lambda t: torch.arange(LENGTH) >= LENGTH - t):
            ends = (t + 1, t) if not gains else (LENGTH - t, LENGTH - t - 1)
            scores = [model(torch.where(kept(end), x, baseline[0]))[:, 0] * sign for end in ends]
            gains.append(scores[0] - scores[1])
        torch.testing.assert_close(found[:, t], (sum(gains) / 2).double(), atol=1e-5, rtol=1e-4)


def test_grad_cam_weighs_maps_by_their_mean_slope():
    model, x, target = built("sequence_cnn").requires_grad_(False), drawn(3), torch.ones(3, dtype=torch.long)
    maps = model.feature_maps(x).requires_grad_()
    (slope,) = torch.autograd.grad(model.head(maps).sum(), maps)
    cam = torch.stack(
        [sum(slope[s, c].mean() * maps[s, c] for c in range(maps.shape[1])) for s in range(3)]
    ).relu()
    found = grad_cam.attribute(model, x, target)
    places = (np.arange(LENGTH) + 0.5) * cam.shape[1] / LENGTH - 0.5
    for s in range(3):
        np.testing.assert_allclose(
            found[s], np.interp(places, range(cam.shape[1]), cam[s].detach()), atol=1e-5
        )


@pytest.mark.parametrize(("through", "open_alone"), [(guided, True), (deconvolved, False)])
def test_modified_gradients_of_two_layers_by_hand(through, open_alone):
    torch.manual_seed(0)
    first, last = nn.Linear(6, 9), nn.Linear(9, 1)
    model = nn.Sequential(first, nn.ReLU(), last).requires_grad_(False)
    x = torch.randn(4, 6)
    passed = last.weight[0].clamp(min=0).expand(4, -1)
    passed = passed * (first(x) > 0) if open_alone else passed
    found = modified_gradient(model, x, torch.ones(4, dtype=torch.long), through, "mine")
    torch.testing.assert_close(found, passed @ first.weight)


def test_a_model_without_relu_modules_is_refused():
    with pytest.raises(InputError, match="^mine: the model has no nn.ReLU; allowed"):
        modified_gradient(nn.Linear(3, 1), torch.randn(2, 3), torch.ones(2, dtype=torch.long), guided, "mine")
