"""Conda's environments, with a stand-in for conda (tests/conda/bin/conda says what that leaves untested)."""

import json
import os
import platform
import re
import subprocess
from importlib.metadata import version

import pytest
import yaml
from snakemakes import ROOT, copy, snakemake
from studies import every_rule, finished, tables

PYTHON = yaml.safe_load((ROOT / "envs/torch.yaml").read_text())["dependencies"][0].partition("=")[2]
PATH = os.pathsep.join([str(ROOT / "tests/conda/bin"), os.environ["PATH"]])

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not platform.python_version().startswith(f"{PYTHON}."), reason=f"the environments pin Python {PYTHON}"
    ),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder in which every rule ran in its environment, and what snakemake said."""
    folder = copy(tmp_path_factory.mktemp("conda"))
    every_rule(folder / "study.yaml")
    command = ["env", f"PATH={PATH}", "snakemake", "--configfile", "study.yaml"]
    return folder, finished(folder, "--cores", "2", "--sdm", "conda", command=command)


def test_every_rule_runs_in_its_environment(run):
    folder, said = run
    began = re.findall(r"^(?:local)?rule (?!all)(\w+):", said, re.M)
    assert set(began) == {path.stem for path in ROOT.glob("src/xassay/steps/*.py")} - {
        "__init__",
        "catalogue",
        "verdicts",
    }
    assert said.count("Activating conda environment: ") == len(began)
    made = {path.read_text() for path in (folder / ".snakemake/conda").glob("*.yaml")}
    assert made == {path.read_text() for path in ROOT.glob("envs/*.yaml") if path.name != "torch-gpu.yaml"}


def test_an_environment_holds_what_its_file_names(run):
    for file in (run[0] / ".snakemake/conda").glob("*.yaml"):
        python = file.with_suffix("") / "bin" / "python"
        done = subprocess.run([python, "-c", "import torch"], capture_output=True, text=True)
        assert (done.returncode == 0) == ("pytorch" in file.read_text()), done.stderr


def test_conda_changes_no_table_and_runs_nothing_again(run, local_run):
    folder = run[0]
    here, there = tables(folder), tables(local_run)
    own, other = (json.loads(found.pop("trust.json")) for found in (here, there))
    assert here == there and own["cards"] == other["cards"]
    # that of torch and captum as training had them, though no table's environment has either
    told = (found["provenance"]["versions"] for found in (own, other))
    assert next(told).items() | {("snakemake", version("snakemake"))} == next(told).items()
    assert "Nothing to be done" in finished(
        folder, command=["snakemake", "--cores", "1", "--configfile", "study.yaml"]
    )


def test_a_version_that_is_not_there_is_refused(tmp_path):
    folder = copy(tmp_path)
    file = folder / "envs/report.yaml"
    file.write_text(re.sub(r"numpy=\S+", "numpy=1.26.4", file.read_text()))
    ran = snakemake("--sdm", "conda", "--conda-create-envs-only", "--cores", "1", folder=folder, PATH=PATH)
    assert ran.status == 1 and "PackagesNotFoundError: numpy=1.26.4" in ran.text


def test_containerize_prints_the_recipe_of_an_image(tmp_path):
    ran = snakemake("--containerize", folder=copy(tmp_path), PATH=PATH)
    assert ran.status == 0, ran.text
    assert re.search(r"^FROM condaforge/\w+", ran.text, re.M)
    for env in ("motifs", "report", "tables", "torch"):
        assert f"#   source: envs/{env}.yaml" in ran.text
    assert ran.text.count("conda env create --prefix") == 4
