"""What an option may hold: kinds, limits, and that every plug-in of the package states them."""

import ast

import pytest

from xassay import kinds
from xassay.catalogue import entries
from xassay.core.contracts import FOLDERS


def kind(annotation):
    """The Kind of an annotation."""
    return kinds.annotated(ast.parse(annotation, mode="eval").body, "here")


@pytest.mark.parametrize(
    ("annotation", "right", "wrong", "words"),
    [
        ("int | None", [3, None], [3.0, True, "3"], "a whole number or null"),
        ("'int | None'", [3, None], ["3"], "a whole number or null"),
        ("float", [3, 0.5], [True, "1", float("nan"), float("inf"), None], "a number"),
        ("list[str]", [["a"], []], ["a", [1], ["a", None], None], "a list of texts"),
        ("list[str] | None", [["a"], None], ["a"], "a list of texts or null"),
        (
            "tuple[int, int, int]",
            [[1, 2, 3], (1, 2, 3)],
            [[1, 2], [1, 2, 0.5], 3],
            "a list of 3 whole numbers",
        ),
        ("tuple[float, ...]", [[1], [1, 2.5]], [["a"]], "a list of numbers"),
        ("int | list[int]", [1, [1, 2]], ["1", ["1"]], "a whole number or a list of whole numbers"),
        ("dict", [{}], [[]], "a mapping"),
    ],
)
def test_an_annotation_says_what_fits(annotation, right, wrong, words):
    found = kind(annotation)
    assert str(found) == words
    assert all(found.admits(value) for value in right)
    assert not any(found.admits(value) for value in wrong)


@pytest.mark.parametrize(
    ("default", "right", "wrong"),
    [
        ((1, 2, 3), [[4, 5, 6]], [[1, 2], [1, 2, 0.5], [1, 2, "a"], 1]),
        ((0.5, 1), [[1, 1], [0.1, 0.2]], [["a", 1]]),
        ([1], [[], [1, 2, 3]], [["a"], [0.5]]),
        ((), [[], ["a"], [1]], ["a"]),
        (False, [True], [0, "no"]),
    ],
)
def test_a_default_says_what_fits(default, right, wrong):
    found = kinds.kind_of(default)
    assert all(found.admits(value) for value in right)
    assert not any(found.admits(value) for value in wrong)


@pytest.mark.parametrize(
    ("value", "annotation", "limit", "line"),
    [
        ("a", "list[str]", None, "x: must be a list of texts, is 'a'; write [a]"),
        (0, "int", (1, None), "x: must be at least 1, is 0"),
        (2, "float", (0, 1), "x: must be at least 0 and at most 1, is 2"),
        ([0.5, 2], "list[float]", (0, 1), "x: must be at least 0 and at most 1, is 2"),
        (
            "cont",
            "str",
            ("count", "rate"),
            "x: unknown value 'cont'; did you mean 'count'? allowed: count, rate",
        ),
        (["cont"], "list[str]", ("count",), "x: unknown value 'cont'; did you mean 'count'? allowed: count"),
        (None, "int", None, "x: is empty; must be a whole number"),
        (None, "int | None", (1, None), None),
        (1, "int", (1, None), None),
        ("count", "str", ("count", "rate"), None),
    ],
)
def test_a_fault_is_one_line(value, annotation, limit, line):
    assert kinds.fault(value, kind(annotation), limit, "x") == line


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_option_states_its_kind_and_the_limits_admit_the_defaults(folder):
    for entry in entries(folder).values():
        for name in (*entry.options, *entry.required):
            assert name in entry.kinds, f"{entry.path.name}: {name} has neither an annotation nor a default"
        assert set(entry.limits) <= {*entry.options, *entry.required}
        for name, value in entry.options.items():
            assert kinds.fault(value, entry.kinds[name], entry.limits.get(name), name) is None


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_number_and_choice_has_limits(folder):
    for entry in entries(folder).values():
        for name, value in entry.options.items():
            numbers = isinstance(value, int | float) and not isinstance(value, bool)
            assert not numbers or name in entry.limits, f"{entry.path.name}: {name} has no limits"
