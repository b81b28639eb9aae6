"""TomTom's p-values against the enumeration of every target that the null could draw."""

from importlib.util import find_spec
from itertools import product

import numpy as np
import pytest

from xassay.core import motifs
from xassay.core.pwm import Motif
from xassay.core.significance import benjamini_hochberg
from xassay.core.tomtom import nearest, tomtom


def random_motifs(n, rng, letters=4, widths=(6, 21)):
    return [rng.dirichlet(np.full(letters, 0.3), size=rng.integers(*widths)).T for _ in range(n)]


def steps_of(query, targets, bins):
    """Score of every query column against every column of the targets, in whole steps."""
    columns = np.concatenate(targets, axis=1)
    likeness = np.array([[-np.linalg.norm(q - t) for t in columns.T] for q in query.T])
    likeness -= np.median(likeness, axis=1, keepdims=True)
    return np.rint(likeness * bins / np.ptp(likeness, axis=1).max()).astype(int)


def enumerated(query, targets, bins):
    """p and best score of each target, one strand: for every alignment every choice of columns is listed."""
    steps, w = steps_of(query, targets, bins), query.shape[1]
    ends = np.cumsum([0] + [t.shape[1] for t in targets])
    p, best = [], []
    for first, last in zip(ends, ends[1:]):
        sums = {}
        for offset in range(1 - (last - first), w):
            pairs = [(offset + k, first + k) for k in range(last - first) if 0 <= offset + k < w]
            sums[offset] = sum(steps[i, j] for i, j in pairs)
        score = max(sums.values())
        stays = 1.0
        for offset in sums:
            rows = [offset + k for k in range(last - first) if 0 <= offset + k < w]
            drawn = [sum(choice) for choice in product(*(steps[i] for i in rows))]
            stays *= np.mean(np.array(drawn) < score)
        p.append(1 - stays)
        best.append(score)
    return np.array(p), np.array(best)


@pytest.mark.parametrize(("letters", "seed"), [(2, 0), (2, 1), (3, 2)])
def test_p_values_are_those_of_the_enumeration(letters, seed):
    rng = np.random.default_rng(seed)
    targets = random_motifs(3, rng, letters, (1, 4))
    for query in random_motifs(4, rng, letters, (1, 4)):
        p, score = enumerated(query, targets, 20)
        found = tomtom([query], targets, strands=1, bins=20)
        np.testing.assert_allclose(found.p[0], p, atol=1e-12)
        np.testing.assert_array_equal(found.score[0], score)


def test_two_strands_take_the_better_and_pay_for_it():
    rng = np.random.default_rng(3)
    targets, queries = random_motifs(12, rng), random_motifs(5, rng)
    both = tomtom(queries, targets)
    pooled = targets + [t[::-1, ::-1] for t in targets]
    one = tomtom(queries, pooled, strands=1).p.reshape(5, 2, 12)
    np.testing.assert_allclose(both.p, 1 - (1 - one.min(1)) ** 2, rtol=1e-9)
    np.testing.assert_array_equal(both.reverse, one[:, 1] < one[:, 0])


def test_a_part_of_a_motif_is_found_where_it_lies_on_either_strand():
    known = motifs.read(motifs.KNOWN)
    ctcf = next(motif for motif in known if motif.name == "CTCF")
    part, turned = ctcf.probabilities[:, 3:13], ctcf.probabilities[::-1, ::-1][:, 2:]
    one, other = nearest([part, turned], known)
    assert (one["match"], one["strand"], one["offset"], one["overlap"]) == ("CTCF", "+", -3, 10)
    assert (other["match"], other["strand"], other["offset"], other["overlap"]) == ("CTCF", "-", -2, 13)
    assert one["p"] < 1e-8 and one["e"] == pytest.approx(one["p"] * len(known))


def test_p_values_of_random_motifs_are_not_too_small():
    rng = np.random.default_rng(4)
    targets, queries = random_motifs(60, rng), random_motifs(60, rng)
    p = tomtom(queries, targets).p.ravel()
    for level in (0.05, 0.01):
        assert np.mean(p <= level) < 1.6 * level
    assert (p > 0).all() and (p <= 1).all()


def test_a_constant_database_and_no_database_have_an_answer():
    even = [np.full((4, 6), 0.25)] * 3
    assert tomtom(even, even).p.min() > 0.5
    assert nearest([even[0]], []) == [dict.fromkeys(("match", "p", "e", "q", "offset", "strand", "overlap"))]
    assert nearest([], [Motif("even", even[0])]) == []


def test_against_memelite():
    if find_spec("memelite") is None:
        pytest.skip("memelite is not installed here; envs/motifs.yaml has it")
    from memelite import tomtom as theirs

    rng = np.random.default_rng(5)
    targets = random_motifs(200, rng)
    queries = [0.8 * t + 0.2 * rng.dirichlet(np.ones(4), t.shape[1]).T for t in targets[:10]]
    ours = tomtom(queries, targets)
    p, _, offset, overlap, reverse = theirs(queries, targets, n_target_bins=None, n_jobs=1)
    clear = p < 1e-3  # their bins are a little wider, their medians binned
    assert np.abs(np.log10(ours.p[clear]) - np.log10(p[clear])).max() < 1
    assert np.median(np.abs(np.log10(ours.p) - np.log10(p))) < 0.03
    np.testing.assert_array_equal(ours.p.argmin(1), p.argmin(1))
    np.testing.assert_array_equal(ours.offset[clear], -offset[clear])
    np.testing.assert_array_equal(ours.overlap[clear], overlap[clear])
    np.testing.assert_array_equal(ours.reverse[clear], reverse[clear] == 1)


def test_q_values_by_their_definition():
    rng = np.random.default_rng(6)
    p = np.append(rng.random(30) ** 3, [np.nan, 0.02, 0.02])
    known = p[~np.isnan(p)]
    slow = [min(1, min(len(known) * v / np.sum(known <= v) for v in known if v >= one)) for one in known]
    found = benjamini_hochberg(p)
    np.testing.assert_allclose(found[~np.isnan(p)], slow)
    assert np.isnan(found[30])
