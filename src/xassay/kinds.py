"""What an option may hold: its kind, from its annotation or its default, and the limits of its CARD.

Standard library alone, and nothing imported: a plug-in's options are checked before any job starts.
"""

import ast
from math import isfinite
from typing import NamedTuple

from xassay.core.errors import InputError
from xassay.core.wording import mistyped, unknown

NAMES = {
    "bool": ("true or false", "booleans"),
    "int": ("a whole number", "whole numbers"),
    "float": ("a number", "numbers"),
    "str": ("text", "texts"),
    "dict": ("a mapping", "mappings"),
    "list": ("a list", "lists"),
    "None": ("null", "nulls"),
}
ALLOWED = "bool, int, float, str, dict, list[...], tuple[...] and None, joined by |"


class Kind(NamedTuple):
    """Names of NAMES, one of which a value has; of a list, the kind of its elements and their number."""

    names: tuple[str, ...]
    element: "Kind | None" = None
    length: int | None = None

    def __str__(self):
        return " or ".join(self.word(name) for name in self.names)

    def word(self, name):
        """One name in words; a list with its elements."""
        if name != "list" or self.element is None:
            return NAMES.get(name, [name])[0]
        number = "" if self.length is None else f"{self.length} "
        return f"a list of {number}{' or '.join(NAMES.get(n, [n])[-1] for n in self.element.names)}"

    def admits(self, value):
        """Whether a value is of this kind; a whole number is a number, true is none, nor is infinity."""
        found = kind_of(value)
        if found.names == ("list",) and "list" in self.names:
            right = self.length is None or len(value) == self.length
            return right and (self.element is None or all(map(self.element.admits, value)))
        if found.names == ("float",) and not isfinite(value):
            return False
        return found.names[0] in self.names or (found.names == ("int",) and "float" in self.names)


def annotated(node, where):
    """The Kind that an annotation asks for. Raises InputError for one that YAML cannot hold."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):  # "int | None", in quotes
        return annotated(ast.parse(node.value, mode="eval").body, where)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        one, two = annotated(node.left, where), annotated(node.right, where)
        length = one.length if one.length is not None else two.length
        return Kind(one.names + two.names, one.element or two.element, length)
    if isinstance(node, ast.Subscript) and getattr(node.value, "id", None) in ("list", "tuple"):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        ends = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is ...)]
        number = len(parts) if node.value.id == "tuple" and len(ends) == len(parts) else None
        return Kind(("list",), merged(annotated(part, where) for part in ends), number)
    name = "None" if isinstance(node, ast.Constant) and node.value is None else getattr(node, "id", "")
    name = "list" if name == "tuple" else name
    if name not in NAMES:
        raise InputError(f"{where}: annotation {ast.unparse(node)} is no kind of option; allowed: {ALLOWED}")
    return Kind((name,))


def kind_of(value):
    """The Kind of a value. As a default, a tuple says how long; an empty one nothing of elements."""
    if isinstance(value, list | tuple):
        length = len(value) if value and isinstance(value, tuple) else None
        return Kind(("list",), merged(map(kind_of, value)), length)
    return Kind(("None" if value is None else type(value).__name__,))


def merged(kinds):
    """One Kind for all elements of a list, or None where there are none."""
    kinds = list(kinds)
    names = tuple(dict.fromkeys(name for kind in kinds for name in kind.names))
    if {"int", "float"} <= set(names):
        names = tuple(name for name in names if name != "int")
    return Kind(names) if names else None


def limited(limit, where):
    """A limit of a CARD. Raises InputError where it is neither a range nor a choice of texts."""
    pair = isinstance(limit, tuple) and len(limit) == 2 and all(is_bound(end) for end in limit)
    texts = isinstance(limit, tuple) and limit and all(isinstance(text, str) for text in limit)
    if not (pair or texts):
        raise InputError(f"{where}: {limit!r}; allowed: (lowest, highest), None for no end, or ('text', ...)")
    return limit


def is_bound(end):
    """Whether something can end a range."""
    return end is None or (isinstance(end, int | float) and not isinstance(end, bool))


def fault(value, kind, limit, where):
    """One line of what is wrong with an option's value, or None."""
    if kind is not None and not kind.admits(value):
        wrapped = isinstance(value, str) and "list" in kind.names
        hint = (
            f"; write [{value}]" if wrapped and (kind.element is None or "str" in kind.element.names) else ""
        )
        return f"{where}: {mistyped(kind, value)}{hint}"
    for part in value if isinstance(value, list | tuple) else [value]:
        if limit and part is not None and (wrong := beyond(part, limit)):
            return f"{where}: {wrong}" if isinstance(wrong, str) else unknown(where, part, limit, "value")
    return None


def beyond(value, limit):
    """What is wrong with a number outside its range, in words; True for what is none of the choices."""
    if isinstance(limit[0], str):
        return value not in limit
    low, high = limit
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    ends = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
    return f"must be {' and '.join(ends)}, is {value!r}"
