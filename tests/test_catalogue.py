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
        (
            ('level="instance"', 'level="instances"'),
            "CARD level: unknown value 'instances'; did you mean 'instance'?",
        ),
        (
            ('family="gradient"', 'family="gradients"'),
            "CARD family: unknown value 'gradients'; did you mean 'grad",
        ),
        (('kinds=("bag",)', 'kinds=("bags",)'), "CARD kinds: unknown value 'bags'; did you mean 'bag'?"),
        (('kinds=("bag",)', 'kinds="bag"'), "CARD kinds: must be a tuple, such as ('bag',), is 'bag'"),
        (
            ('needs=("gradient",)', 'needs=("gradients",)'),
            "CARD needs: unknown value 'gradients'; did you mean",
        ),
        (("axioms=()", 'axioms=("complete",)'), "CARD axioms: unknown value 'complete'; did you mean"),
        (("signed=True", "signed=1"), "CARD signed: unknown value 1; allowed: False, True"),
        (('label="Mine"', 'label=""'), "CARD label: must be text, is ''"),
        (
            ("signed=True", "signed=True, varints=False"),
            "CARD: unknown key 'varints'; did you mean 'variants'?",
        ),
        (
            ("signed=True", "signed=True, limits=dict(n_step=(1, 2))"),
            "unknown option 'n_step'; did you mean 'n_steps'",
        ),
        (
            ("signed=True", "signed=True, limits=dict(n_steps=1)"),
            "CARD limits n_steps: 1; allowed: (lowest, highest)",
        ),
        (
            ("signed=True", "signed=True, limits=dict(n_steps=(9, 10))"),
            "its default: must be at least 9 and at most",
        ),
        (("n_steps=8", "n_steps: str = 8"), "option n_steps: its default: must be text, is 8"),
        (
            ("n_steps=8", "n_steps: set = 8"),
            "option n_steps: annotation set is no kind of option; allowed: bool",
        ),
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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("direction=1", "direction=2"), "CARD direction: unknown value 2; allowed: -1, 0, 1"),
        (("direction=1", "direction=True"), "CARD direction: unknown value True; allowed: -1, 0, 1"),
        (("range=(0, 1)", "range=(0,)"), "CARD range: must be a pair of numbers or None, is (0,)"),
        (("null=0.5", 'null="half"'), "CARD null: must be a number or None, is 'half'"),
        (
            ("gate=None", 'gate="control_truth"'),
            "CARD gate: must be None or a pair of names, is 'control_truth'",
        ),
    ],
)
def test_a_metrics_card(plugins, plugin_text, change, words):
    text = plugin_text["evaluation"]
    assert change[0] in text
    (line,) = fault("evaluation", plugins("evaluation", "mine", text.replace(*change)))
    assert "mine.py: " in line and words in line


def test_a_plugin_outside_of_the_sub_folders(plugins, tmp_path):
    folder = plugins("attribution", "mine")
    (tmp_path / "plugins" / "lost.py").touch()
    (line,) = fault("attribution", folder)
    assert "lost.py: belongs in a sub-folder: one of datasets, models, attribution" in line


def test_a_missing_import_of_a_users_plugin_names_its_file(plugins, plugin_text):
    text = plugin_text["attribution"].replace(
        "from xassay.core", "import nowhere_to_be_found\nfrom xassay.core"
    )
    folder = plugins("attribution", "importing", text)
    with pytest.raises(InputError, match=r"importing\.py: No module named 'nowhere_to_be_found'"):
        catalogue.load("attribution", "importing", folder)


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
