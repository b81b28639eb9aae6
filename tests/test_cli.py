"""The command line: fast where nothing is computed, and one line for a user's mistake."""

import json
import subprocess
import sys
import time

import pytest

from xassay.__main__ import main, verbs

VERBS = (
    *("attribute", "catalogue", "compare", "data", "discover", "probe", "report", "score", "train"),
    "verdicts",
)


def command(*arguments):
    """A finished ``python -m xassay`` with these arguments."""
    return subprocess.run([sys.executable, "-m", "xassay", *arguments], capture_output=True, text=True)


@pytest.fixture(autouse=True)
def source(monkeypatch):
    """The package on the path of child processes."""
    from xassay.catalogue import PACKAGE

    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))


def test_every_step_is_a_verb_with_a_line_of_help():
    assert set(verbs()) == set(VERBS)
    assert all(line.endswith(".") or line[0].isupper() for line in verbs().values())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_and_takes_plugins(verb, capsys):
    with pytest.raises(SystemExit) as left:
        main([verb, "--help"])
    assert left.value.code == 0
    assert "--plugins" in capsys.readouterr().out


def test_help_lists_the_verbs(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(verb in said for verb in VERBS)


def test_the_catalogue_is_fast_and_imports_no_torch():
    best = 9.0
    for _ in range(5):
        start = time.perf_counter()
        assert "integrated_gradients" in command("catalogue").stdout
        best = min(best, time.perf_counter() - start)
    assert best < 0.3
    code = "import sys; from xassay.__main__ import main; main(['catalogue']); print('torch' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False False"


def test_one_folder_of_the_catalogue(capsys):
    assert main(["catalogue", "models"]) == 0
    said = capsys.readouterr().out
    assert "mean_pooling" in said and "saliency" not in said


def test_a_users_plugins_are_listed(capsys, plugins):
    assert main(["catalogue", "attribution", "--plugins", plugins("attribution", "mine")]) == 0
    assert "mine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["catalogue", "model"],
            "xassay catalogue: catalogue: unknown folder 'model'; did you mean 'models'?",
        ),
        (["catalogue", "--plugins", "none"], "xassay catalogue: plugins: folder 'none' does not exist"),
        (["verdicts", "--trust", "none.json"], "xassay verdicts: none.json does not exist"),
        (
            ["data", "--dataset", "pbmc", "--name", "a", "--out", "x"],
            "xassay data: datasets: unknown plug-in 'pbmc'; did you mean 'pbmc_bags'?",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_1(arguments, line, capsys):
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.err.startswith(line)
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ('{"witnes": "B"}', "xassay data: --options.witnes: unknown option; did you mean 'witness'?"),
        ('{"size_mean": "B"}', "xassay data: --options.size_mean: must be a number, is 'B'"),
        ("[1]", "xassay data: --options: must be a mapping, is [1]"),
    ],
)
def test_options_typed_by_hand_are_checked(options, line, capsys):
    assert main(["data", "--dataset", "pbmc_bags", "--name", "a", "--out", "x", "--options", options]) == 1
    said = capsys.readouterr().err
    assert said.startswith(line) and said.count("\n") == 1


def test_options_that_are_no_json(capsys):
    with pytest.raises(SystemExit) as left:
        main(["data", "--dataset", "pbmc_bags", "--name", "a", "--out", "x", "--options", "{a: 1}"])
    assert left.value.code == 2
    assert capsys.readouterr().err == "xassay data: argument --options: is no JSON: '{a: 1}'\n"


def test_an_unknown_verb_is_told_with_the_nearest(capsys):
    assert main(["datas"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("xassay: unknown verb 'datas'; did you mean 'data'?") and said.count("\n") == 1


def test_a_map_of_wrong_shape_names_the_plugins_file():
    import torch

    from xassay.core.errors import InputError
    from xassay.core.explaining import Plugin, explain

    x = torch.zeros(2, 3, 4)
    for found, words in ((x, "a map of shape (2, 3, 4)"), (None, "a map of NoneType")):
        method = Plugin("m", "m", lambda x, found=found: found, {"level": "instance"}, ("x",), {})
        with pytest.raises(InputError) as raised:
            explain(method, None, x, torch.zeros(2), x[None], None, x[..., 0])
        assert str(raised.value).startswith(f"{__file__}: attribute() returned {words}; level 'instance' is")
        assert str(raised.value).endswith("(2, 3)")


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("xassay 0.")


def test_the_exit_status_reaches_the_shell():
    done = command("verdicts", "--trust", "none.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_verdicts_are_a_short_table(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    card = {"dataset": "bags", "model": "mean", "method": "saliency", "verdict": "caution"}
    cards = [card | {"reasons": ["one", "two " * 40]}, card | {"verdict": "do not use", "reasons": []}]
    (tmp_path / "trust.json").write_text(json.dumps({"cards": cards}))
    assert main(["verdicts", "--trust", str(tmp_path / "trust.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) == 90
    assert lines[2].startswith("bags     mean   saliency  caution     one; two two")
    assert lines[3] == "bags     mean   saliency  do not use"


def test_a_trust_file_that_is_none(tmp_path, capsys):
    (tmp_path / "trust.json").write_text("[]")
    assert main(["verdicts", "--trust", str(tmp_path / "trust.json")]) == 1
    assert "is not a file of trust cards" in capsys.readouterr().err
