"""Sequences as data: DNA as arrays, on disk, as evaluated samples, with their baselines and noise."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sequence_data import LENGTH, SITE, network, sequences

from xassay.core import noise
from xassay.core.base_imputation import by_chain, chain
from xassay.core.contracts import OWN
from xassay.core.dna import BASES, CODES, decode, encode, reverse_complement
from xassay.core.errors import InputError
from xassay.core.evaluated import evaluated
from xassay.core.gaps import gaps
from xassay.core.levels import level
from xassay.core.measuring import measured
from xassay.core.road import imputed
from xassay.core.samples import Samples
from xassay.core.sequence_baselines import sequence_baseline
from xassay.core.sequences import Sequences


def rng():
    return np.random.default_rng(0)


class Heard(torch.nn.Module):
    """Keeps what it is asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def forward(self, x):
        self.asked.append(x)
        return x.flatten(1)[:, :1]


@given(st.text("ACGT", min_size=1, max_size=30))
def test_sequences_survive_encoding(text):
    x = encode([text, text.lower()])
    assert x.shape == (2, 4, len(text)) and x.dtype == np.float32
    assert decode(x) == [text, text] and (x.sum(1) == 1).all()
    twice = reverse_complement(reverse_complement(x))
    assert (twice == x).all()
    pairs = dict(zip("ACGT", "TGCA"))
    assert decode(reverse_complement(x))[0] == "".join(pairs[base] for base in reversed(text))


def test_ambiguity_is_an_equal_share():
    x = encode(["".join(CODES)])[0].T
    for column, stands in zip(x, CODES.values(), strict=True):
        assert column[[BASES.index(base) for base in stands]] == pytest.approx(
            [1 / len(stands)] * len(stands)
        )
        assert column.sum() == pytest.approx(1)
    assert decode(encode(["ARN"])) == ["ANN"]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["ACG", "AC"], "sequence b: 2 bases, the first has 3; allowed: one length"),
        (["ACG", "AXG"], "sequence b: 'X' at position 2; allowed: A, C, G, T"),
        (["ACG", "A*é"], "sequence b: '*' at position 2; allowed: A, C, G, T"),
        (["", "A"], "sequence a: is empty"),
    ],
)
def test_what_is_no_dna_is_refused_in_a_line(texts, told):
    with pytest.raises(InputError) as raised:
        encode(texts, ["a", "b"])
    assert str(raised.value).startswith(told) and "\n" not in str(raised.value)


@pytest.mark.parametrize("regression", [False, True])
def test_a_data_set_survives_the_disk(tmp_path, regression):
    given = sequences(regression=regression)
    given.variants = pd.DataFrame(
        {"sample": ["s1"], "position": [3], "ref": ["A"], "alt": ["C"], "effect": [0.5]}
    )
    given.name = "mine"
    given.check()
    given.write(tmp_path / "mine.h5ad")
    found = Samples.read(tmp_path / "mine.h5ad")
    assert isinstance(found, Sequences) and found.shape == (4, LENGTH) and found.n_outputs == 1
    assert found.regression == regression and found.classes == given.classes and found.noise == given.noise
    ids = given.ids("test")
    np.testing.assert_array_equal(found.inputs(ids), given.inputs(ids))
    np.testing.assert_array_equal(found.truth(ids), given.truth(ids))
    for name in ("elements", "variants", "samples"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(given, name), check_dtype=False)
    [letters] = decode(found.inputs(["s1"]))
    row = found.elements[found.elements["sample"] == "s1"].iloc[0]
    assert letters[row.start : row.stop] == SITE
    assert found.known("s1")[row.start : row.stop] == ["AP1"] * 7 and set(found.known("s2")) == {""}
    counted = found.census("test")
    assert counted["instances"] == 10 * LENGTH and counted["cells"] == 10 and counted["witness_cells"] == 5
    assert counted["witness_rate"] == pytest.approx(5 * 7 / (10 * LENGTH))
    found.planted[found.samples["split"] == "test"] = np.where(np.arange(LENGTH) < 4, 0, np.nan)
    assert found.census("test")["witness_rate"] == 0


def test_labels_that_are_no_numbers_are_refused():
    given = sequences(regression=True)
    given.samples.loc["s1", "label"] = np.inf
    with pytest.raises(InputError, match="the train split has labels that are not finite, or all the same"):
        given.check()


@pytest.mark.parametrize("kind", OWN["sequence"]["baseline"])
def test_baselines_stand_for_sequences(kind):
    data = sequences()
    x = data.inputs(data.ids("test"))
    found = sequence_baseline(data, x, rng(), kind=kind, references=3)
    assert found.shape == (3 if kind in ("shuffle", "training_sequences") else 1, *x.shape)
    assert found.dtype == np.float32
    if kind == "zero":
        assert (found == 0).all()
    else:
        np.testing.assert_allclose(found.sum(2), 1, atol=1e-6)
    if kind == "shuffle":
        np.testing.assert_array_equal(found.sum(-1), np.broadcast_to(x.sum(-1), found.sum(-1).shape))
    if kind == "training_sequences":
        train = data.samples[(data.samples["split"] == "train") & (data.samples["label"] == 0)].index
        assert {one.tobytes() for one in found.reshape(-1, 4, LENGTH)} <= {
            one.tobytes() for one in data.inputs(train)
        }
    if kind == "composition":
        np.testing.assert_allclose(found[0, 0], data.inputs(data.ids("train")).mean(0), atol=1e-6)


def test_an_unknown_baseline_is_refused():
    with pytest.raises(InputError, match="baseline: 'training_cells' is unknown; allowed: shuffle, uniform"):
        sequence_baseline(sequences(), np.zeros((1, 4, 5)), rng(), kind="training_cells")


def test_noise_puts_other_bases_in_place():
    x = torch.from_numpy(encode(["ACGT" * 500] * 20))
    found = noise.law({"law": "substitution", "rate": 0.2})(x, rng())
    assert (found.sum(1) == 1).all() and ((found == 0) | (found == 1)).all()
    moved = (found != x).any(1)
    assert moved.float().mean() == pytest.approx(0.2, abs=0.01)
    into = found[:, :, ::4].transpose(1, 2)[moved[:, ::4]].mean(0)  # what has become of A
    assert into.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3], abs=0.02)


def test_evaluated_sequences_are_those_of_the_test_split():
    data = sequences()
    seen = evaluated(data, 0, n=6, n_variants=2, reference={"kind": "uniform"})
    assert (
        seen.x.shape == (6, 4, LENGTH) and seen.truth.shape == (6, LENGTH) and seen.target.tolist() == [1] * 6
    )
    assert seen.level.kind == "position" and seen.level.alphabet == 1 and len(seen.level.names) == LENGTH
    assert seen.there.shape == (6, LENGTH) and seen.there.all()
    assert all(np.any(seen.truth[k]) for k in seen.variants)
    with pytest.raises(InputError, match="level: 'instance' is unknown; allowed: position"):
        level(data, "instance")


def test_imputed_positions_get_what_the_rest_tells_of_them():
    data = sequences()
    seen = evaluated(data, 0, n=4, n_variants=2, reference={"kind": "uniform"})
    model = Heard()
    maps = torch.arange(LENGTH, dtype=torch.float64).expand(1, 4, -1)
    imputed(model, seen.x, seen.target, seen.baseline, maps, rng(), seen.level)
    one = model.asked[-1][0]  # a tenth of the positions removed, the last first: 3 of 24
    gone = torch.arange(LENGTH).expand(1, 1, -1) >= LENGTH - 3
    told = by_chain(seen.x[:1], gone, chain(data.inputs(data.ids("train"))))[0, 0]
    np.testing.assert_allclose(one[:, -3:], told[:, -3:], atol=1e-6)
    assert torch.equal(one[:, :-3], seen.x[0, :, :-3])


def test_gaps_put_other_bases_in_place():
    data = sequences()
    seen = evaluated(data, 0, n=4, n_variants=2, reference={"kind": "uniform"})
    model = Heard()
    maps = torch.rand(1, 4, LENGTH, dtype=torch.float64)
    important, rest = gaps(model, seen.x, seen.target, seen.baseline, maps, rng(), seen.level)
    assert important.shape == rest.shape == (1, 4, 3)
    assert all(((x == 0) | (x == 1)).all() and (x.sum(1) == 1).all() for x in model.asked)


def test_a_model_is_measured_along_the_orders_of_maps():
    torch.manual_seed(0)
    data, model = sequences(), network().eval().requires_grad_(False)
    seen = evaluated(data, 0, n=4, n_variants=2, reference={"kind": "uniform"})
    maps = torch.rand(2, 4, LENGTH, dtype=torch.float64)
    curves, *_ = measured(model, seen, maps, lambda *names: rng())
    assert curves.shape == (2, 2, 4, LENGTH + 1)
    whole = model(seen.x)[:, 0].double()
    np.testing.assert_allclose(curves[0, :, :, 0], whole.expand(2, -1), atol=1e-5)
    nothing = model(seen.baseline[0])[:, 0].double()
    np.testing.assert_allclose(curves[0, :, :, -1], nothing.expand(2, -1), atol=1e-5)
    first = maps[0, 0].argmax()
    changed = seen.x[:1].clone()
    changed[0, :, first] = 0.25
    np.testing.assert_allclose(curves[0, 0, 0, 1], model(changed).item(), atol=1e-5)
