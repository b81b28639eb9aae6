"""Bases told from those that are left: by enumeration, by place, by neighbours."""

from itertools import product

import numpy as np
import pytest
import torch

from xassay.core.base_imputation import Chain, by_chain, chain
from xassay.core.dna import encode


def random_chain(length, seed=0):
    rng = np.random.default_rng(seed)
    first, steps = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4), (length - 1, 4))
    return Chain(torch.from_numpy(first), torch.from_numpy(steps))


def enumerated(x, removed, given):
    """Probabilities of one sequence's bases over all texts that agree with what is left."""
    length, total = x.shape[1], np.zeros((4, x.shape[1]))
    for text in product(range(4), repeat=length):
        weight = given.first[text[0]].item()
        for place in range(length - 1):
            weight *= given.steps[place, text[place], text[place + 1]].item()
        if all(removed[p] or x[text[p], p] == 1 for p in range(length)):
            total[list(text), range(length)] += weight
    return np.where(removed, total / total.sum(0), x)


@pytest.mark.parametrize("seed", range(4))
def test_probabilities_are_those_of_all_texts_that_agree(seed):
    given, rng = random_chain(5, seed), np.random.default_rng(seed)
    x = torch.from_numpy(encode(["ACGTA", "GGTCA"]))
    removed = torch.from_numpy(rng.random((2, 6, 5)) < 0.5)
    removed[0, 0], removed[1, 0] = True, False
    found = by_chain(x, removed, given)
    assert found.shape == (2, 6, 4, 5) and found.dtype == x.dtype
    for s, m in np.ndindex(2, 6):
        expected = enumerated(x[s].numpy(), removed[s, m].numpy(), given)
        np.testing.assert_allclose(found[s, m], expected, atol=1e-6)


def test_an_ambiguous_base_says_little_and_stays():
    given, x = random_chain(4), torch.from_numpy(encode(["ANGT"]))
    removed = torch.tensor([[[False, False, True, False]]])
    found = by_chain(x, removed, given)[0, 0]
    np.testing.assert_array_equal(found[:, 1], 0.25)
    expected = given.steps[1].mean(0) * given.steps[2][:, 3]
    np.testing.assert_allclose(found[:, 2], expected / expected.sum(), atol=1e-6)


def test_a_library_is_told_by_place_and_others_by_their_neighbours():
    rng = np.random.default_rng(0)
    wild = rng.integers(4, size=30)
    library = np.where(rng.random((500, 30)) < 0.1, rng.integers(4, size=(500, 30)), wild)
    x = torch.from_numpy(np.eye(4, dtype=np.float32)[library].transpose(0, 2, 1).copy())
    removed = torch.zeros(500, 1, 30, dtype=torch.bool)
    removed[..., 10:20] = True
    found = by_chain(x, removed, chain(x))[:, 0]
    assert (found[:, wild[10:20], range(10, 20)] > 0.85).float().mean() > 0.95
    pairs = np.tile([0, 3], (400, 15))  # A and T in turn, from either
    pairs[::2] = 3 - pairs[::2]
    x = torch.from_numpy(np.eye(4, dtype=np.float32)[pairs].transpose(0, 2, 1).copy())
    removed = torch.zeros(400, 1, 30, dtype=torch.bool)
    removed[..., 12] = True
    assert (by_chain(x, removed, chain(x))[:, 0] * x)[..., 12].sum(1).min() > 0.95


def test_steps_are_probabilities_also_of_bases_that_were_never_seen():
    given = chain(encode(["AAAA"] * 3))
    np.testing.assert_allclose(given.steps.sum(2), 1)
    assert given.steps.min() > 0 and given.first.sum() == pytest.approx(1)
    assert (
        by_chain(torch.from_numpy(encode(["GCTG"])), torch.ones(1, 1, 4, dtype=torch.bool), given)
        .isfinite()
        .all()
    )
