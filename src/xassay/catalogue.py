"""What the package and a user's folder offer: names, CARDs and options, read from source by ``ast``.

Nothing is imported to be listed, so a workflow is planned without torch. Standard library alone.
"""

import ast
import gc
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xassay import cards
from xassay.core.contracts import CONTROL, FOLDERS
from xassay.core.errors import InputError
from xassay.core.wording import unknown

PACKAGE = Path(__file__).resolve().parent


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
    kinds: dict  # Kind of every option that is annotated or has a default
    limits: dict  # what the CARD admits of an option: a range, or texts
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
    if user.is_file():
        raise InputError(f"plugins: {str(plugins)!r} is a file; must be a folder")
    if not user.is_dir():
        raise InputError(f"plugins: folder {str(plugins)!r} does not exist")
    for path in sorted(user.iterdir()):
        if path.suffix == ".py" and not path.name.startswith("_"):
            raise InputError(f"plugins: {path}: belongs in a sub-folder: one of {', '.join(FOLDERS)}")
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
    card = cards.card(source, folder, path)
    options, required, kinds, limits = cards.options(arguments, card, path)
    entry = Entry(
        name=path.stem,
        folder=folder,
        module=f"xassay.{folder}.{path.stem}",
        path=path,
        card=card,
        options=options,
        required=required,
        kinds=kinds,
        limits=limits,
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


def load(folder, name, plugins=None):
    """The module of plug-in ``name``, imported. A user's becomes ``xassay.{folder}.{name}`` too."""
    found = entries(folder, plugins)
    if name not in found:
        raise InputError(unknown(folder, name, found, "plug-in"))
    package = importlib.import_module(f"xassay.{folder}")
    for root in roots(plugins):
        if str(root / folder) not in package.__path__:
            package.__path__.append(str(root / folder))
    try:
        return importlib.import_module(found[name].module)
    except ImportError as fault:
        if found[name].path.is_relative_to(PACKAGE):
            raise
        raise InputError(f"{found[name].path}: {fault}; install it, or correct the import") from None
