"""Maps of instances, features and groups: what units are, what is true of them, how maps are summed up."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from test_configuration import faults, study
from toy_models import L, bag

from xassay import catalogue
from xassay.core import levels
from xassay.core.contracts import OWN
from xassay.core.dna import encode
from xassay.core.errors import InputError
from xassay.core.evaluated import evaluated
from xassay.core.explaining import Plugin, explain
from xassay.core.levels import CELLS, INSTANCE, Level, clusters, level, reduced, truth
from xassay.core.samples import Samples
from xassay.core.sequences import Sequences

PROPERTY = settings(deadline=None, max_examples=25, derandomize=True)
METHODS = catalogue.entries("attribution")
SIGNS = [1.0, -1.0, 0.0, np.nan, 1.0, 0.0]  # of the features' effects, as var[truth] has them


def made(classes=("no", "yes"), seed=0, **var):
    """Twelve bags of 2, 3 or 4 instances with six features, labels in turn; var: columns of features."""
    rng = np.random.default_rng(seed)
    names = [f"b{k:02d}" for k in range(12)]
    obs = pd.DataFrame({"bag": np.repeat(names, np.arange(12) % 3 + 2)})
    obs["truth"] = (np.arange(len(obs)) % 5 == 0).astype(float)
    table = pd.DataFrame({"label": np.arange(12) % len(classes), "group": names}, index=names)
    table["split"] = np.repeat(["train", "validation", "test"], 4)
    x = rng.normal(size=(len(obs), 6)).astype(np.float32)
    var = pd.DataFrame(var, index=[f"g{k}" for k in range(6)])
    return Samples(x, obs, var, table, classes, {}, {}, name="made")


def blocks(number, rng, noise=0.3):
    """Instances of features of which those of one number vary together: (instance, feature)."""
    factors = rng.normal(size=(400, number.max() + 1))
    return factors[:, number] + noise * rng.normal(size=(400, len(number)))


def parted(number):
    """Clusters as sets of features: their numbers do not matter."""
    return {frozenset(np.flatnonzero(number == k)) for k in set(number)}


def test_instances_have_no_names_and_no_groups():
    assert level(made(), "instance") is INSTANCE
    assert (INSTANCE.kind, INSTANCE.names, INSTANCE.groups, INSTANCE.units) == ("instance", None, None, None)


def test_each_feature_is_a_unit():
    found = level(made(), "feature")
    assert found.kind == "feature" and found.names == ["g0", "g1", "g2", "g3", "g4", "g5"]
    assert found.units.tolist() == [[0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize("cast", [list, pd.Categorical, lambda names: [f"{name}" for name in names]])
@pytest.mark.parametrize("named", [["b", "a", "b", "c c", "a", "b"], [3, 10, 3, 2, 10, 3]])
def test_groups_are_those_that_the_data_set_names(named, cast):
    found = level(made(group=cast(named)), "group")
    assert [found.names[k] for k in found.groups[0]] == [str(name) for name in named]
    assert found.groups.shape == (1, 6) and sorted(set(found.names)) == found.names and len(found.names) == 3


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_groups_without_names_are_clusters_of_training_instances(form, monkeypatch):
    monkeypatch.setattr(levels, "GROUPS", 3)
    number = np.array([2, 0, 2, 1, 0, 2])
    samples = made()
    train = samples.obs["bag"].isin(samples.ids("train")).to_numpy()
    samples.obs = pd.concat([samples.obs] * 40, ignore_index=True)
    train = np.tile(train, 40)
    # elsewhere others vary together, which is not to be known
    x = np.where(
        train[:, None],
        *(np.resize(blocks(n, np.random.default_rng(0)), (len(train), 6)) for n in (number, number[::-1])),
    )
    samples.X = form(x.astype(np.float32))
    found = level(samples, "group")
    assert parted(found.groups[0]) == parted(number) == parted(clusters(x[train], 3))
    assert {found.names[found.groups[0][k]] for k in (0, 1, 3)} == {"g0+2", "g1+1", "g3"}


def test_a_data_set_of_one_feature_has_one_group():
    assert clusters(np.random.default_rng(0).normal(size=(20, 1)), 1).tolist() == [0]


@pytest.mark.parametrize("cells", [1, 3, 5, 6, 7, 11, 100])
def test_training_instances_are_of_the_whole_split(cells, monkeypatch):
    monkeypatch.setattr(levels, "CELLS", cells)
    samples = made()
    samples.X[:, 0] = np.arange(len(samples.X))
    train = np.flatnonzero(samples.obs["bag"].isin(samples.ids("train")))
    found = levels.training(samples)[:, 0]
    step = found[1] - found[0] if len(found) > 1 else len(train)
    assert len(found) <= cells and found[0] == train[0] and set(np.diff(found)) <= {step}
    assert train[-1] - found[-1] < step  # none but the last step is left


@PROPERTY
@given(seed=st.integers(0, 99), number=st.lists(st.integers(0, 4), min_size=2, max_size=20))
def test_features_planted_to_vary_together_are_clusters(seed, number):
    number = np.unique(number, return_inverse=True)[1]
    x = blocks(number, np.random.default_rng(seed)) * np.logspace(-3, 3, len(number)) + 5
    found = clusters(x, number.max() + 1)
    assert parted(found) == parted(number) and set(found) == set(range(number.max() + 1))


@pytest.mark.parametrize("constants", [[0.0], [0.0, 0.0, 0.0], [7.0, 7.0], [0.1], [0.1, 0.3]], ids=str)
def test_a_constant_feature_stands_alone(constants):
    number = np.array([0, 1, 0, 1, 2])
    x = blocks(number, np.random.default_rng(0))
    x = np.column_stack([x, np.broadcast_to(np.float32(constants), (len(x), len(constants)))])
    alone = {frozenset([5 + k]) for k in range(len(constants))}
    assert parted(clusters(x, 3 + len(constants))) == parted(number) | alone


@PROPERTY
@given(seed=st.integers(0, 99), features=st.integers(2, 12), n=st.integers(1, 12))
def test_there_are_no_more_clusters_than_asked_for(seed, features, n):
    x = np.random.default_rng(seed).integers(0, 3, size=(9, features)).astype(float)
    found = clusters(x, n)
    assert len(found) == features and set(found) == set(range(found.max() + 1)) and found.max() < n


def test_truth_of_features_is_theirs_in_positive_samples_and_none_in_negative_ones():
    samples = made(truth=SIGNS)
    ids = samples.evaluated(4)
    found = truth(samples, ids, level(samples, "feature"))
    assert len(set(samples.samples.loc[ids, "label"])) == 2
    for row, name in zip(found, ids):
        positive = samples.samples.loc[name, "label"] == 1
        np.testing.assert_array_equal(row, [sign if positive else sign * 0 for sign in SIGNS])


def test_truth_of_a_group_is_the_sign_of_its_members():
    groups = ["a", "b", "c", "c", "a", "b"]  # 1 and 1, -1 and 0, and one that is unknown
    samples = made(truth=SIGNS, group=groups)
    found = truth(samples, ["b01", "b02"], level(samples, "group"))
    np.testing.assert_array_equal(found, [[1, -1, np.nan], [0, 0, np.nan]])
    samples = made(truth=[1, -1, 1, 0, 0, 0], group=["a", "a", "b", "b", "c", "c"])  # both ways: not known
    found = truth(samples, ["b01"], level(samples, "group"))
    np.testing.assert_array_equal(found, [[np.nan, 1, 0]])


def test_an_unknown_level_is_refused():
    with pytest.raises(InputError, match="level: 'gene' is unknown; allowed: instance, feature, group"):
        level(made(), "gene")


@pytest.mark.parametrize("kind", ["feature", "group"])
def test_truth_is_unknown_where_none_is_told_or_labels_are_not_two(kind):
    for samples in (made(), made(classes=("a", "b", "c"), truth=SIGNS)):
        found = truth(samples, samples.evaluated(4), level(samples, kind))
        assert found.shape == (4, 6) and np.isnan(found).all()


def test_truth_of_instances_is_that_of_the_data_set():
    samples = made(truth=SIGNS)
    np.testing.assert_array_equal(truth(samples, ["b01", "b05"], INSTANCE), samples.truth(["b01", "b05"]))


@PROPERTY
@given(
    seed=st.integers(0, 99),
    how=st.sampled_from(["sum", "norm"]),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    number=st.none() | st.lists(st.integers(0, 3), min_size=1, max_size=7),
)
def test_maps_of_features_are_reduced_unit_by_unit(seed, how, sizes, number):
    features = len(number or "abc")
    feature = bag(len(sizes), max(sizes), features, sizes=sizes, seed=seed)
    total, power = {"sum": (sum, 1), "norm": (lambda parts: sum(parts) ** 0.5, 2)}[how]
    if number is None:
        chosen, cells = INSTANCE, [[[(i, f) for f in range(features)] for i in range(n)] for n in sizes]
    else:
        chosen = Level("group", [f"u{k}" for k in range(4)], np.array([number]))
        cells = [
            [[(i, f) for i in range(n) for f in range(features) if number[f] == u] for u in range(4)]
            for n in sizes
        ]
    found = reduced(feature, how, chosen, feature)
    assert found.dtype == torch.float64
    for s, units in enumerate(cells):
        expected = [total([feature[s, i, f].double().item() ** power for i, f in unit]) for unit in units]
        np.testing.assert_allclose(found[s, : len(units)], expected, rtol=1e-12, atol=1e-12)
        assert found[s, len(units) :].isnan().all()


def given_samples(kind, oracle=None):
    samples = made(truth=SIGNS, group=list("abccab"))
    reference = {"kind": "training_cells", "references": 2}
    return samples, evaluated(samples, 0, n=4, n_variants=3, reference=reference, level=kind, oracle=oracle)


class Known:
    """An f* of instances, of which features know nothing."""

    def effect(self, x, baseline, target):
        return (x - baseline.mean(0)).sum(-1)


@pytest.mark.parametrize(("kind", "units"), [("instance", 4), ("feature", 6), ("group", 3)])
def test_evaluated_samples_have_the_levels_units(kind, units):
    samples, seen = given_samples(kind, Known())
    assert seen.level.kind == kind and seen.there.shape == seen.truth.shape == (4, units)
    assert (seen.effect is None) == (kind != "instance")
    known = seen.truth if seen.effect is None else seen.effect
    np.testing.assert_array_equal(seen.known.numpy(), known)
    np.testing.assert_array_equal(seen.there, ~seen.x[..., 0].isnan() if kind == "instance" else True)
    has = [s for s in range(4) if (np.nan_to_num(seen.truth[s]) != 0).any()]
    assert list(seen.variants) == has[:3] and has
    # the same samples and references, whatever the level
    plain = given_samples("instance")[1]
    torch.testing.assert_close(seen.x, plain.x, equal_nan=True, atol=0, rtol=0)
    torch.testing.assert_close(seen.baseline, plain.baseline, equal_nan=True, atol=0, rtol=0)


EXACT = """leave_one_out kernel_shap permutation_shapley control_shapley captum_leave_one_out
captum_shapley_sampling occlusion input_x_gradient integrated_gradients deep_lift"""


@pytest.mark.parametrize("kind", OWN["bag"]["level"])
@pytest.mark.parametrize("name", EXACT.split())
def test_a_linear_models_units_are_the_sums_of_their_elements(name, kind):
    """f = sum of w x: a unit's part is the sum of w (x - b) over its elements in all instances."""
    samples, seen = given_samples(kind)
    model, method = L(torch.linspace(-1, 2, 6)), METHODS[name]
    x, baseline = seen.x, seen.baseline if name != "input_x_gradient" else torch.zeros_like(seen.baseline)
    baseline, target = torch.where(x.isnan(), torch.nan, baseline), torch.tensor([1, 0, 1, 1])
    plugin = Plugin(name, name, catalogue.load("attribution", name).attribute, method.card, method.arrays, {})
    rng, given = np.random.default_rng(0), (model, x, target, baseline)
    feature, found, total = explain(plugin, *given, rng, seen.known, seen.level)
    part = (model.w.detach() * (x - baseline.mean(0))).double() * torch.where(target == 1, 1, -1)[
        :, None, None
    ]
    expected = torch.full(seen.there.shape, torch.nan, dtype=torch.float64)
    for s, u in seen.there.nonzero().tolist():
        of = part[s, u] if kind == "instance" else part[s][:, torch.from_numpy(seen.level.groups[0] == u)]
        expected[s, u] = of.nansum()
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0, equal_nan=True)
    torch.testing.assert_close(total, part.flatten(1).nansum(1), atol=1e-4, rtol=0)
    assert (feature is None) == (method.card["level"] == "instance")


def test_a_map_of_instances_is_refused_at_another_level():
    _, seen = given_samples("group")
    method = Plugin("m", "m", lambda x: x[..., 0], {"level": "instance"}, ("x",), {})
    with pytest.raises(
        InputError, match=r"a map of shape \(4, 4\); level 'instance' is a tensor of shape \(4, 3\)"
    ):
        explain(method, None, seen.x, seen.target, seen.baseline, None, seen.known, seen.level)


CONFIG = "datasets: {bags: {dataset: simulated_bags, level: %s}}\nmodels: {attention_mil: {}}\n"


@pytest.mark.parametrize("kind", OWN["bag"]["level"])
def test_methods_of_instances_are_refused_at_another_level(kind):
    found = study(CONFIG % kind)
    whole = study(CONFIG % "instance")  # the level takes part in no other refusal
    assert {"attention_weights", "single_instance", "leave_one_out", "saliency"} <= set(whole.attribution)
    for pair in whole.pairs():
        for name in whole.methods_of(*pair):
            entry = METHODS[name]
            fixed = entry.card["level"] == "instance" and "groups" not in entry.arrays and kind != "instance"
            if name in found.attribution:
                told = f"{name} explains instances, and the level of bags is {kind}" if fixed else None
                assert found.unexplained(*pair, name) == told
            else:
                assert fixed
    assert ("single_instance" in found.attribution) == (kind == "instance")


def test_a_method_that_no_level_admits_is_told():
    asked = "attribution: {single_instance: {}, leave_one_out: {}}"
    (line,) = faults(CONFIG % "feature" + asked)
    assert line.startswith(
        "config: attribution.single_instance: nothing in the study admits it: single_instance"
    )
    both = "datasets: {a: {dataset: simulated_bags, level: group}, b: {dataset: simulated_bags}}\n" + asked
    rows = [row for row in study(both).refused() if row["method"] == "single_instance"]
    assert {row["dataset"] for row in rows} == {"a"}
    assert {row["reason"] for row in rows} == {
        "single_instance explains instances, and the level of a is group"
    }


def test_unknown_levels_are_refused():
    (line,) = faults(CONFIG % "gene")
    assert line.startswith("config: datasets.bags.level: unknown value 'gene'")


def test_bases_are_told_by_all_of_training_whatever_its_order():
    """A file of AT-rich sequences, then of GC-rich ones, longer than what is read of it."""
    n = 2 * CELLS
    texts = ["ATTA" * 3] * (n // 2) + ["GCCG" * 3] * (n // 2) + ["ATTA" * 3, "GCCG" * 3] * 2
    table = pd.DataFrame(
        {"label": [0, 1] * (n // 2 + 2), "split": ["train"] * n + ["validation"] * 2 + ["test"] * 2}
    ).assign(group=lambda t: t.index.astype(str))
    table.index = [f"s{k}" for k in range(len(table))]
    samples = Sequences.of(encode(texts), table, classes=("a", "b"), source={})
    np.testing.assert_allclose(
        level(samples, "position").field.first, 0.5 * np.array([1, 0, 1, 0]), atol=0.01
    )
