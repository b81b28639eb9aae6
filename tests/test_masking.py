"""A model's answers to masks, against the plain definition."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toy_models import Attentive, L, Net, bag, references

from xassay import catalogue
from xassay.core import bags, levels
from xassay.core.errors import InputError
from xassay.core.masking import answers, check_instances, curves, ordered, removal
from xassay.core.measuring import measured
from xassay.core.targets import explained

SIZES = [5, 1, 3]


class Opaque(torch.nn.Module):
    """A model without its halves: the slow path."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)


@pytest.fixture(params=[Net, Attentive])
def model(request):
    torch.manual_seed(0)
    return request.param(4).eval()


@pytest.fixture
def x():
    return bag(3, 5, 4, sizes=SIZES)


@pytest.fixture
def masks(x):
    drawn = torch.rand(3, 7, 5, generator=torch.Generator().manual_seed(0)) < 0.5
    return drawn & ~x[:, None, :, 0].isnan()


TARGET = torch.tensor([1, 0, 1])


def test_answers_are_the_logits_of_mixed_bags(model, x, masks):
    baseline = references(x)
    found = answers(model, x, baseline, masks, TARGET)
    for s in range(3):
        for m in range(7):
            mixed = [torch.where(masks[s, m, :, None], b[s], x[s])[None] for b in baseline]
            one = torch.stack([explained(model(bag), TARGET[s : s + 1]) for bag in mixed]).mean()
            torch.testing.assert_close(found[s, m].float(), one, atol=1e-5, rtol=0)


def test_mixing_embeddings_is_mixing_inputs(model, x, masks):
    given = (x, references(x), masks, TARGET)
    torch.testing.assert_close(answers(model, *given), answers(Opaque(model), *given), atol=1e-5, rtol=0)


@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_chunk_size_does_not_matter(model, x, masks, chunk):
    given = (model, x, references(x), masks, TARGET)
    torch.testing.assert_close(answers(*given, chunk=chunk), answers(*given), atol=1e-6, rtol=0)


@pytest.mark.parametrize("wrap", [Opaque, lambda model: model])
def test_removal_makes_a_smaller_bag(model, x, wrap):
    masks = torch.zeros(3, 1, 5, dtype=torch.bool)
    masks[0, 0, [1, 3]] = True
    found = answers(wrap(model), x, removal(x), masks, TARGET)[0, 0]
    smaller = model(x[:1, [0, 2, 4]])[0, 0].double()
    torch.testing.assert_close(found, smaller, atol=1e-5, rtol=0)


def test_curves_are_answers_to_growing_masks(model, x):
    baseline = references(x)
    order = ordered(torch.where(x[..., 0].isnan(), torch.nan, x[..., 0]), descending=True)
    found = curves(model, x, baseline, order, TARGET)
    assert found.shape == (3, 1, 6)
    for s, size in enumerate(SIZES):
        assert found[s, 0, size + 1 :].isnan().all() and not found[s, 0, : size + 1].isnan().any()
        for step in range(size + 1):
            mask = torch.zeros(3, 1, 5, dtype=torch.bool)
            mask[s, 0, order[s, 0, :step]] = True
            torch.testing.assert_close(
                found[s, 0, step], answers(model, x, baseline, mask, TARGET)[s, 0], atol=1e-6, rtol=0
            )


def test_curve_of_a_linear_model_is_a_cumulative_sum():
    w, x = torch.tensor([1.0, -2.0]), bag(1, 6, 2)
    contribution = (x @ w)[0]
    order = ordered((x @ w), descending=True)
    found = curves(L(w), x, torch.zeros_like(x)[None], order, torch.ones(1, dtype=torch.long))[0, 0]
    expected = contribution.sum() - torch.cat(
        [torch.zeros(1), contribution.sort(descending=True).values.cumsum(0)]
    )
    torch.testing.assert_close(found.float(), expected, atol=1e-5, rtol=0)


def test_orders_put_absent_instances_last():
    attribution = torch.tensor([[0.5, torch.nan, -1.0, 0.5]])
    assert ordered(attribution, descending=True).tolist() == [[[0, 3, 2, 1]]]
    assert ordered(attribution, descending=False).tolist() == [[[2, 0, 3, 1]]]


def test_map_without_a_value_for_a_present_instance_has_no_curve(model, x):
    attribution = torch.where(x[..., 0].isnan(), torch.nan, x[..., 0].double())
    attribution[2, 1] = torch.nan
    seen = SimpleNamespace(
        x=x, target=TARGET, baseline=references(x), there=~x[..., 0].isnan(), level=levels.INSTANCE
    )
    for answered in measured(model, seen, attribution[None], lambda *_: np.random.default_rng(0)):
        assert np.isnan(answered[:, 0, 2]).all() and not np.isnan(answered[:, 0, 0]).any()


class Centred(Net):
    """Each instance's embedding less the mean of its bag's: it knows of the others."""

    def embed(self, x):
        h, mask = super().embed(x), bags.present(x)
        return h - bags.masked_mean(bags.filled(h, mask), mask)[:, None]

    def pool(self, h):
        return super().pool(h.square())


class Mixing(Attentive):
    """Only the attention logit, a small column of the embedding, knows of the others."""

    def embed(self, x):
        h = super().embed(x)
        return torch.cat([h[..., :-1], 1e-3 * (h[..., -1:] - h[..., -1:].nanmean(1, keepdim=True))], -1)


class Beside(Net):
    """The model does more than its halves."""

    def forward(self, x):
        return super().forward(x) + bags.present(x).sum(1, keepdim=True)


@pytest.mark.parametrize("mixer", [Centred, Mixing])
def test_embedding_that_mixes_instances_is_refused(mixer, x):
    with pytest.raises(
        InputError, match='^model mine provides "instances" but its embed.. of an instance depend'
    ):
        check_instances(mixer(4), x, references(x), "mine")


def test_model_that_is_not_its_halves_is_refused(x):
    with pytest.raises(InputError, match="it is not pool"):
        check_instances(Beside(4), x, references(x), "mine")


def test_honest_models_are_not_refused(model, x):
    check_instances(model, x, references(x), "mine")
    check_instances(Opaque(Centred(4)), x, references(x), "mine")
    check_instances(model, x[1:2], references(x)[:, 1:2], "mine")


@pytest.mark.parametrize("name", ["mean_pooling", "max_pooling", "attention_mil", "gated_attention_mil"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_shipped_models_are_not_refused(name, scale):
    x = scale * bag(20, 30, 50, sizes=list(range(11, 31)))
    for seed in range(5):
        torch.manual_seed(seed)
        net = catalogue.load("models", name).build((30, 50), 1).eval()
        check_instances(net, x, scale * references(x), name)


def test_model_whose_card_says_so_is_asked_about_whole_bags(x, masks):
    honest, given = Centred(4), (x, references(x), masks, TARGET)
    honest.provides = {"gradient"}
    check_instances(honest, x, references(x), "mine")
    torch.testing.assert_close(answers(honest, *given), answers(Opaque(honest), *given))
