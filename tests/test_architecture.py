"""The layers, from the same import graph that decides what runs again."""

import ast
import sys
from pathlib import Path

import pytest

from xassay import fingerprint
from xassay.core.contracts import FOLDERS

SOURCE = Path(fingerprint.__file__).resolve().parent
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = ["xassay." + ".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in FILES]
MODULES = [name.removesuffix(".__init__") for name in MODULES]
PLANNING = (
    *("cards", "kinds", "catalogue", "fingerprint", "configuration", "options", "resources", "schema"),
    "study",
)


def layer(module):
    """The folder of a module under xassay, or the module itself."""
    return (module.split(".") + [""])[1]


def imports(module):
    """Layers that a module imports, its own left out."""
    return {layer(name) for name in fingerprint.imported(module)} - {"", layer(module)}


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) in FOLDERS])
def test_a_plugin_imports_core_alone(module):
    assert imports(module) <= {"core"}
    siblings = {
        name for name in fingerprint.imported(module) if name.count(".") == 2 and layer(name) == layer(module)
    }
    assert not {name for name in siblings if not name.rpartition(".")[2].startswith("_")}


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("core", {"catalogue"}),
        ("stats", {"core"}),
        ("training", {"core"}),
        ("report", {"core", "catalogue"}),
        ("steps", {"core", "catalogue", "stats", "training", "report"}),
    ],
)
def test_layers_import_downwards(folder, allowed):
    for module in MODULES:
        if layer(module) == folder:
            assert imports(module) <= allowed, module


@pytest.mark.parametrize("module", ["catalogue", "fingerprint", "core.contracts", "core.errors"])
def test_what_plans_a_workflow_needs_the_standard_library_alone(module):
    for name in fingerprint.closure(f"xassay.{module}"):
        for node in ast.walk(ast.parse(fingerprint.path_of(name).read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for found in names:
                assert found.partition(".")[0] in {*sys.stdlib_module_names, "xassay"}, (
                    f"{name} imports {found}"
                )


def test_planning_touches_no_step_and_no_plugin():
    for module in PLANNING:
        assert {layer(name) for name in fingerprint.closure(f"xassay.{module}")} <= {"", "core", *PLANNING}


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=str)
def test_a_package_says_what_it_is_and_nothing_else(path):
    (only,) = ast.parse(path.read_text()).body
    assert isinstance(only.value, ast.Constant)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short_and_told(path):
    text = path.read_text()
    assert text.count("\n") <= 260
    assert ast.get_docstring(ast.parse(text)), "a module says what it is for"
