"""f*: every grammar is its formula, site by site and pair by pair, on sequences and on what is none."""

from itertools import product

import numpy as np
import pytest
import torch

from xassay.core import occupancy, programs
from xassay.core.dna import encode, reverse_complement
from xassay.core.grammar import SEEN, Grammar
from xassay.core.programs import PROGRAMS

WIDTHS, LENGTH = (4, 3), 14
TWO = ("and", "or", "xor", "not", "spacing", "order", "heterodimer", "multi_task")


def rng(seed=0):
    return np.random.default_rng(seed)


def parameters(program, **given):
    """Two small random motifs, or one, whose sites are about as often bound as not."""
    n = 1 if program in ("single", "orientation", "position") else 2
    weights = rng(5).normal(0, 1.5, (2, 4, max(WIDTHS)))
    weights[1, :, WIDTHS[1] :] = 0
    made = dict(weights=weights[:n], widths=np.array(WIDTHS[:n]), thresholds=np.array([5.0, 4.0])[:n])
    made |= dict(
        sharpness=0.8, program=list(PROGRAMS).index(program), gain=8.0, needed=2, window=np.array([3, 11])
    )
    return made | dict(spacing=1, decay=2.0) | given


def grammar(program, **given):
    return Grammar(**parameters(program, **given)).double()


def sequences(n=3, soft=False, seed=0):
    if soft:
        return torch.from_numpy(rng(seed).dirichlet([0.3] * 4, (n, LENGTH)).transpose(0, 2, 1).copy())
    return torch.from_numpy(np.eye(4)[rng(seed).integers(4, size=(n, LENGTH))].transpose(0, 2, 1).copy())


def sites(p, x):
    """Every site of one sequence: {(motif, strand, start): log-odds}; x: (4, position), an array."""
    found = {}
    for motif, width in enumerate(p["widths"]):
        for start in range(x.shape[1] - width + 1):
            part, weights = x[:, start : start + width], p["weights"][motif][:, :width]
            for strand, read in enumerate((part, part[::-1, ::-1])):
                found[motif, strand, start] = p["sharpness"] * (
                    (read * weights).sum() - p["thresholds"][motif]
                )
    return found


def squash(a):
    return 1 / (1 + np.exp(-a))


def defined(program, p, x):
    """The outputs of f* on one sequence, from its definition."""
    a, widths = sites(p, x), p["widths"]
    if program == "orientation":
        a = {key: value for key, value in a.items() if key[1] == 0}
    there = [1 - np.prod([1 - squash(v) for k, v in a.items() if k[0] == m]) for m in range(len(widths))]
    if program in ("single", "orientation"):
        q = there[0]
    elif program == "and":
        q = there[0] * there[1]
    elif program == "or":
        q = 1 - (1 - there[0]) * (1 - there[1])
    elif program == "xor":
        q = there[0] * (1 - there[1]) + there[1] * (1 - there[0])
    elif program == "not":
        q = there[0] * (1 - there[1])
    elif program == "multi_task":
        return [p["gain"] * (t - 0.5) for t in there]
    elif program in ("count", "position"):
        number = 0
        for (m, _, s), v in a.items():
            rivals = sum(np.exp(w) for (n, _, t), w in a.items() if n == m and abs(t - s) < widths[m])
            within = p["window"][0] <= s and s + widths[m] <= p["window"][1]
            number += np.exp(v) / (1 + rivals) * (within or program == "count")
        return [p["gain"] * (number - (p["needed"] - 0.5))]
    elif program == "order":
        q = 1.0
        for t in range(x.shape[1]):
            second = 1 - np.prod([1 - squash(v) for k, v in a.items() if k[0] == 1 and k[2] == t])
            before = [v for k, v in a.items() if k[0] == 0 and k[2] + widths[0] <= t]
            q *= 1 - second * (1 - np.prod([1 - squash(v) for v in before]))
        q = 1 - q
    else:
        q = 1.0
        for first, second in ((0, 1), (1, 0)):
            for one, other in product(range(x.shape[1]), repeat=2):
                gap = other - one - widths[first]
                worth = np.exp(-abs(gap - p["spacing"]) / p["decay"])
                if worth < programs.LEAST or gap <= -min(widths):
                    continue
                if program == "spacing":
                    both = [
                        1 - np.prod([1 - squash(a.get((m, s, k), -np.inf)) for s in (0, 1)])
                        for m, k in ((first, one), (second, other))
                    ]
                else:  # the first motif first on the given strand, last on the other
                    both = [squash(a.get((m, first, k), -np.inf)) for m, k in ((first, one), (second, other))]
                q *= 1 - worth * both[0] * both[1]
        q = 1 - q
    return [p["gain"] * (q - 0.5)]


@pytest.mark.parametrize("soft", [False, True], ids=["bases", "mixtures"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_f_is_its_formula(program, soft):
    f, x = grammar(program), sequences(6, soft=soft)
    expected = [defined(program, parameters(program), part) for part in x.numpy()]
    np.testing.assert_allclose(f(x).numpy(), expected, atol=1e-4)  # ALMOST: 1e-6 of a certain pair is left
    assert np.std(expected) > 0.02  # far more than the tolerance


@pytest.mark.parametrize("spacing", [-2, 0, 3])
def test_heterodimers_may_overlap(spacing):
    f, x = grammar("heterodimer", spacing=spacing, decay=0.5), sequences(5, seed=3)
    given = parameters("heterodimer", spacing=spacing, decay=0.5)
    expected = [defined("heterodimer", given, part) for part in x.numpy()]
    np.testing.assert_allclose(f(x).numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_other_strand_means_the_same_where_no_strand_is_named(program):
    f, x = grammar(program), sequences(20)
    same = torch.allclose(f(x), f(reverse_complement(x)))
    assert same == (program not in ("orientation", "order"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_are_those_of_f(program):
    x = sequences(1, soft=True).requires_grad_()
    assert torch.autograd.gradcheck(grammar(program), (x,), atol=1e-5)


@pytest.mark.parametrize("program", PROGRAMS)
def test_arrays_make_the_same_f_again(program):
    f, x = Grammar(**parameters(program)), sequences().float()
    kept = {key: torch.as_tensor(np.asarray(value)) for key, value in parameters(program).items()}
    again = Grammar(**kept)
    assert torch.equal(f(x), again(x)) and f(x).shape == (3, 2 if program == "multi_task" else 1)
    blank = Grammar(**parameters(program, gain=1.0, sharpness=0.1))
    blank.load_state_dict(f.state_dict())
    assert torch.equal(f(x), blank(x))
    torch.testing.assert_close(f(x), torch.cat([f(part[None]) for part in x]))


def test_nothing_overflows_far_from_the_simplex():
    for program in PROGRAMS:
        x = (100 * sequences().float()).requires_grad_()
        out = Grammar(**parameters(program))(x)
        (slope,) = torch.autograd.grad(out.sum(), x)
        assert torch.isfinite(out).all() and torch.isfinite(slope).all()


def test_sites_that_exclude_each_other_are_counted_as_their_states_are():
    """Windows that all overlap: one is bound or none, each state as likely as its weight."""
    odds = torch.from_numpy(rng().normal(0, 2, (4, 1, 2, 3)))
    weight = odds.exp().flatten(1)
    expected = weight / (1 + weight.sum(1, keepdim=True))
    found = occupancy.bound(odds, torch.tensor([3]))
    torch.testing.assert_close(found[:, 0], expected.view(4, 2, 3).sum(1))


def test_a_palindrome_counts_once():
    weights = np.where(encode(["ACGCGT"]) > 0, 2.0, -8.0)
    f = Grammar(**parameters("count", weights=weights, widths=[6], thresholds=[6.0], needed=1)).double()
    for text, number in (("TTACGCGTTTTTTT", 1), ("ACGCGTTTACGCGT", 2), ("TTTTTTTTTTTTTT", 0)):
        logit = f(torch.from_numpy(encode([text])).double()).item()
        assert logit / 8 + 0.5 == pytest.approx(number, abs=0.02)


def test_elements_are_the_strongest_sites_that_are_bound():
    p, x = parameters("and", thresholds=np.array([1.0, 2.0])), sequences(30, soft=True)  # no ties
    sample, motif, strand, start, odds = grammar("and", thresholds=p["thresholds"]).elements(x)
    found = {}
    for k, m, s, t, v in zip(*(part.tolist() for part in (sample, motif, strand, start, odds))):
        found.setdefault(k, []).append((m, s, t))
        assert v == pytest.approx(sites(p, x[k].numpy())[m, s, t], abs=1e-5)
    for k, part in enumerate(x.numpy()):
        left, kept = sites(p, part), []
        while left and squash(max(left.values())) >= SEEN:
            best = max(left, key=left.get)
            kept.append(best)
            half = (WIDTHS[best[0]] + 1) // 2
            left = {key: v for key, v in left.items() if key[0] != best[0] or abs(key[2] - best[2]) >= half}
        assert found.get(k, []) == kept
    assert ((odds.diff() <= 0) | (sample.diff() > 0)).all()
    assert len(sample) > 30 and len(found) > 20
    assert all(len(part) == 0 for part in grammar("and", thresholds=[99.0, 99.0]).elements(x))
