"""How a mistake is told in one line: what a value must be, the nearest spelling. Standard library alone."""

from difflib import get_close_matches


def unknown(where, name, allowed, what):
    """One line: ``name`` is unknown at ``where``; the nearest spelling, and what is allowed."""
    near = get_close_matches(str(name), [str(a) for a in allowed], 1)
    hint = f" did you mean {near[0]!r}?" if near else ""
    called = "" if f".{where}".endswith(f".{name}") else f" {name!r}"
    return f"{where}: unknown {what}{called};{hint} allowed: {', '.join(sorted(map(str, allowed))) or 'none'}"


def mistyped(wanted, value):
    """What a value must be and what it is; a key without a value is empty."""
    if value is None:
        return f"is empty; must be {wanted}"
    return f"must be {wanted}, is {value!r}"
