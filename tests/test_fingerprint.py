"""The fingerprint: what it sees, and what it does not."""

import ast

import pytest

from xassay import catalogue, fingerprint

CACHES = (
    catalogue.entries,
    fingerprint.fingerprint,
    fingerprint.closure,
    fingerprint.imported,
    fingerprint.path_of,
    fingerprint.meaning,
)


@pytest.fixture
def hashed(plugins, plugin_text):
    """Fingerprint of a user's method with this source."""

    def of(text, **others):
        for name, source in others.items():
            plugins("attribution", name, source)
        folder = plugins("attribution", "mine", text)
        for cached in CACHES:
            cached.cache_clear()
        return fingerprint.fingerprint("xassay.attribution.mine", plugins=folder)

    return of


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "\n# a comment\n",
        lambda text: text.replace('"""Nothing."""', '"""Something else."""'),
        lambda text: text.replace('    """Nothing."""\n', ""),
        lambda text: text.replace('"""A method for tests."""\n', ""),
        lambda text: text.replace("n_steps=8, sharp=False", "n_steps=8,\n    sharp=False"),
        lambda text: text.replace('"Mine"', "'Mine'"),
        lambda text: text.replace("n_steps=8", "n_steps=0x8"),
    ],
)
def test_prose_and_layout_do_not_count(hashed, plugin_text, edit):
    text = plugin_text["attribution"]
    assert edit(text) != text
    assert hashed(edit(text)) == hashed(text)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("return x", "return -x"),
        lambda text: text.replace("n_steps=8", "n_steps=9"),
        lambda text: text.replace("n_steps=8", "n_steps=8.0"),
        lambda text: text.replace("sharp=False", "sharp=None"),
        lambda text: text.replace("return x", "return 'x'"),
        lambda text: text.replace('"Mine"', 'b"Mine"'),
        lambda text: text.replace("return x", "x\n    return"),
    ],
)
def test_logic_counts(hashed, plugin_text, edit):
    text = plugin_text["attribution"]
    assert edit(text) != text
    assert hashed(edit(text)) != hashed(text)


def test_a_users_imports_are_followed(hashed, plugin_text):
    text = plugin_text["attribution"].replace(
        "from xassay.core import contracts", "from xassay.attribution import _shared"
    )
    relative = text.replace("from xassay.attribution import", "from . import")
    for source in (text, relative):
        before = hashed(source, _shared="X = 1\n")
        assert hashed(source, _shared="X = 1  # one\n") == before
        assert hashed(source, _shared="X = 2\n") != before


def test_imports_inside_functions_and_of_imports_are_followed():
    found = fingerprint.closure("xassay.steps.data")
    assert {"xassay.catalogue", "xassay.core.contracts", "xassay.core.errors", "xassay"} <= found
    assert not any(name.startswith("xassay.attribution") for name in found)


def test_a_packages_templates_count(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text('"""A package."""\n')
    path = package / "__init__.py"
    said = []
    for text in ("a", "b", "b"):
        (package / "page.css").write_text(text)
        fingerprint.meaning.cache_clear()
        said.append(fingerprint.meaning(path)[0])
    assert said[0] != said[1] == said[2]


def test_empty_fields_that_later_pythons_add_do_not_count():
    plain, later = [], []
    fingerprint.spell(ast.parse("def f():\n    pass\n"), plain.append, print)
    tree = ast.parse("def f():\n    pass\n")
    for node in ast.walk(tree):
        node.__class__ = type(type(node).__name__, (type(node),), {"_fields": (*node._fields, "type_params")})
        node.type_params = []
    fingerprint.spell(tree, later.append, print)
    assert later == plain
