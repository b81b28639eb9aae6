"""What holds for every metric of the catalogue: a new file is tested on arrival."""

import re
from pathlib import Path

import analytic
import numpy as np
import pytest

from xassay import catalogue
from xassay.core.bank import Bank
from xassay.core.contracts import CARDS, Curve, Gap, Imputed, Probe
from xassay.core.explanations import Explanation, Variant
from xassay.core.scoring import SUPPLIED, Metric, agreements, blocks
from xassay.stats.quality import null_margin

SEEDS, SAMPLES, WIDTH = 3, 40, 10
BIBLIOGRAPHY = Path(__file__).resolve().parents[1] / "resources" / "references.bib"
NAMES = sorted(catalogue.entries("evaluation"))
UNSIGNED = {"null_leakage", "pgi", "pgu"} | {
    name for name in NAMES if "absolute" in name
}  # alike for phi and -phi
GATED = [name for name in NAMES if catalogue.entries("evaluation")[name].card["gate"]]


def metric(name):
    module = catalogue.load("evaluation", name)
    return Metric(name, catalogue.entries("evaluation")[name].arrays, module.CARD, module.score)


def linear_case(seed=0):
    """L on bags of two sizes: three instances have an effect, and are of another kind than the others, which
    their mean would tell from (ROAD). Returns the bank, x, phi* and truth."""
    rng = np.random.default_rng(seed)
    w = np.where(np.arange(WIDTH) < 3, 1.0, 0)
    x = rng.uniform(0.5, 1.5, size=(SAMPLES, WIDTH))
    x[:, 3:] -= 1
    x[::2, 8:] = np.nan
    exact, truth = w * x, np.where(np.isnan(x), np.nan, w)
    f = analytic.linear(w)
    answers = analytic.probe(f, x)
    answers = Probe(answers.masks, *(np.repeat(a, SEEDS, 0) for a in answers[1:]))
    random = np.repeat(analytic.curve(f, x, exact, n_orders=4).random, SEEDS, 0)
    return f, x, exact, Bank([f"s{i}" for i in range(SAMPLES)], answers, random, truth, exact)


def explain(f, x, maps, method="method"):
    """An explanation with two draws of every stability test. maps: (seed, sample, instance)."""
    curves = [analytic.curve(f, x, phi, n_orders=1) for phi in maps]
    most, least = (np.concatenate([getattr(c, side) for c in curves]) for side in ("most", "least"))
    gaps = Gap(*map(np.concatenate, zip(*(analytic.gap(f, x, phi) for phi in maps))))
    put = Imputed(*map(np.concatenate, zip(*(analytic.imputed(f, x, phi) for phi in maps))))
    ids = [f"s{i}" for i in range(len(x))]
    rng, few = np.random.default_rng(9), np.isnan(x[:6])
    variants = [
        Variant(
            test, f"full:{draw}", k, np.where(few, np.nan, rng.normal(size=few.shape)), rng.uniform(size=6)
        )
        for test in catalogue.entries("stability")
        for k in range(len(maps))
        for draw in range(2)
    ]
    return Explanation(
        method=method, plugin=method, label=method, card={}, options={}, code="", ids=ids, variant_ids=ids[:6],
        instance=maps, total=np.nansum(maps, -1), curve=(most, least), variants=variants, gap=gaps, imputed=put,
        model="net",
    )  # fmt: skip


@pytest.fixture(scope="module")
def case():
    f, x, exact, bank = linear_case()
    rng = np.random.default_rng(1)
    random = np.where(np.isnan(x), np.nan, rng.normal(size=(SEEDS, *x.shape)))
    truth = explain(f, x, np.repeat(exact[None], SEEDS, 0), "control_truth")
    return f, x, bank, truth, explain(f, x, random, "control_random")


def asked(name, explanation, bank, other=None):
    """Blocks of a metric; other: an explanation by another method, which stands for another model too."""
    if "methods" in metric(name).arrays:
        found = agreements(metric(name), [explanation, other])
        return [block for method, block in found if method == explanation.method]
    return list(blocks(metric(name), explanation, bank, [] if other is None else [other]))


def values(name, explanation, bank, other=None):
    return [block.values for block in asked(name, explanation, bank, other)]


@pytest.mark.parametrize("name", NAMES)
def test_card(name):
    entry = catalogue.entries("evaluation")[name]
    card = entry.card
    assert card["family"] in CARDS["evaluation"]["family"]
    assert card["direction"] in (-1, 0, 1)
    low, high = card["range"]
    assert low is None or high is None or low < high
    assert (
        card["null"] is None
        or (low is None or low <= card["null"])
        and (high is None or card["null"] <= high)
    )
    for control in card["gate"] or ():
        assert control in catalogue.entries("attribution")
    module = catalogue.load("evaluation", name)
    every = "(method, method, replicate, sample)" if "methods" in entry.arrays else "(replicate, sample)"
    assert module.__doc__ and f"Returns {every}" in " ".join(module.score.__doc__.split())
    assert card["reference"] in module.score.__doc__


@pytest.mark.skipif(not BIBLIOGRAPHY.exists(), reason="no bibliography")
@pytest.mark.parametrize("name", NAMES)
def test_reference_is_in_the_bibliography(name):
    keys = re.findall(r"@\w+\{(\w+),", BIBLIOGRAPHY.read_text())
    assert catalogue.entries("evaluation")[name].card["reference"] in keys


@pytest.mark.parametrize("name", NAMES)
def test_shape_range_and_determinism(name, case):
    *_, bank, truth, random = case
    low, high = catalogue.entries("evaluation")[name].card["range"]
    for explanation, other in ((truth, random), (random, truth)):
        found = asked(name, explanation, bank, other)
        assert found
        for block in found:
            assert block.values.shape == (len(block.seeds), len(block.ids))
            known = block.values[~np.isnan(block.values)]
            assert not np.isinf(known).any()
            assert low is None or (known >= low - 1e-12).all()
            assert high is None or (known <= high + 1e-12).all()
        again = values(name, explanation, bank, other)
        assert all(np.array_equal(a.values, b, equal_nan=True) for a, b in zip(found, again, strict=True))


@pytest.mark.parametrize("name", GATED)
def test_truth_beats_random_and_negated_truth_loses(name, case):
    f, x, bank, truth, random = case
    card, opposite = catalogue.entries("evaluation")[name].card, explain(f, x, -truth.instance)
    best, chance, worst = (values(name, e, bank)[0] for e in (truth, random, opposite))
    best, chance = np.nanmean(best), np.nanmean(chance)
    end = card["range"][card["direction"] > 0]
    if (
        end is not None and "gap" not in metric(name).arrays
    ):  # noise on a fixed share of a bag has no such end
        assert best == pytest.approx(end, abs=1e-9)
    assert card["direction"] * best > card["direction"] * chance
    if name == "relevance_mass":
        assert np.isnan(worst).all()  # nothing is positive
    elif name not in UNSIGNED:
        assert card["direction"] * np.nanmean(worst) < card["direction"] * best


@pytest.mark.parametrize(
    "name", [n for n in GATED if catalogue.entries("evaluation")[n].card["null"] is not None]
)
def test_random_scores_at_the_null_value(name):
    f, x, exact, bank = linear_case()
    rng = np.random.default_rng(4)
    found = []
    for _ in range(10):
        maps = np.where(np.isnan(x), np.nan, rng.normal(size=(SEEDS, *x.shape)))
        found.append(np.nanmean(values(name, explain(f, x, maps), bank)))
    best = np.nanmean(values(name, explain(f, x, np.repeat(exact[None], SEEDS, 0)), bank))
    assert null_margin(
        (np.mean(found), None, None), catalogue.entries("evaluation")[name].card["null"], best
    )[1]


@pytest.mark.parametrize("name", GATED)
def test_score_falls_as_noise_is_added_to_the_truth(name):
    f, x, exact, bank = linear_case()
    noise = np.random.default_rng(5).normal(size=(SEEDS, *x.shape))
    means = [np.nanmean(values(name, explain(f, x, exact + scale * noise), bank)) for scale in (0, 0.4, 1, 4)]
    direction = catalogue.entries("evaluation")[name].card["direction"]
    assert (np.diff(means) * direction < 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_nothing(name, case):
    *_, bank, truth, random = case
    wide, other = (padded(e) for e in (random, truth))
    wide_bank = Bank(
        bank.ids,
        bank.probe._replace(masks=grown(bank.probe.masks, False), single=grown(bank.probe.single)),
        grown(bank.random),
        grown(bank.truth),
        grown(bank.effect),
    )
    for plain, more in zip(
        values(name, random, bank, truth), values(name, wide, wide_bank, other), strict=True
    ):
        np.testing.assert_allclose(more, plain, atol=1e-12)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "repeatability_floor"])  # it aligns by position
def test_the_order_of_instances_changes_nothing(name, case):
    *_, bank, truth, random = case
    order = np.random.default_rng(2).permutation(WIDTH)
    probe = bank.probe._replace(masks=bank.probe.masks[..., order], single=bank.probe.single[..., order])
    mixed_bank = Bank(bank.ids, probe, bank.random, bank.truth[..., order], bank.effect[..., order])
    mixed, other = (mapped(e, lambda a: a[..., order], curve=False) for e in (random, truth))
    for plain, moved in zip(
        values(name, random, bank, truth), values(name, mixed, mixed_bank, other), strict=True
    ):
        np.testing.assert_allclose(moved, plain, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_samples_do_not_touch_one_another(name, case):
    """A sample's value depends on others by the unit of the whole set alone, or where it is compared."""
    *_, bank, truth, random = case
    if {"other_samples", "gap", "total"} & set(metric(name).arrays):
        pytest.skip("given in units of all samples, or compared with another sample")
    broken = mapped(random, without_last, curve=False)
    for plain, more in zip(values(name, random, bank, truth), values(name, broken, bank, truth), strict=True):
        n = plain.shape[1] - 1
        np.testing.assert_array_equal(more[:, :n], plain[:, :n])


def without_last(maps):
    """The maps with nothing said of the last sample."""
    maps = maps.copy()
    maps[..., -1, :] = np.nan
    return maps


def grown(array, value=np.nan, by=3):
    """Room for more instances, or steps, on the last axis."""
    return np.concatenate([array, np.full((*array.shape[:-1], by), value)], -1)


def padded(explanation):
    return mapped(explanation, grown)


def mapped(explanation, change, curve=True):
    """The explanation with its arrays of instances, and if asked of steps, changed."""
    from dataclasses import replace

    return replace(
        explanation,
        instance=change(explanation.instance),
        curve=tuple(change(c) for c in explanation.curve) if curve else explanation.curve,
        variants=[v._replace(instance=change(v.instance)) for v in explanation.variants],
    )


def test_draws_of_a_level_and_seed_may_be_asked_for_together(case):
    """One answer a seed, which sees its draws in order and how far each moved x; apart, one a draw."""
    *_, bank, truth, random = case
    seen = []

    def score(attribution, local_perturbation, distance):
        seen.append((attribution, local_perturbation, distance))
        return distance.mean(1) if distance.ndim == 3 else distance

    arrays = ("attribution", "local_perturbation", "distance")
    together = list(blocks(Metric("name", arrays, {"draws": "together"}, score), random, bank))
    assert [(block.variant, block.seeds) for block in together] == [("full", [k]) for k in range(SEEDS)]
    of = {(v.seed, v.name): v for v in random.variants if v.test == "local_perturbation"}
    for k, (attribution, maps, far) in enumerate(seen):
        np.testing.assert_array_equal(attribution, random.instance[[k], :6])
        np.testing.assert_array_equal(maps, [[of[k, f"full:{draw}"].instance for draw in range(2)]])
        np.testing.assert_array_equal(far, [[of[k, f"full:{draw}"].distance for draw in range(2)]])
        np.testing.assert_array_equal(together[k].values, far.mean(1))
    apart = list(blocks(Metric("name", arrays, {}, score), random, bank))
    assert [(block.variant, block.seeds) for block in apart] == [(f"full:{d}", [0, 1, 2]) for d in range(2)]
    assert seen[-1][1].shape == (SEEDS, 6, WIDTH)


def test_every_array_of_the_contract_can_be_had():
    from xassay.core.contracts import FOLDERS
    from xassay.core.scoring import COMPARED

    assert set(FOLDERS["evaluation"].arrays) == {*SUPPLIED, *COMPARED}
    assert Curve._fields == ("most", "least", "random", "exact")
