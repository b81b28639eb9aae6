"""What every test may use. One thread a process: the tests share the machine."""

import os
import sys
from pathlib import Path

import pytest
from snakemakes import copy
from studies import ALONE, every_rule, finished

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", MPLBACKEND="Agg")
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

PLUGIN = {
    "attribution": '''"""A method for tests."""
from xassay.core import contracts

CARD = dict(label="Mine", family="gradient", kinds=("bag",), needs=("gradient",), signed=True, level="instance",
            axioms=(), reference="simonyan2014")


def attribute(model, x, target, baseline, *, n_steps=8, sharp=False):
    """Nothing."""
    return x
''',
    "models": '''"""A model for tests."""
CARD = dict(label="Mine", kinds=("bag",), provides=("gradient",), reference="zaheer2017")


def build(shape, n_outputs, *, width=8):
    """Nothing."""
''',
    "datasets": '''"""A data set for tests."""
CARD = dict(label="Mine", kind="bag", reference="zheng2017", files=("path",))


def samples(rng, *, path, rate=0.1, size=(3, 4), extra=None):
    """Nothing."""
''',
    "evaluation": '''"""A metric for tests."""
CARD = dict(label="Mine", family="recovery", range=(0, 1), direction=1, null=0.5, gate=None, reference="none")


def score(attribution, truth):
    """Nothing."""
''',
}


@pytest.fixture
def plugins(tmp_path):
    """Writes plug-ins into a folder of one's own: ``plugins("attribution", "mine", text)`` returns the folder."""

    def write(folder, name, text=None):
        path = tmp_path / "plugins" / folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PLUGIN[folder] if text is None else text)
        return str(tmp_path / "plugins")

    return write


@pytest.fixture
def plugin_text():
    """Sources of small plug-ins by folder."""
    return PLUGIN


@pytest.fixture(scope="session")
def local_run(tmp_path_factory):
    """A folder in which the study of ``studies.every_rule`` ran on two cores, without any executor."""
    folder = copy(tmp_path_factory.mktemp("local"))
    every_rule(folder / "study.yaml")
    finished(folder, command=[*ALONE, "--cores", "2", "--configfile", "study.yaml"])
    return folder
