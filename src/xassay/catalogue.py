"""What the package and a user's folder offer: names, CARDs and options, read from source by ``ast``.

Nothing is imported to be listed, so a workflow is planned without torch. Standard library alone.
"""

import ast
import gc
import importlib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from xassay.core.contracts import CONTROL, FOLDERS
from xassay.core.errors import InputError

PACKAGE = Path(__file__).resolve().parent
MAPS = {"sum", "norm"}  # how a feature-level map becomes an instance-level one


@dataclass(frozen=True)
class Entry:
    """One plug-in: a file stem in a folder."""

    name: str
    folder: str
    module: str
    path: Path
    card: dict
    options: dict  # keyword-only parameters with a default, and the default
    required: tuple[str, ...]  # keyword-only parameters without one
    arrays: tuple[str, ...]  # positional parameters: what the plug-in asks for
    defines: frozenset[str]  # top-level functions, such as a data set's ``oracle``


@cache
def entries(folder, plugins=None):
    """Plug-ins of ``folder`` by name, the package's and those of the folder ``plugins``.

    Raises InputError with one line a fault: all of them, not the first."""
    found, faults = {}, []
    for root in roots(plugins):
        for path in sorted((root / folder).glob("[!_]*.py")):
            try:
                entry = read(folder, path, plugins)
            except InputError as fault:
                faults.append(str(fault))
                continue
            if path.stem in found:
                faults.append(f"{path}: the name {path.stem!r} is already taken by {entry.module}")
            else:
                found[path.stem] = entry
    if faults:
        raise InputError("\n".join(faults))
    return found


def roots(plugins=None):
    """Folders that hold plug-in folders. Raises InputError where the user's cannot be one."""
    if plugins is None:
        return (PACKAGE,)
    user = Path(plugins).resolve()
    if not user.is_dir():
        raise InputError(f"plugins: folder {str(plugins)!r} does not exist")
    for path in sorted(user.iterdir()):
        if path.name not in FOLDERS and path.is_dir() and any(path.glob("*.py")):
            raise InputError(unknown("plugins", path.name, FOLDERS, "folder"))
    return PACKAGE, user


def read(folder, path, plugins=None):
    """The plug-in in file ``path``. Raises InputError that names the file and the fault."""
    source = tree(path)
    functions = {node.name: node for node in source.body if isinstance(node, ast.FunctionDef)}
    kind = FOLDERS[folder]
    if kind.entry not in functions:
        raise InputError(f"{path}: no function {kind.entry}(), which every file in {folder}/ defines")
    arguments = functions[kind.entry].args
    if arguments.vararg or arguments.kwarg:
        raise InputError(f"{path}: {kind.entry}() takes *args or **kwargs; options are named one by one")
    pairs = list(zip(arguments.kwonlyargs, arguments.kw_defaults))
    entry = Entry(
        name=path.stem,
        folder=folder,
        module=f"xassay.{folder}.{path.stem}",
        path=path,
        card=card(source, folder, path),
        options={a.arg: literal(d, f"{path}: option {a.arg}") for a, d in pairs if d is not None},
        required=tuple(a.arg for a, d in pairs if d is None),
        arrays=tuple(a.arg for a in arguments.posonlyargs + arguments.args),
        defines=frozenset(functions),
    )
    check_arrays(entry, kind, plugins)
    return entry


def tree(path):
    """Syntax tree of a file. Raises InputError where it is not Python.

    Garbage collection, which a tree's many nodes would set off again and again, waits: half of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as fault:
        raise InputError(f"{path}: line {fault.lineno}: {fault.msg}") from None
    finally:
        if collecting:
            gc.enable()


def card(source, folder, path):
    """The literal ``CARD = dict(...)`` of a syntax tree."""
    for node in source.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "CARD":
            break
    else:
        raise InputError(f"{path}: no CARD = dict(...)")
    if not (isinstance(node.value, ast.Call) and getattr(node.value.func, "id", None) == "dict"):
        raise InputError(f"{path}: CARD is not written as dict(key=value, ...)")
    found = {k.arg: literal(k.value, f"{path}: CARD {k.arg}") for k in node.value.keywords}
    wanted = FOLDERS[folder].card + (("instance",) if found.get("level") == "feature" else ())
    if missing := [key for key in wanted if key not in found]:
        raise InputError(f"{path}: CARD lacks {', '.join(missing)}")
    if "instance" in wanted and found["instance"] not in MAPS:
        raise InputError(f"{path}: CARD instance is {found['instance']!r}; allowed: norm, sum")
    return found


def literal(node, where):
    """Value of a literal expression."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise InputError(f"{where}: {ast.unparse(node)} is not a literal") from None


def check_arrays(entry, kind, plugins):
    """Positional parameters are known arrays; a metric may also ask for a test's maps, by its name."""
    known = set(kind.arrays)
    if entry.folder == "evaluation":
        known |= {path.stem for root in roots(plugins) for path in (root / "stability").glob("[!_]*.py")}
    for name in entry.arrays:
        if name not in known:
            raise InputError(f"{entry.path}: {unknown(kind.entry + '()', name, known, 'array')}")
    if entry.folder == "attribution" and "truth" in entry.arrays and not entry.name.startswith(CONTROL):
        raise InputError(f"{entry.path}: a method may not ask for truth")


def unknown(where, name, allowed, what):
    """One line: ``name`` is unknown at ``where``; the nearest spelling, and what is allowed."""
    near = get_close_matches(str(name), [str(a) for a in allowed], 1)
    hint = f" did you mean {near[0]!r}?" if near else ""
    called = "" if f".{where}".endswith(f".{name}") else f" {name!r}"
    return f"{where}: unknown {what}{called};{hint} allowed: {', '.join(sorted(map(str, allowed))) or 'none'}"


def load(folder, name, plugins=None):
    """The module of plug-in ``name``, imported. A user's becomes ``xassay.{folder}.{name}`` too."""
    found = entries(folder, plugins)
    if name not in found:
        raise InputError(unknown(folder, name, found, "plug-in"))
    package = importlib.import_module(f"xassay.{folder}")
    for root in roots(plugins):
        if str(root / folder) not in package.__path__:
            package.__path__.append(str(root / folder))
    return importlib.import_module(found[name].module)
