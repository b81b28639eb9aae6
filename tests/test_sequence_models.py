"""Models of sequences: answers one by one, shares of bases, strands, what is learned, what is kept."""

import numpy as np
import pytest
import torch
from sequence_data import LENGTH, sequences
from sequence_models import MODELS, VARIED, built, drawn
from torch import nn

from xassay import catalogue
from xassay.core import windows
from xassay.core.activations import first_convolution
from xassay.core.dna import decode, reverse_complement
from xassay.core.errors import InputError
from xassay.core.kmers import canonical, occurrences, words
from xassay.core.motifs import KNOWN, read
from xassay.training import loop

varied = pytest.mark.parametrize("name", VARIED)


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
def test_a_fresh_model_takes_over_what_another_learned(name):
    model, x = built(name), drawn()
    again = built(name, learned=False)
    again(x)  # nothing of an earlier run may be kept
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(again(x), model(x), atol=0, rtol=0)


@varied
def test_shares_of_bases_are_read_and_have_a_slope(name):
    model = built(name)
    x = torch.full((2, 4, LENGTH), 0.25).requires_grad_()
    (slope,) = torch.autograd.grad(model(0.5 * x + 0.5 * drawn(2)).sum(), x)
    assert slope.isfinite().all() and slope.abs().sum() > 0


@pytest.mark.parametrize("name", [name for name in VARIED if name != "motif_scan_linear"])
def test_a_base_that_is_not_there_has_a_slope(name):
    """Hypothetical contributions would be 0 without one. (A soft maximum of motifs may underflow.)"""
    x = drawn(2).requires_grad_()
    (slope,) = torch.autograd.grad(built(name)(x).sum(), x)
    assert (slope[x == 0] != 0).float().mean() > 0.5


@varied
def test_a_model_learns_nothing_from_a_batch_that_it_answers(name):
    model, x = built(name), drawn()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model(x)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])


BOTH = [name for name, (_, options) in VARIED.items() if options.get("strands") == "averaged"]


@pytest.mark.parametrize("name", [*BOTH, "kmer_logistic", "motif_scan_linear"])
def test_both_strands_are_one(name):
    model, x = built(name), drawn()
    torch.testing.assert_close(model(reverse_complement(x)), model(x), atol=1e-5, rtol=1e-4)


def test_words_longer_than_the_sequences_are_refused():
    with pytest.raises(
        InputError, match="kmer_logistic: k is 5; allowed: 1 to 4, the length of the sequences"
    ):
        catalogue.load("models", "kmer_logistic").build((4, 4), 1, k=5)


def test_augmentation_turns_a_half_round():
    model, x = built("augmented"), drawn(400)
    found = model.augment(x, np.random.default_rng(0))
    turned = (found == reverse_complement(x)).flatten(1).all(1)
    assert ((found == x).flatten(1).all(1) | turned).all() and 150 < turned.sum() < 250
    assert torch.equal(found, model.augment(x, np.random.default_rng(0)))
    assert torch.equal(built("augmented")(x), built("sequence_cnn")(x))
    assert built("sequence_cnn").augment(x, None) is x


@pytest.mark.parametrize("name", [name for name in MODELS if name != "motif_scan_linear"])
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


@pytest.mark.parametrize("name", ["sequence_cnn", "exponential", "dilated_cnn", "sequence_lstm"])
def test_the_first_layer_reads_bases_and_an_edit_is_a_short_run(name):
    model, x = built(name, length=60).requires_grad_(False), drawn(4, 60)
    assert isinstance(model.first_layer, nn.Conv1d) and model.first_layer.in_channels == 4
    starts, content = torch.arange(60).expand(4, -1), drawn(4, 60, seed=1).transpose(1, 2)[..., None]
    target = torch.ones(4, dtype=torch.long)
    assert windows._shortcut(model, x, starts, content, target, None) is not None


def test_a_network_of_bases_alone_has_no_first_layer_and_a_step_a_base():
    model, x = built("bases"), drawn(2)
    assert model.first_layer is None and model.steps(x).shape[1] == LENGTH


@pytest.mark.parametrize("name", [n for n, (plugin, _) in VARIED.items() if plugin == "sequence_lstm"])
@pytest.mark.parametrize("length", [24, 37])
def test_states_stand_at_the_bases_that_they_read(name, length):
    model, x = built(name, length=length), drawn(3, length)
    states, steps = model.states(x), model.steps(x)
    assert states.shape == (3, steps.shape[2], length)
    for t in range(length):
        step = min(t // model.pool, steps.shape[1] - 1)
        assert torch.equal(states[:, :, t], steps[:, step])


def test_a_read_out_is_what_it_says():
    x = drawn(3)
    for name, of in [
        ("sequence_lstm", lambda h: h.max(1).values),
        ("mean state", lambda h: h.mean(1)),
        ("last state", lambda h: torch.cat([h[:, -1, :24], h[:, 0, 24:]], -1)),
    ]:
        model = built(name)
        torch.testing.assert_close(model(x), model.output(of(model.steps(x))))


def test_words_are_found_where_they_stand():
    x = drawn(4)
    found = occurrences(x, 3)
    torch.testing.assert_close(occurrences(x, 3, stride=3), found[..., ::3])
    for row, text in enumerate(decode(x.numpy())):
        for k, word in enumerate(words(3)):
            places = [i for i in range(LENGTH - 2) if text[i : i + 3] == word]
            assert found[row, k].nonzero().flatten().tolist() == places
    soft = torch.softmax(torch.randn(2, 4, 7), 1)
    torch.testing.assert_close(occurrences(soft, 3).sum(1), torch.ones(2, 5))
    chance = soft[:, 0, 2] * soft[:, 1, 3] * soft[:, 3, 4]
    torch.testing.assert_close(occurrences(soft, 3)[:, words(3).index("ACT"), 2], chance)


def test_slopes_of_words_are_the_changes_that_bases_make():
    """Counts of words are linear in each position, so that a slope is an in-silico mutation."""
    model, x = built("words of three"), drawn(1).requires_grad_()
    (slope,) = torch.autograd.grad(model(x).sum(), x)
    for position, base in [(0, 1), (11, 2), (LENGTH - 1, 3)]:
        other = x.detach().clone()
        other[0, :, position] = 0
        other[0, base, position] = 1
        there = int(x[0, :, position].argmax())
        change = slope[0, base, position] - slope[0, there, position]
        torch.testing.assert_close(model(other) - model(x), change.view(1, 1), atol=1e-4, rtol=1e-3)


def test_a_word_and_its_reverse_complement_are_one():
    of, names = canonical(3)
    assert len(names) == 32 and len(set(of.tolist())) == 32
    every, pairs = words(3), str.maketrans("ACGT", "TGCA")
    for word, number in zip(every, of.tolist()):
        other = word.translate(pairs)[::-1]
        assert names[number] == min(word, other) and of[every.index(other)] == number


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


def test_motifs_longer_than_the_sequence_are_refused():
    with pytest.raises(InputError, match=r"^motifs: \S+ is longer than the sequences' 5 bases; allowed: sh"):
        catalogue.load("models", "motif_scan_linear").build((4, 5), 1)


@pytest.mark.parametrize("name", ["kmer_logistic", "motif_scan_linear"])
def test_standardised_features_and_the_penalty(name):
    torch.manual_seed(0)
    model, x = catalogue.load("models", name).build((4, LENGTH), 2, sparsity=0.5), drawn(300)
    model.prepare(x, None)
    z = (model.features(x) - model.mean) / model.spread
    varied = model.features(x).std(0) > 1e-6
    torch.testing.assert_close(z.mean(0), torch.zeros(z.shape[1]), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        z.std(0, correction=0)[varied], torch.ones(int(varied.sum())), atol=1e-4, rtol=0
    )
    assert model.penalty().item() == pytest.approx(0.5 * model.output.weight.abs().sum().item() / 2)
    assert len(model.names) == z.shape[1]
    torch.testing.assert_close(model(x), model.output(z))


def test_a_penalty_makes_coefficients_small():
    x, y = drawn(200), torch.arange(200) % 2
    sizes = []
    for sparsity in (0.0, 0.5):
        torch.manual_seed(0)
        model = catalogue.load("models", "kmer_logistic").build((4, LENGTH), 1, k=2, sparsity=sparsity)
        model.prepare(x, None)
        loop.fit(model, loop.Part(x, y), loop.Part(x, y), np.random.default_rng(0), epochs=40)
        sizes.append(model.output.weight.abs().sum().item())
    assert sizes[1] < 0.2 * sizes[0]


@pytest.mark.parametrize("name", MODELS)
def test_what_reads_bases_by_a_convolution_says_so(name):
    """What asks for the filters of the first layer is refused elsewhere in the plan, and not in its job."""
    model = built(name)
    if "filters" in MODELS[name].card["provides"]:
        assert first_convolution(model, "test").in_channels == 4
    else:
        with pytest.raises(InputError, match="has no convolution over the four bases"):
            first_convolution(model, "test")
