"""Set models: padding changes nothing, order does not matter, embed and pool are the model."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xassay import catalogue
from xassay.core import bags

GENES = 4
MODELS = {name: entry for name, entry in catalogue.entries("models").items() if "bag" in entry.card["kinds"]}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


def built(name, n_outputs=1, seed=0):
    torch.manual_seed(seed)
    return catalogue.load("models", name).build((6, GENES), n_outputs).eval()


def padded(sizes, rows=0, seed=0):
    """Bags of the given sizes with ``rows`` NaN rows beyond the largest."""
    x = torch.randn(len(sizes), max(sizes) + rows, GENES, generator=torch.Generator().manual_seed(seed))
    for k, size in enumerate(sizes):
        x[k, size:] = torch.nan
    return x


def gradient(model, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(model(x).sum(), x)[0]


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=15, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    rows=st.integers(1, 5),
    outputs=st.integers(1, 3),
)
def test_padding_changes_nothing(name, sizes, rows, outputs):
    model, x = built(name, outputs), padded(sizes)
    longer = torch.cat([x, torch.full((len(sizes), rows, GENES), torch.nan)], 1)
    n = x.shape[1]
    torch.testing.assert_close(model(longer), model(x))
    grad, absent = gradient(model, longer), torch.isnan(longer[..., 0])
    torch.testing.assert_close(grad[:, :n], gradient(model, x))
    assert (grad[absent] == 0).all()
    embedded = model.embed(longer)
    assert torch.isnan(embedded[absent]).all() and not torch.isnan(embedded[~absent]).any()
    if "attention" in MODELS[name].card["provides"]:
        weights = model.attention(longer)
        torch.testing.assert_close(weights[..., :n], model.attention(x), equal_nan=True)
        assert torch.equal(torch.isnan(weights), absent[:, None].expand_as(weights))
        torch.testing.assert_close(weights.nansum(-1), torch.ones(weights.shape[:2]))


@pytest.mark.parametrize("name", MODELS)
def test_the_order_of_instances_does_not_matter(name):
    model, x = built(name), padded([5, 3])
    order = torch.randperm(5, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(model(x[:, order]), model(x))
    torch.testing.assert_close(model.embed(x[:, order]), model.embed(x)[:, order], equal_nan=True)


@pytest.mark.parametrize("name", MODELS)
def test_samples_do_not_touch_one_another(name):
    model, x = built(name, 2), padded([5, 3, 1])
    torch.testing.assert_close(torch.cat([model(part) for part in x.split(1)]), model(x))


@pytest.mark.parametrize("name", MODELS)
def test_forward_is_pool_of_embed(name):
    model, x = built(name, 3), padded([4, 6])
    assert torch.equal(model(x), model.pool(model.embed(x)))


@pytest.mark.parametrize("name", MODELS)
def test_no_module_is_used_twice_and_none_is_a_softmax(name):
    """What captum's DeepLIFT asks for."""
    model, calls = built(name), []
    for part in model.modules():
        assert not isinstance(part, torch.nn.Softmax)
        if not list(part.children()):
            part.register_forward_hook(lambda part, *_: calls.append(part))
    model(padded([3]))
    assert len(calls) == len(set(calls))


def test_masked_pooling_is_that_of_each_bag_alone():
    h, sizes = torch.randn(3, 5, 2), [5, 1, 3]
    mask = torch.arange(5) < torch.tensor(sizes)[:, None]
    for k, n in enumerate(sizes):
        torch.testing.assert_close(bags.masked_mean(h, mask)[k], h[k, :n].mean(0))
        torch.testing.assert_close(bags.masked_max(h, mask)[k], h[k, :n].max(0).values)
        weights = bags.masked_softmax(h[..., 0], mask)[k]
        torch.testing.assert_close(weights[:n], torch.softmax(h[k, :n, 0], 0))
        assert (weights[n:] == 0).all()


def test_attention_is_the_formula_of_its_paper():
    """Ilse et al. 2018, equations 8 and 9, one instance after the other."""
    x = padded([4])
    for name in ("attention_mil", "gated_attention_mil"):
        model = built(name)
        logit = []
        for row in x[0]:
            h = model.encoder(row)
            if name == "attention_mil":
                v, w = model.score[0], model.score[2]
                logit.append(w(torch.tanh(v(h))))
            else:
                v, u, w = model.content[0], model.gate[0], model.score
                logit.append(w(torch.tanh(v(h)) * torch.sigmoid(u(h))))
        power = np.exp(torch.stack(logit).detach().numpy()[:, 0])
        np.testing.assert_allclose(model.attention(x)[0, 0].detach(), power / power.sum(), rtol=1e-5)


def test_origin_is_the_median_of_present_instances():
    model, x = built("mean_pooling"), padded([5, 2, 3])
    bags.set_origin(model, x)
    present = x[~torch.isnan(x[..., 0])]
    torch.testing.assert_close(model.encoder[0].origin, present.median(0).values)
