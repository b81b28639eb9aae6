"""A plug-in's CARD and options as its source says them, checked against core/contracts.py.

Every fault is one line that names the file and what is allowed.
"""

import ast
from numbers import Real

from xassay import kinds
from xassay.core.contracts import CARDS, FOLDERS
from xassay.core.errors import InputError
from xassay.core.wording import unknown


def card(source, folder, path):
    """The literal ``CARD = dict(...)`` of a syntax tree. Raises InputError for a key or value unknown."""
    for node in source.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "CARD":
            break
    else:
        raise InputError(f"{path}: no CARD = dict(...)")
    if not is_dict(node.value):
        raise InputError(f"{path}: CARD is not written as dict(key=value, ...)")
    found = {k.arg: literal(k.value, f"{path}: CARD {k.arg}") for k in node.value.keywords}
    wanted = FOLDERS[folder].card + (("instance",) if found.get("level") == "feature" else ())
    if missing := [key for key in wanted if key not in found]:
        raise InputError(f"{path}: CARD lacks {', '.join(missing)}")
    for key, value in found.items():
        if wrong := fault(f"{path}: CARD", key, value, CARDS[folder]):
            raise InputError(wrong)
    return found


def is_dict(node):
    """Whether an expression is written as dict(key=value, ...)."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == "dict" and not node.args


def literal(node, where):
    """Value of a literal expression, or of dict(key=literal)."""
    if is_dict(node):
        return {k.arg: literal(k.value, where) for k in node.keywords}
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise InputError(f"{where}: {ast.unparse(node)} is not a literal") from None


def fault(where, key, value, rules):
    """What is wrong with one entry of a CARD, or None; rules: of the folder, see core/contracts.py."""
    if key not in rules:
        return unknown(where, key, rules, "key")
    rule = rules[key]
    if not isinstance(rule, tuple):
        return None if FORMS[rule](value) else f"{where} {key}: must be {rule}, is {value!r}"
    if rule[0] != "each":
        return None if type(value) in map(type, rule) and value in rule else told(where, key, value, rule)
    if not isinstance(value, tuple | list):
        return f"{where} {key}: must be a tuple, such as ({rule[1]!r},), is {value!r}"
    return next((told(where, key, part, rule[1:]) for part in value if part not in rule[1:]), None)


def told(where, key, value, allowed):
    """An unknown value of a key."""
    return unknown(f"{where} {key}", value, allowed, "value")


def number(value):
    """Whether a value is a number, which true is not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def pair(value, admits):
    """Whether a value is a tuple of two things that ``admits``."""
    return isinstance(value, tuple | list) and len(value) == 2 and all(map(admits, value))


def texts(value):
    """Whether a value is a tuple of texts."""
    return isinstance(value, tuple | list) and all(isinstance(part, str) for part in value)


FORMS = {
    "text": lambda value: isinstance(value, str) and value.strip() != "",
    "text, a tuple of texts or None": lambda value: value is None or isinstance(value, str) or texts(value),
    "a tuple of texts": texts,
    "a number or None": lambda value: value is None or number(value),
    "a pair of numbers or None": lambda value: pair(value, lambda end: end is None or number(end)),
    "None or a pair of names": lambda value: value is None or pair(value, lambda name: isinstance(name, str)),
    "dict(option=limit)": lambda value: isinstance(value, dict),
}


def options(arguments, given, path):
    """Keyword-only options of a function: (defaults, required, kinds, limits), the latter two by name.

    given: the CARD. A limit names an option and admits its default. Raises InputError."""
    pairs = list(zip(arguments.kwonlyargs, arguments.kw_defaults))
    defaults = {a.arg: literal(d, f"{path}: option {a.arg}") for a, d in pairs if d is not None}
    asked = {name: kinds.kind_of(value) for name, value in defaults.items() if value is not None}
    asked |= {
        a.arg: kinds.annotated(a.annotation, f"{path}: option {a.arg}") for a, _ in pairs if a.annotation
    }
    limits = {}
    for name, limit in given.get("limits", {}).items():
        where = f"{path}: CARD limits"
        if name not in [a.arg for a, _ in pairs]:
            raise InputError(unknown(where, name, [a.arg for a, _ in pairs], "option"))
        limits[name] = kinds.limited(limit, f"{where} {name}")
    for name, value in defaults.items():
        where = f"{path}: option {name}: its default"
        if wrong := kinds.fault(value, asked.get(name), limits.get(name), where):
            raise InputError(wrong)
    return defaults, tuple(a.arg for a, d in pairs if d is None), asked, limits
