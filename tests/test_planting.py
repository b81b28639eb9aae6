"""Planting: sites are bound as asked, lie where asked, do not overlap, and stand-ins are their own bases."""

import numpy as np
import pytest

from xassay.core import motifs, templates
from xassay.core.errors import InputError
from xassay.core.motif_library import half, padded, planted_motifs
from xassay.core.planting import DECOY, SITE, STAND_IN, Planter, joined
from xassay.core.programs import PROGRAMS
from xassay.core.pwm import threshold
from xassay.core.sites import WEAK, Sites, scrambled
from xassay.core.templates import INSIDE, MINUS, NUMBERS, OUTSIDE, PLUS

NAMES = ("GATA1", "SP1", "MAX", "CTCF")
LENGTH, WINDOW = 160, (40, 120)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def sites():
    library = motifs.pick(NAMES, motifs.read(motifs.KNOWN))
    weights = [motif.log_odds() for motif in library]
    return Sites(library, padded(weights), [threshold(part, 1e-4) for part in weights], 1.0, 0.8)


def planter(sites, slots, n_motifs, fill="scrambled"):
    return Planter(slots, n_motifs, sites, np.array([2, 3]), fill, WINDOW)


def letters(n=40, seed=1):
    return rng(seed).integers(4, size=(n, LENGTH)).astype(np.uint8)


def arrangements(program, needed=2, most=4, spacing=4):
    number = NUMBERS[program][0]
    slots = templates.slots(program, number, most)
    narrow = 9
    return slots, templates.templates(program, number, needed, most, spacing, 5.0, LENGTH, 5, narrow)


def read(planted, sites, row, slot):
    """The bases under a slot, as its motif reads them."""
    width = sites.widths[planted.motif[row, slot]]
    start = planted.start[row, slot]
    part = planted.letters[row, start : start + width]
    return part if planted.strand[row, slot] == 0 else 3 - part[::-1]


def test_sites_are_bound_and_follow_their_matrix(sites):
    drawn = sites.draw(np.repeat([0, 3, -1], 2000), rng())
    for motif in (0, 3):
        own = drawn[2000 * (motif == 3) :][:2000]
        assert (sites.log_odds(motif, own) >= sites.lowest).all()
        assert (own[:, sites.widths[motif] :] == 0).all()
    assert (drawn[4000:] == 0).all()
    # those of CTCF are nearly all bound: their bases have the matrix' shares
    shares = np.stack([(drawn[2000:4000, : sites.widths[3]] == base).mean(0) for base in range(4)])
    np.testing.assert_allclose(shares, sites.motifs[3].probabilities, atol=0.12)


def test_weak_sites_are_hardly_bound(sites):
    weak = sites.weak(np.repeat([0, 1, 2], 200), rng())
    for motif in range(3):
        occupancy = 1 / (1 + np.exp(-sites.log_odds(motif, weak[200 * motif :][:200])))
        assert WEAK[0] < occupancy.min() and occupancy.max() < WEAK[1]


def test_the_best_site_is_the_consensus(sites):
    best = Sites(sites.motifs, sites.weights, sites.thresholds, 1.0, 0.8, best=True).draw(
        np.array([0, 1]), rng()
    )
    for row, motif in zip(best, sites.motifs):
        assert (row[: motif.width] == motif.probabilities.argmax(0)).all()


def test_sites_that_share_bases_are_both_bound(sites):
    one, other = sites.pair(1, 3, -2, 30, rng())
    assert (sites.log_odds(1, one) >= sites.lowest).all() and (sites.log_odds(3, other) >= sites.lowest).all()
    assert (one[:, sites.widths[1] - 2 : sites.widths[1]] == other[:, :2]).all()
    with pytest.raises(InputError, match="no site of GATA1 and SP1 with 9 shared bases in 400 draws"):
        sites.pair(0, 1, -9, 5, rng())


def test_scrambling_keeps_the_bases(sites):
    given, widths = sites.draw(np.repeat([0, 3], 50), rng()), np.repeat(sites.widths[[0, 3]], 50)
    mixed = scrambled(given, widths, rng())
    for one, other, width in zip(given, mixed, widths):
        assert sorted(one[:width]) == sorted(other[:width]) and (other[width:] == 0).all()
    assert (given != mixed).any(1).mean() > 0.9


@pytest.mark.parametrize("fill", ["scrambled", "others", "none"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_planted_is_there_and_nowhere_twice(sites, program, fill):
    slots, found = arrangements(program)
    for template in [one for ways in found.values() for one in ways]:
        decoy = np.where(rng(2).random(40) < 0.5, 3, -1)
        bases = sites.draw(decoy, rng(3))
        planted = planter(sites, slots, NUMBERS[program][0], fill).plant(
            template, letters(), rng(), [(decoy, bases)]
        )
        assert len(planted.letters) > 20
        for row in range(len(planted.letters)):
            taken = np.zeros(LENGTH, int)
            for slot, motif in enumerate(planted.motif[row]):
                if motif < 0:
                    continue
                width, start = sites.widths[motif], planted.start[row, slot]
                taken[start : start + width] += 1
                assert (read(planted, sites, row, slot) == planted.bases[row, slot, :width]).all()
                if planted.kind[row, slot] == SITE:
                    assert sites.log_odds(motif, planted.bases[row, slot][None])[0] >= sites.lowest
                wanted = dict(enumerate(template.regions)).get(slot, 0)
                within = WINDOW[0] <= start and start + width <= WINDOW[1]
                beside = start + width <= WINDOW[0] or start >= WINDOW[1]
                assert {INSIDE: within, OUTSIDE: beside}.get(wanted, True)
                strand = dict(enumerate(template.strands)).get(slot)
                assert strand not in (PLUS, MINUS) or planted.strand[row, slot] == strand
            overlap = bool(template.pair) and min(template.gaps) < 0
            assert taken.max() <= 1 + overlap
            if template.pair:
                one, other = template.pair
                gap = (
                    planted.start[row, other]
                    - planted.start[row, one]
                    - sites.widths[planted.motif[row, one]]
                )
                assert gap in template.gaps
        kinds = planted.kind[:, : len(slots)]
        real = np.broadcast_to(template.real, kinds.shape)
        assert ((kinds == SITE) == real).all()
        left = {"scrambled": STAND_IN, "others": DECOY, "none": STAND_IN}[fill]
        assert (kinds[~real] == left).all()
        assert (planted.motif[:, : len(slots)][~real] < 0).all() == (fill == "none" or real.all())


def test_backgrounds_stay_as_they_are_beside_the_sites(sites):
    slots, found = arrangements("and")
    own = planter(sites, slots, 2)
    given = letters()
    planted = own.plant(found[1][0], given, rng())
    free = ~own.covered(planted, 2)
    assert len(planted.letters) == len(given) and (planted.letters[free] == given[free]).all()


def test_sequences_made_alike_have_the_same_bases(sites):
    slots, found = arrangements("and")
    own = planter(sites, slots, 2)
    given = own.plant(found[1][0], letters(), rng())
    for template in found[0]:
        again = own.plant(template, given.letters, rng(1), like=given)
        for one, other in zip(given.letters, again.letters):
            counts = [np.bincount(row, minlength=4) for row in (one, other)]
            assert (
                counts[0] + counts[0][::-1] == counts[1] + counts[1][::-1]
            ).all()  # sites may be turned round
        for slot, real in enumerate(template.real):
            assert (again.bases[:, slot] == given.bases[:, slot]).all(1).mean() == (
                1.0 if real else pytest.approx(0, abs=0.2)
            )


def test_no_room_is_no_sequence(sites):
    slots, found = arrangements("single")
    assert len(planter(sites, slots, 1).plant(found[1][0], letters()[:, :10], rng()).letters) == 0
    part = planter(sites, slots, 1).plant(found[1][0], letters(3), rng())
    assert len(joined([part, part.take([0, 2])]).letters) == 5


def test_places_are_uniform(sites):
    slots, found = arrangements("single")
    planted = planter(sites, slots, 1).plant(found[1][0], letters(6000), rng())
    count = np.bincount(planted.start[:, 0], minlength=LENGTH)
    last = LENGTH - sites.widths[0] + 1
    assert (count[:last] > 0).all() and (count[last:] == 0).all()
    assert np.abs(count[:last] / 6000 * last - 1).max() < 0.7


def test_templates_are_what_the_programs_say():
    for program in PROGRAMS:
        slots, found = arrangements(program)
        assert set(found) == (set(range(3)) if program == "multi_task" else {0, 1})
        for template in [one for ways in found.values() for one in ways]:
            assert len(template.real) == len(template.strands) == len(template.regions) == len(slots)
    near, far = templates.distances(4, 5.0, 200)
    assert set(near) == {3, 4, 5} and not set(near) & set(far) and min(far) >= 0
    counted = [sum(one.real) for one in arrangements("count")[1][1]]
    assert counted == [2, 3, 4] and [sum(one.real) for one in arrangements("count")[1][0]] == [0, 1]


def test_halves_and_names_survive_as_arrays(sites):
    tells = half(sites.motifs[1])
    assert tells.width == 5 and tells.name == "SP1_half_site"
    assert tells.information().sum() >= 0.5 * sites.motifs[1].information().sum()
    kept = {"matrices": padded([m.probabilities for m in sites.motifs]), "matrix_widths": sites.widths}
    kept["names"] = np.array([[*name.encode(), *[0] * (8 - len(name))] for name in NAMES], np.uint8)
    for one, other in zip(planted_motifs(kept), sites.motifs):
        assert one.name.upper() == other.name.upper() and np.array_equal(
            one.probabilities, other.probabilities
        )
