"""What every metric of one map must return on models whose attributions are known in closed form."""

import analytic
import numpy as np
import pytest

from xassay import catalogue
from xassay.core.contracts import Curve, Probe
from xassay.core.curves import swing, typical
from xassay.core.gaps import SHARES
from xassay.evaluation import abpc, completeness_gap

CASES = analytic.cases()
NAN = np.nan


def given(case, phi):
    """All that a metric of one map may ask for. phi: (sample, instance)."""
    small = case.x.shape[1] < 4
    answers = dict(masks=analytic.subsets(case.x.shape[1])) if small else dict(n_masks=40)
    truth = np.where(np.isnan(case.x), NAN, np.sign(case.maps["exact"]))
    return dict(
        attribution=phi[None],
        total=np.nansum(phi, -1)[None],
        truth=truth,
        effect=case.maps["exact"],
        probe=analytic.probe(case.f, case.x, **answers),
        curve=analytic.curve(case.f, case.x, phi),
        gap=analytic.gap(case.f, case.x, phi),
        imputed=analytic.imputed(case.f, case.x, phi),
    )


def scored(metric, case, phi, **options):
    """(sample,) values of a metric, by its name."""
    arrays = given(case, phi)
    entry = catalogue.entries("evaluation")[metric]
    found = catalogue.load("evaluation", metric).score(*(arrays[name] for name in entry.arrays), **options)
    assert found.shape == (1, len(case.x))
    return found[0]


def each(case, value):
    """A value for every sample: a number, or a function of (x, phi*) of one sample without absent instances."""
    if not callable(value):
        return np.full(len(case.x), float(value))
    rows = zip(case.x, case.maps["exact"])
    return np.array([value(x[~np.isnan(x)], phi[~np.isnan(x)]) for x, phi in rows])


def area(heights):
    return np.mean((heights[1:] + heights[:-1]) / 2)


def falling(phi):
    """f - f(b) of an additive model while its contributions go in descending order."""
    return phi.sum() - np.cumsum(np.append(0, np.sort(phi)[::-1]))


def rising(phi):
    """The same in ascending order."""
    return phi.sum() - np.cumsum(np.append(0, np.sort(phi)))


def top(phi, share):
    return np.sort(phi)[::-1][: int(np.ceil(share * len(phi)))]


ADDITIVE = {  # on L, S, T and X: any additive model with phi* and its multiples
    "faithfulness_correlation": {"exact": 1, "doubled": 1, "negated": -1, "zero": NAN, "constant": NAN},
    "sensitivity_n": {"exact": 1, "doubled": 1, "negated": -1, "zero": NAN, "constant": NAN},
    "leave_one_out_tau": {"exact": 1, "doubled": 1, "negated": -1, "zero": NAN, "constant": NAN},
    "infidelity": {"exact": 0, "doubled": 1, "negated": 4, "zero": 1},
    "infidelity_scaled": {"exact": 0, "doubled": 0, "negated": 1, "zero": 1},
    "infidelity_excess": {"exact": 0, "doubled": 1, "negated": 4, "zero": 1},
    "recovery_cosine": {"exact": 1, "doubled": 1, "negated": -1, "zero": NAN},
    "recovery_sign": {"exact": 1, "doubled": 1, "negated": 0, "zero": 0.5},
}


@pytest.mark.parametrize("model", ["L", "S", "T", "X"])
@pytest.mark.parametrize("metric", ADDITIVE)
def test_on_additive_models(metric, model):
    case = CASES[model]
    for name, value in ADDITIVE[metric].items():
        found = scored(metric, case, case.maps[name])
        np.testing.assert_allclose(found, each(case, value), atol=1e-9, err_msg=name)


TABLE = [
    # Q: every set loses x1 x2 = p, singly or together, so that no additive map reaches 0.
    ("infidelity", "Q", "exact", 1 / 6),  # (p/2)^2 twice of 3 p^2
    ("infidelity", "Q", "leave_one_out", 1 / 3),  # p^2 of 3 p^2
    ("infidelity_excess", "Q", "exact", 1 / 6 - 1 / 9),  # best: 2p/3 each, (p/3)^2 three times
    ("infidelity_excess", "Q", "leave_one_out", 1 / 3 - 1 / 9),
    ("infidelity_scaled", "Q", "exact", 1 / 9),
    ("infidelity_scaled", "Q", "leave_one_out", 1 / 9),
    ("faithfulness_correlation", "Q", "exact", NAN),  # all masks of a size lose the same
    # S and T: what is wrong by a factor, and what saturation hides.
    ("infidelity", "S", "input_x_gradient", 1),
    ("infidelity_scaled", "S", "input_x_gradient", 0),
    ("leave_one_out_tau", "S", "input_x_gradient", 1),
    ("recovery_cosine", "S", "input_x_gradient", 1),
    ("recovery_cosine", "T", "input_x_gradient", lambda x, phi: abs(phi[1]) / np.linalg.norm(phi)),
    ("recovery_sign", "T", "input_x_gradient", (0.5 + 1) / 2),  # nothing said of one of two
    ("infidelity", "T", "input_x_gradient", lambda x, phi: 2 / (1 + phi[1] ** 2 + (1 + phi[1]) ** 2)),
    # X: both are of use to the model, so one half of the truth is negative.
    ("recovery_auroc", "X", "exact", 1),
    ("recovery_auroc", "X", "negated", 0),
    ("relevance_mass", "X", "exact", 1),
    ("relevance_mass", "X", "constant", 1 / 2),
    ("relevance_rank", "X", "constant", 1 / 2),
    ("relevance_rank", "X", "negated", 0),
    # L: curves and gaps are sums of contributions and of squared slopes.
    ("entropy", "L", "constant", lambda x, phi: np.log(len(x))),
    ("gini", "L", "constant", 0),
    ("n90", "L", "constant", lambda x, phi: np.ceil(0.9 * len(x))),
    ("entropy", "L", "zero", NAN),
    ("gini", "L", "zero", NAN),
    ("n90", "L", "zero", NAN),
    # ROAD of maps whose two orders are one; test_imputation has its closed form.
    ("road", "Q", "exact", 0),
    ("road", "L", "constant", 0),
    ("road", "L", "zero", 0),
]


@pytest.mark.parametrize(("metric", "model", "name", "value"), TABLE)
def test_value(metric, model, name, value):
    case = CASES[model]
    np.testing.assert_allclose(scored(metric, case, case.maps[name]), each(case, value), atol=1e-9)


CURVES = {  # in logits, of a map that is phi* of an additive model
    "deletion": lambda x, phi: area(falling(phi)),
    "insertion": lambda x, phi: area(phi.sum() - falling(phi)),
    "abpc": lambda x, phi: area(rising(phi)) - area(falling(phi)),
    "comprehensiveness": lambda x, phi: np.mean([top(phi, k).sum() for k in (0.01, 0.05, 0.1, 0.2, 0.5)]),
    "sufficiency": lambda x, phi: np.mean([phi.sum() - top(phi, k).sum() for k in (0.01, 0.05, 0.1, 0.2, 0.5)]),
}  # fmt: skip


def moved(curve):
    """Largest answer of each sample along the random orders less the smallest: (sample,)."""
    return np.array([np.nanmax(orders) - np.nanmin(orders) for orders in curve.random[0]])


@pytest.mark.parametrize("model", ["L", "S", "T", "X"])
@pytest.mark.parametrize("metric", CURVES)
def test_curves_of_additive_models_are_cumulative_sums(metric, model):
    case = CASES[model]
    exact = case.maps["exact"]
    unit = moved(analytic.curve(case.f, case.x, exact))
    np.testing.assert_allclose(scored(metric, case, exact) * unit, each(case, CURVES[metric]), atol=1e-9)


@pytest.mark.parametrize(("metric", "last"), [("pgi", False), ("pgu", True)])
def test_prediction_gaps_of_a_linear_model(metric, last):
    """sd ||w_m|| sqrt(2 / pi), mean over the shares, against quadrature: the part of the noise that moves f is
    normal along w_m."""
    case, sd = CASES["L"], 0.5
    exact, w = case.maps["exact"], np.nanmean(case.maps["gradient"], 0)
    z = np.linspace(0, 12, 2001)
    weight = 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)  # of |z|
    expected = []
    for row, phi in zip(case.x, exact):
        order, found = np.argsort(-np.abs(phi))[: (~np.isnan(phi)).sum()], []
        for cut in (int(np.ceil(share * len(order))) for share in SHARES):
            along = np.zeros(12)
            along[order[cut:] if last else order[:cut]] = 1
            along *= w / np.linalg.norm(w * along)
            moved = [abs(case.f(row + sd * at * along) - case.f(row)) for at in z]
            found.append(np.trapezoid(weight * moved, z))
        expected.append(np.mean(found))
    unit = np.sqrt(np.mean(np.nansum(exact, -1) ** 2))
    np.testing.assert_allclose(scored(metric, case, exact) * unit, expected, atol=1e-5)


def test_completeness_gap():
    for model, name, value in [
        ("L", "exact", 0), ("Q", "exact", 0), ("S", "exact", 0), ("T", "exact", 0), ("X", "exact", 0),
    ]:  # fmt: skip
        np.testing.assert_allclose(
            scored("completeness_gap", CASES[model], CASES[model].maps[name]), value, atol=1e-9
        )
    one = np.array([[2.0, 1.0]])  # with one sample the unit is that sample's own
    for f, x, phi in [
        (analytic.squares, one, 2 * one**2),  # S, input x gradient
        (analytic.product, one, np.array([[2.0, 2.0]])),  # Q, leave-one-out
        (analytic.saturated, one[:, :1], np.zeros((1, 1))),  # T, gradient
    ]:
        case = analytic.Case(f, x, {"exact": phi})
        np.testing.assert_allclose(scored("completeness_gap", case, phi), 1, atol=1e-9)


@pytest.mark.parametrize("metric", ["faithfulness_correlation", "sensitivity_n", "leave_one_out_tau"])
def test_groups_of_instances_are_units_too(metric):
    case, groups = CASES["L"], np.arange(12) % 4
    phi = np.stack([np.nansum(case.maps["exact"][:, groups == g], 1) for g in range(4)], 1)
    answers = analytic.probe(case.f, case.x, groups=groups)
    score = catalogue.load("evaluation", metric).score
    np.testing.assert_allclose(score(phi[None], answers), 1, atol=1e-9)
    np.testing.assert_allclose(score(-phi[None], answers), -1, atol=1e-9)


def test_curves_and_errors_of_groups():
    case, groups = CASES["L"], np.arange(12) % 4
    phi = np.stack([np.nansum(case.maps["exact"][:, groups == g], 1) for g in range(4)], 1)
    answers = analytic.probe(case.f, case.x, groups=groups)
    for metric, value in (("infidelity", 0), ("infidelity_excess", 0), ("infidelity_scaled", 0)):
        found = catalogue.load("evaluation", metric).score(phi[None], answers)
        np.testing.assert_allclose(found, value, atol=1e-9)
    curve = analytic.curve(case.f, case.x, phi, groups=groups)
    unit = moved(curve)
    for metric, value in CURVES.items():
        found = catalogue.load("evaluation", metric).score(curve)[0] * unit
        np.testing.assert_allclose(found, [value(None, row) for row in phi], atol=1e-9, err_msg=metric)


def test_what_never_moves_has_no_unit():
    random = np.array([[[[1.0, 1.0, np.nan]], [[3.0, 3.0 + 1e-9, 3.0]], [[0, 2.0, -1.0]], [[np.nan] * 3]]])
    np.testing.assert_array_equal(swing(Curve(None, None, random)), [[NAN, NAN, 3, NAN]])
    assert np.isnan(swing(Curve(None, None, np.full((2, 3, 4, 5), NAN)))).all()


def test_the_unit_holds_what_the_exact_attribution_moves_too():
    """An answer that takes three units at once, which two random orders never bring together."""
    random = np.array([[[[0.0, 0, 0.1, 0], [0, 0.1, 0, 0]], [[0.0, 5, 1, 0], [0, 1, 2, 0]]]])
    exact = np.array([[[[0.0, 2, 4, 0], [0, -1, 0, 0]], [[0.0, 1, NAN, NAN], [0, 0, NAN, NAN]]]])
    np.testing.assert_allclose(swing(Curve(None, None, random)), [[0.1, 5]])
    found = Curve(exact[:, :, 0], exact[:, :, 1], random, exact)
    np.testing.assert_allclose(swing(found), [[5, 5]])
    assert abs(abpc.score(found)[0, 0]) <= 1 < abs(abpc.score(found._replace(exact=None))[0, 0])


def test_the_unit_of_gaps_is_not_the_gap_between_two_kinds_of_bags():
    """Half of the bags hardly fall: one bag more or less of a kind must not change the unit by much."""
    falls = np.r_[np.full(50, 0.1), np.full(50, 10.0)]
    more, less = typical(totals(falls[None, 1:]))[0, 0], typical(totals(falls[None, :-1]))[0, 0]
    assert more == pytest.approx(less, rel=0.02)
    assert np.isnan(typical(totals(np.zeros((1, 3))))).all()
    assert np.isnan(typical(totals(np.full((1, 3), np.nan)))).all()
    assert typical(totals(np.array([[3.0, np.nan, -3.0]]))) == pytest.approx(3.0)


def test_a_gap_of_rounding_has_no_unit():
    """A baseline that keeps all that a model counts leaves f(x) - f(b) to rounding, whatever its parts do."""
    parts = np.array([[[0.2, NAN, -0.5]] * 3])
    rounding = totals(np.array([[1e-8, -3e-8, 0.0]]), parts)
    assert np.isnan(completeness_gap.score(np.full((1, 3), 2e-8), rounding)).all()
    real = totals(np.array([[1e-3, -3e-3, 0.0]]), parts)
    assert np.isfinite(completeness_gap.score(np.full((1, 3), 2e-3), real)).all()


def totals(total, delta=None):
    """A probe of which the totals are known, and what masks move."""
    return Probe(None, total[..., None] if delta is None else delta, None, total)
