"""Fingerprint of the code that a job runs: its modules and everything of xassay that they import.

Only meaning counts: comments, layout and docstrings do not, nor a file's time stamp. Standard library alone.
"""

import ast
import hashlib
from functools import cache

from xassay.catalogue import roots, tree

UNSTABLE = {"ctx", "kind", "type_comment"}  # fields of a syntax tree without meaning of their own
DATA = {
    ".css",
    ".html",
    ".jinja",
    ".js",
    ".json",
    ".svg",
    ".txt",
    ".yaml",
}  # files that a package's code reads
DOCUMENTED = {ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef}


@cache
def fingerprint(*modules, plugins=None):
    """12 hex digits for dotted module names; ``plugins`` is the user's folder, which is searched last."""
    digest = hashlib.sha256()
    for name in sorted(set().union(*(closure(module, plugins) for module in modules))):
        digest.update(name.encode() + meaning(path_of(name, plugins))[0])
    return digest.hexdigest()[:12]


@cache
def closure(module, plugins=None):
    """``module`` and all of xassay that it imports, directly or not, inside functions too."""
    seen, queue = set(), [module]
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue += imported(name, plugins)
    return frozenset(seen)


@cache
def imported(module, plugins=None):
    """Modules of xassay that the import statements of ``module`` name, and their parents."""
    path = path_of(module, plugins)
    if path is None:
        raise LookupError(f"no module {module}")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names = {module}
    for node in meaning(path)[1]:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        else:
            above = package.split(".")
            above = above[: len(above) - node.level + 1] if node.level else []
            base = ".".join(above + ([node.module] if node.module else []))
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    names = {name for name in names if name.partition(".")[0] == "xassay"}
    parents = {name.rsplit(".", depth)[0] for name in names for depth in range(1, name.count(".") + 1)}
    return frozenset(name for name in (names | parents) - {module} if path_of(name, plugins))


def members(package):
    """Modules of a package that imports them by computed names, which no one can read from its source."""
    return sorted(f"{package}.{path.stem}" for path in path_of(package).parent.glob("[!_]*.py"))


@cache
def path_of(module, plugins=None):
    """File of a dotted module name in the package or the user's folder, or None."""
    parts = module.split(".")[1:]
    for root in roots(plugins) if module.partition(".")[0] == "xassay" else ():
        stem = root.joinpath(*parts)
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                return path
    return None


@cache
def meaning(path):
    """Digest of what a file says, the same under every Python that reads it alike; and its import statements.

    A package says also what the files beside its code say: templates, style sheets."""
    words, imports = [], []
    spell(tree(path), words.append, imports.append)
    if path.name == "__init__.py":
        beside = sorted(part for part in path.parent.iterdir() if part.suffix in DATA)
        words += [f"{part.name} {hashlib.sha256(part.read_bytes()).hexdigest()}" for part in beside]
    return hashlib.sha256("\n".join(words).encode()).digest(), imports


def spell(node, say, found):
    """Says a syntax tree in words, docstrings and empty fields left out: later Pythons add empty fields."""
    kind = type(node)
    if kind is ast.Import or kind is ast.ImportFrom:
        found(node)
    say(kind.__name__)
    for name in fields_of(kind):
        value = getattr(node, name, None)
        if isinstance(value, list) and value:
            parts = undocumented(value) if name == "body" and kind in DOCUMENTED else value
            say(f"{name}[{len(parts)}]")
            for part in parts:
                spell(part, say, found) if isinstance(part, ast.AST) else say(repr(part))
        elif isinstance(value, ast.AST):
            say(name)
            spell(value, say, found)
        elif value is not None and value != []:
            say(f"{name}={value!r}")


@cache
def fields_of(kind):
    """Fields of a kind of node that mean something."""
    return tuple(name for name in kind._fields if name not in UNSTABLE)


def undocumented(body):
    """A body's statements without its docstring."""
    first = body[0]
    text = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return body[1:] if text else body
