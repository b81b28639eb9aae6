"""Exact effects: of bases, of elements alone, together and in pairs, and phi* of positions made of them."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_grammar import grammar, sequences

from xassay.core.dna import encode
from xassay.core.element_effects import CAP, coalitions, element_shapley, epistasis, ism, shapley
from xassay.core.programs import PROGRAMS
from xassay.core.targets import Explained

MOTIFS = ("ACGTACGG", "TTGACCAA")
ONES = torch.ones(1, dtype=torch.long)


def sharp(program, **given):
    """f* of two motifs that only their own site binds."""
    weights = np.where(encode(MOTIFS) > 0, 2.0, -4.0)
    few = weights[:1] if program in ("single", "count", "orientation", "position") else weights
    more = dict(weights=few, widths=[8] * len(few), thresholds=[10.0] * len(few), sharpness=1.0)
    return grammar(program, **more | given)


def one_hot(text):
    return torch.from_numpy(encode([text])).double()


def random_game(seed, n=3, size=4):
    """A function of sequences that no rule simplifies, elements that overlap, references."""
    weights = torch.from_numpy(np.random.default_rng(seed).normal(size=(5, 4, 14)))
    masks = torch.from_numpy(np.random.default_rng(seed + 1).random((n, size, 14)) < 0.3)

    def f(x):
        return torch.tanh(torch.einsum("nbl,kbl->nk", x, weights)).prod(1) * 10

    return f, sequences(n, seed=seed), masks, torch.stack([sequences(n, seed=seed + k) for k in (2, 3)])


def without(x, reference, masks, gone):
    """One sequence with the elements that are gone replaced. x, reference: (4, position)."""
    out = x.clone()
    for e in gone:
        out[:, masks[e]] = reference[:, masks[e]]
    return out


def by_orders(f, x, masks, baseline):
    """Shapley values of one sequence: the mean over all orders of what an element adds as it comes."""
    size = len(masks)
    out = torch.zeros(size, dtype=torch.float64)
    orders = list(permutations(range(size)))
    for reference in baseline:
        for order in orders:
            gone = set(range(size))
            before = f(without(x, reference, masks, gone)[None])[0]
            for e in order:
                gone.discard(e)
                after = f(without(x, reference, masks, gone)[None])[0]
                out[e] += (after - before) / len(orders) / len(baseline)
                before = after
    return out


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6))
def test_shapley_values_are_those_of_all_orders(seed):
    f, x, masks, baseline = random_game(seed)
    found = element_shapley(f, x, masks, baseline)
    for k in range(len(x)):
        torch.testing.assert_close(found[k], by_orders(f, x[k], masks[k], baseline[:, k]))
    values = coalitions(f, x, masks, baseline)
    torch.testing.assert_close(shapley(values).sum(-1), values[..., -1] - values[..., 0])
    torch.testing.assert_close(values[..., -1], f(x).expand(2, -1))


def test_an_element_of_nothing_has_no_effect_and_twins_the_same():
    f, x, masks, baseline = random_game(1)
    masks[:, 2], masks[:, 3] = False, masks[:, 1]
    found = element_shapley(f, x, masks, baseline)
    assert (found[:, 2] == 0).all()
    torch.testing.assert_close(found[:, 1], found[:, 3])
    assert element_shapley(f, x, masks[:, :0], baseline).shape == (3, 0)
    with pytest.raises(ValueError, match="at most 12"):
        coalitions(f, x, torch.zeros(3, CAP + 1, 14, dtype=torch.bool), baseline)


@pytest.mark.parametrize("alone", [False, True])
def test_epistasis_is_its_definition(alone):
    f, x, masks, baseline = random_game(2)
    found = epistasis(f, x, masks, baseline, alone)
    assert found.isnan().sum() == 3 * 4
    for k in range(3):
        for a in range(4):
            for b in set(range(4)) - {a}:
                rest = set(range(4)) - {a, b} if alone else set()
                total = 0
                for sign, gone in ((1, set()), (-1, {a}), (-1, {b}), (1, {a, b})):
                    for reference in baseline[:, k]:
                        total += sign * f(without(x[k], reference, masks[k], gone | rest)[None])[0] / 2
                assert found[k, a, b] == pytest.approx(total.item())


@pytest.mark.parametrize("program, sign", [("and", 1), ("or", -1), ("xor", -1), ("not", -1)])
def test_epistasis_has_the_sign_of_the_rule(program, sign):
    x = one_hot("TTT" + MOTIFS[0] + "CCCC" + MOTIFS[1] + "TTT")
    masks = torch.zeros(1, 2, x.shape[2], dtype=torch.bool)
    masks[0, 0, 3:11] = masks[0, 1, 15:23] = True
    f, baseline = sharp(program), torch.full_like(x, 0.25)[None]
    found = epistasis(Explained(f), x, masks, baseline, along=[ONES])[0, 0, 1]
    parts = {"and": 8, "or": -8, "xor": -16, "not": -8}
    assert found == pytest.approx(parts[program], rel=0.02) and torch.sign(found) == sign


def test_sites_that_are_counted_do_not_interact():
    x = one_hot("TTT" + MOTIFS[0] + "CCCC" + MOTIFS[0] + "TTT")
    masks = torch.zeros(1, 2, x.shape[2], dtype=torch.bool)
    masks[0, 0, 3:11] = masks[0, 1, 15:23] = True
    found = epistasis(Explained(sharp("count")), x, masks, torch.full_like(x, 0.25)[None], along=[ONES])
    assert abs(found[0, 0, 1]) < 0.01


def test_mutagenesis_is_a_loop_over_all_bases():
    f, x, _, _ = random_game(3)
    found = ism(f, x, batch=50)
    for k, base, place in np.ndindex(3, 4, 14):
        changed = x[k].clone()
        changed[:, place] = torch.eye(4)[base]
        assert found[k, base, place] == pytest.approx((f(changed[None]) - f(x[k][None])).item())
    assert (found[x == 1] == 0).all()
    weights = torch.arange(3.0)
    scaled = ism(lambda some, by: f(some) * by, x, along=[weights])
    torch.testing.assert_close(scaled, found * weights[:, None, None])


@pytest.mark.parametrize("program", PROGRAMS)
def test_phi_is_shapley_spread_over_the_bases_that_matter(program):
    f, x = (
        sharp(
            program,
            thresholds=[4.0] * (1 if program in ("single", "count", "orientation", "position") else 2),
        ),
        [],
    )
    for text in (
        "TT" + MOTIFS[0] + "CCCC" + MOTIFS[1] + "TTC",
        "TT" + MOTIFS[1] + "CC" + MOTIFS[0] + "TTCCC",
        "C" * 25,
    ):
        x.append(one_hot(text))
    x = torch.cat(x)
    baseline = torch.stack([x.flip(2), torch.full_like(x, 0.25)])
    target = f(x).argmax(1) if program == "multi_task" else ONES.expand(3)
    found = f.effect(x, baseline, target)
    sample, motif, strand, start, _ = f.elements(x)
    assert found.shape == (3, 25) and (found[2] == 0).all()
    kernels = f.scan.kernels()
    for k in range(2):
        masks = torch.zeros(int((sample == k).sum()), 25, dtype=torch.bool)
        for e, first in enumerate(start[sample == k].tolist()):
            masks[e, first : first + 8] = True
        expected = torch.zeros(25, dtype=torch.float64)
        for reference in baseline[:, k]:
            values = by_orders(
                lambda s, k=k: Explained(f)(s, target[k : k + 1]), x[k], masks, reference[None]
            )
            for value, m, s, first in zip(
                values, motif[sample == k], strand[sample == k], start[sample == k]
            ):
                part = slice(int(first), int(first) + 8)
                lost = (kernels[m, s] * (x[k] - reference)[:, part]).sum(0).clamp(min=0)
                share = lost / lost.sum() if lost.sum() > 0 else torch.full((8,), 0.125).double()
                expected[part] += value * share / 2
        torch.testing.assert_close(found[k], expected)
        gone = [
            Explained(f)(without(x[k], r[k], masks, range(len(masks)))[None], target[k : k + 1])
            for r in baseline
        ]
        whole = Explained(f)(x[k : k + 1], target[k : k + 1])
        assert found[k].sum() == pytest.approx((whole - sum(gone) / 2).item(), abs=1e-9)


def test_phi_tells_activators_from_repressors_and_half_from_half():
    x = one_hot("TTT" + MOTIFS[0] + "CCCC" + MOTIFS[1] + "TTT")
    baseline = torch.full_like(x, 0.25)[None]
    first, second = slice(3, 11), slice(15, 23)
    repressed = sharp("not").effect(x, baseline, ONES)[0]
    assert repressed[first].sum() > 2 and repressed[second].sum() < -2
    both = sharp("and").effect(x, baseline, ONES)[0]
    assert both[first].sum() == pytest.approx(
        both[second].sum().item(), rel=1e-3
    ) and both.sum() == pytest.approx(8, abs=0.1)
    either = sharp("or").effect(x, baseline, ONES)[0]
    assert either[first].sum() == pytest.approx(either[second].sum().item(), rel=1e-3)
    assert sharp("xor").effect(x, baseline, ONES)[0].sum().abs() < 0.1
    assert (both[11:15] == 0).all() and (both[first] > 0).all()
    other = sharp("multi_task").effect(x, baseline, ONES)[0]
    assert other[second].sum() > 4 and other[first].sum() < -4
