"""The catalogue: what it reads, and how it refuses."""

import sys

import pytest

from xassay import catalogue
from xassay.core.contracts import FOLDERS
from xassay.core.errors import InputError


def fault(folder, plugins):
    """Lines of the catalogue's complaint."""
    with pytest.raises(InputError) as raised:
        catalogue.entries(folder, plugins)
    return str(raised.value).splitlines()


def test_every_folder_of_the_package_is_readable():
    for folder in FOLDERS:
        found = catalogue.entries(folder)
        assert found
        assert all(name == entry.name and entry.folder == folder for name, entry in found.items())


def test_a_users_plugin_is_one_of_the_entries(plugins):
    entry = catalogue.entries("attribution", plugins("attribution", "mine"))["mine"]
    assert entry.options == {"n_steps": 8, "sharp": False}
    assert entry.arrays == ("model", "x", "target", "baseline")
    assert entry.required == ()
    assert entry.card["label"] == "Mine"
    assert entry.module == "xassay.attribution.mine"
    assert "attribute" in entry.defines


def test_keywords_without_default_are_required(plugins):
    entry = catalogue.entries("datasets", plugins("datasets", "mine"))["mine"]
    assert entry.required == ("path",)
    assert entry.options == {"rate": 0.1, "size": (3, 4), "extra": None}


def test_a_users_plugin_is_imported_under_the_packages_name(plugins):
    folder = plugins("attribution", "imported_by_the_test")
    module = catalogue.load("attribution", "imported_by_the_test", folder)
    assert module.__name__ == "xassay.attribution.imported_by_the_test"
    assert module.attribute(None, 3, None, None) == 3
    del sys.modules[module.__name__]


def test_files_that_begin_with_an_underscore_are_no_plugins(plugins):
    assert "_shared" not in catalogue.entries("attribution", plugins("attribution", "_shared", "X = 1\n"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("CARD = dict", "CART = dict"), "no CARD"),
        (('label="Mine", ', ""), "CARD lacks label"),
        (('label="Mine"', "label=str(3)"), "CARD label: str(3) is not a literal"),
        (("dict(", "make("), "CARD is not written as dict"),
        (("def attribute", "def attribut"), "no function attribute()"),
        (("n_steps=8", "n_steps=len('x')"), "option n_steps: len('x') is not a literal"),
        (("target, baseline", "targt, baseline"), "unknown array 'targt'; did you mean 'target'?"),
        (("sharp=False", "**options"), "takes *args or **kwargs"),
        (('level="instance"', 'level="feature"'), "CARD lacks instance"),
        (('level="instance"', 'level="feature", instance="mean"'), "allowed: norm, sum"),
        (("baseline, *", "baseline, truth, *"), "may not ask for truth"),
        (("return x", "return ("), "line 10"),
    ],
)
def test_a_faulty_plugin_is_one_line(plugins, plugin_text, change, words):
    text = plugin_text["attribution"]
    assert change[0] in text
    (line,) = fault("attribution", plugins("attribution", "mine", text.replace(*change)))
    assert "mine.py" in line
    assert words in line


def test_every_faulty_plugin_is_told(plugins):
    plugins("attribution", "one", "")
    lines = fault("attribution", plugins("attribution", "two", ""))
    assert len(lines) == 2


def test_a_metric_may_ask_for_the_maps_of_a_test_by_its_name(plugins, plugin_text):
    text = plugin_text["evaluation"]
    known = plugins("evaluation", "mine", text.replace("truth", "parameter_randomisation"))
    assert catalogue.entries("evaluation", known)["mine"].arrays == ("attribution", "parameter_randomisation")
    catalogue.entries.cache_clear()
    (line,) = fault(
        "evaluation", plugins("evaluation", "mine", text.replace("truth", "parameter_randomization"))
    )
    assert "did you mean 'parameter_randomisation'?" in line


def test_a_name_that_is_taken(plugins):
    (line,) = fault("attribution", plugins("attribution", "saliency"))
    assert "the name 'saliency' is already taken by xassay.attribution.saliency" in line


def test_a_folder_that_does_not_exist(tmp_path):
    assert fault("attribution", str(tmp_path / "none")) == [
        f"plugins: folder '{tmp_path}/none' does not exist"
    ]


def test_a_sub_folder_with_a_wrong_name(tmp_path, plugins):
    folder = plugins("attribution", "mine")
    (tmp_path / "plugins" / "attributions").mkdir()
    (tmp_path / "plugins" / "attributions" / "x.py").touch()
    (line,) = fault("attribution", folder)
    assert "unknown folder 'attributions'; did you mean 'attribution'?" in line


def test_an_unknown_plugin_is_told_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'saliency'"):
        catalogue.load("attribution", "salency")
