"""Attention as attribution: weights as the formula has them, rollout and flow against slow definitions."""

from itertools import product

import numpy as np
import pytest
import torch
from sequence_models import built, drawn
from torch import nn

from xassay.attribution import attention_flow, attention_layer, attention_mean, attention_rollout
from xassay.core.attention import mixed, received, rolled_out
from xassay.core.dna import reverse_complement
from xassay.core.errors import InputError
from xassay.core.tokens import spread

METHODS = [attention_mean, attention_layer, attention_rollout, attention_flow]
NAMES = ["cnn_transformer", "words", "byte pairs", "three layers"]
methods = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__.rpartition(".")[2])


@pytest.fixture(params=NAMES)
def model(request):
    return built(request.param).requires_grad_(False)


def sharp(seed, depth, n):
    """Attention that differs from token to token: (layer, query, key)."""
    return np.random.default_rng(seed).dirichlet(np.full(n, 0.4), (depth, n))


@methods
def test_a_map_is_shares_of_each_sequence(method, model):
    x = drawn(4)
    found = method.attribute(model, x)
    assert found.shape == (4, x.shape[2]) and (found >= 0).all()
    torch.testing.assert_close(found.sum(1), torch.ones(4))
    for k in range(4):
        torch.testing.assert_close(method.attribute(model, x[k : k + 1])[0], found[k], atol=1e-5, rtol=1e-4)


@methods
@pytest.mark.parametrize("name", ["averaged transformer", "averaged pairs"])
def test_both_strands_are_explained_where_both_are_read(method, name):
    model, x = built(name).requires_grad_(False), drawn(3)
    found = method.attribute(model, x)
    torch.testing.assert_close(
        method.attribute(model, reverse_complement(x)).flip(1), found, atol=1e-6, rtol=1e-4
    )


@pytest.mark.parametrize("kind", ["none", "relative", "one_hot_distance", "binary", "sinusoidal"])
def test_attention_is_that_of_torch(kind):
    """Against nn.MultiheadAttention with the same parameters."""
    model, x = built(f"places {kind}"), drawn(2)
    layer = model.layers[0]
    torch_own = nn.MultiheadAttention(32, 4, batch_first=True).eval()
    with torch.no_grad():
        torch_own.in_proj_weight.copy_(layer.mixed.weight)
        torch_own.in_proj_bias.copy_(layer.mixed.bias)
        h = layer.first(model.places.added(model.tokens(x)[0]))
    bias = model.places.logits(h.shape[1])
    mask = None if bias is None else bias.detach().repeat(2, 1, 1)
    expected = torch_own(h, h, h, attn_mask=mask, average_attn_weights=False)[1]
    torch.testing.assert_close(model.attentions(x)[0][:, 0], expected, atol=1e-5, rtol=1e-4)


def test_received_is_the_mean_over_those_who_ask(model):
    weights, home = model.attentions(drawn(3))
    found = received(weights[:, 0, 0], home)
    for k in range(3):
        number = int(home[k].max()) + 1
        by_token = weights[k, 0, 0, :number, :number].mean(0)
        size = torch.bincount(home[k])
        torch.testing.assert_close(found[k], (by_token / size)[home[k]], atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(spread(torch.ones(3, weights.shape[-1]), home).sum(1), home.amax(1) + 1.0)


def test_layers_are_counted_from_either_end():
    model, x = built("three layers").requires_grad_(False), drawn(2)
    parts = torch.stack([attention_layer.attribute(model, x, layer=k) for k in range(3)])
    assert torch.equal(attention_layer.attribute(model, x), parts[2])
    assert torch.equal(attention_layer.attribute(model, x, layer=-3), parts[0])
    torch.testing.assert_close(attention_mean.attribute(model, x), parts.mean(0))
    for wrong in (3, -4):
        with pytest.raises(InputError, match=f"^attention_layer: layer is {wrong}; allowed: -3 to 2$"):
            attention_layer.attribute(model, x, layer=wrong)


def test_rollout_is_the_product_of_the_layers(model):
    weights, home = model.attentions(drawn(3))
    found = rolled_out(weights)
    for k in range(3):
        whole = np.eye(weights.shape[-1])
        for layer in weights[k].mean(1).numpy().astype(float):
            half = 0.5 * layer + 0.5 * np.eye(len(layer))
            whole = (half / half.sum(-1, keepdims=True)) @ whole
        np.testing.assert_allclose(found[k], whole, atol=1e-5)
    torch.testing.assert_close(attention_rollout.attribute(model, drawn(3)), received(found, home))


@pytest.mark.parametrize(("depth", "n"), [(1, 4), (2, 2), (2, 4), (3, 3), (4, 3)])
def test_flow_is_the_largest_that_a_linear_programme_finds(depth, n):
    """Capacities on edges, nothing lost on the way, as much as possible into one token."""
    from scipy.optimize import linprog

    layers = sharp(depth * 10 + n, depth, n)
    found = attention_flow.flow(torch.from_numpy(layers))
    edges = list(product(range(depth), range(n), range(n)))  # from a query one level up to a key
    for query, key in product(range(n), range(n)):
        balance = np.zeros(((depth + 1) * n, len(edges)))
        for e, (level, above, below) in enumerate(edges):
            balance[(level + 1) * n + above, e] -= 1
            balance[level * n + below, e] += 1
        ends = depth * n + query, key
        inner = [v for v in range(len(balance)) if v not in ends]
        solved = linprog(
            -balance[key],
            A_eq=balance[inner],
            b_eq=np.zeros(len(inner)),
            bounds=[(0, layers[e]) for e in edges],
        )
        assert found[query, key].item() == pytest.approx(-solved.fun, abs=1e-5)


def test_two_layers_by_paths_are_what_the_search_finds():
    layers = sharp(3, 2, 12)
    np.testing.assert_allclose(
        attention_flow.flow(torch.from_numpy(layers)), attention_flow._searched(layers), atol=2e-5
    )


def test_blocks_of_queries_change_nothing(monkeypatch):
    layers = torch.from_numpy(sharp(4, 2, 9))
    whole = attention_flow.flow(layers)
    monkeypatch.setattr(attention_flow, "BLOCK", 200)
    assert torch.equal(attention_flow.flow(layers), whole)


def test_flow_of_a_sequence_is_the_mean_of_what_its_tokens_get(model):
    x = drawn(3)
    weights, home = model.attentions(x)
    found = attention_flow.attribute(model, x)
    for k in range(3):
        number = int(home[k].max()) + 1
        flows = attention_flow.flow(mixed(weights)[k, :, :number, :number])
        by_token = (flows / flows.sum(1, keepdim=True)).mean(0)
        torch.testing.assert_close(
            found[k], (by_token / torch.bincount(home[k]))[home[k]], atol=1e-6, rtol=1e-4
        )
