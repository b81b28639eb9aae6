"""Real runs of the test study: the same bytes whatever the cores, after a crash, and never two at once."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from snakemakes import ROOT, copy
from studies import ALONE, finished, ran, start, tables, wait_for


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The test study, run from scratch on two cores."""
    folder = copy(tmp_path_factory.mktemp("run"))
    said = finished(folder, "--cores", "2")
    return folder, said


@pytest.mark.slow
def test_a_run_makes_the_report_and_a_second_one_nothing(run):
    folder, _ = run
    assert json.loads((folder / "results/trust.json").read_text())["cards"]
    page = (folder / "results/report.html").read_text()
    assert not re.search(r'(src|href)="https?:', page.split("<body")[0])
    assert "Nothing to be done" in finished(folder, "--cores", "2")


@pytest.mark.slow
def test_controls_have_no_job_of_their_own(run):
    folder, said = run
    assert (folder / "results/attributions/small_pbmc/small_attention/control_truth.h5ad").exists()
    assert "method=control" not in said


@pytest.mark.slow
def test_two_runs_from_scratch_give_the_same_bytes_whatever_the_cores(run, tmp_path):
    folder = copy(tmp_path, run[0])
    finished(folder, "--cores", "1")
    one, two = tables(folder), tables(run[0])
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


@pytest.mark.slow
def test_killed_in_the_middle_the_same_command_completes(run, tmp_path):
    folder = copy(tmp_path, run[0])
    first = start(folder, "--cores", "2")
    wait_for(lambda: (folder / "said").read_text().count("Finished jobid") >= 7, first)
    os.kill(first.pid, signal.SIGKILL)  # its jobs live on, and write
    first.wait()
    done = ran((folder / "said").read_text())
    assert any((folder / ".snakemake/locks").iterdir())
    again = finished(folder, "--cores", "2")
    assert "attributions" in again
    assert not done & ran(again), "a finished job ran again"
    assert tables(folder) == tables(run[0])


@pytest.fixture
def sleeper(tmp_path):
    """A folder with the starting script and a workflow that runs until the file ``go`` is there."""
    shutil.copytree(ROOT / "workflow" / "scripts", tmp_path / "workflow" / "scripts")
    (tmp_path / "Snakefile").write_text(
        'rule all:\n    output: "done"\n    shell: "touch began; while [ ! -e go ]; do sleep 0.1; done; touch {output}"\n'
    )
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [ALONE, [sys.executable, "-m", "snakemake"]], ids=["make run", "snakemake"]
)
def test_a_living_run_is_left_alone(sleeper, command):
    living = start(sleeper, "--cores", "1", command=command)
    wait_for((sleeper / "began").exists, living)
    second = subprocess.run([*ALONE, "--cores", "1"], cwd=sleeper, capture_output=True, text=True)
    assert second.returncode == 1
    assert second.stderr.startswith("make run: another run is alive in this folder")
    assert second.stderr.count("\n") == 1
    (sleeper / "go").touch()
    assert living.wait() == 0
    assert "Nothing to be done" in finished(sleeper, "--cores", "1", command=ALONE)


@pytest.mark.slow
def test_a_lock_that_a_crash_left_is_cleared(sleeper):
    crashed = start(sleeper, "--cores", "1", command=ALONE)
    wait_for((sleeper / "began").exists, crashed)
    os.killpg(crashed.pid, signal.SIGKILL)
    crashed.wait()
    (sleeper / "go").touch()
    assert any((sleeper / ".snakemake/locks").iterdir())
    with open(sleeper / ".snakemake" / "alone") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finished(sleeper, "--cores", "1", command=ALONE)
    assert (sleeper / "done").exists()


@pytest.mark.slow
def test_the_console_says_little_and_keeps_errors(sleeper):
    """In a folder of its own, so that a second study leaves the first one's results alone."""
    (sleeper / "Snakefile").write_text(
        'rule all:\n    input: "b/x"\n'
        'rule good:\n    output: "a/x"\n    shell: "touch {output}"\n'
        'rule bad:\n    input: "a/x"\n    output: "b/{n}"\n    log: "{n}.log"\n'
        '    shell: "echo deeply wrong > {log}; exit 1"\n'
    )
    command = [*ALONE, "--cores", "1", "--directory", "other", "--show-failed-logs"]
    ran = subprocess.run(command, cwd=sleeper, capture_output=True, text=True)
    assert ran.returncode == 1
    lines = ran.stderr.splitlines()
    assert "good" in lines and "bad x" in lines and "1 of 3 steps (33%) done" in lines
    assert "deeply wrong" in lines and "Error in rule bad:" in lines
    assert not any(
        "Select jobs" in line or "resources:" in line or "Finished jobid" in line for line in lines
    )
    assert (sleeper / "other/a/x").exists() and not (sleeper / "a").exists()


@pytest.mark.slow
def test_the_study_of_sequences_runs(tmp_path):
    """From data to the page: regression and classification, f*, a discovery, maps of bases."""
    folder = copy(tmp_path)
    study = ["--configfile", "config/test_sequences.yaml"]
    finished(folder, "--cores", "2", command=[*ALONE, *study])
    results = folder / "results"
    learned = (results / "tables" / "learned.csv").read_text()
    assert "AUROC" in learned and "correlation" in learned
    found = json.loads((results / "discoveries/small_lac/small_cnn/position_profile.json").read_text())
    assert [row[0] for row in found["tables"]["recovery"]["data"]] == ["all", "CRP", "-35", "-10"]
    assert (results / "discoveries/small_lac/small_cnn/position_profile.meme").exists()
    page = (results / "report.html").read_text()
    assert "Position profile" in page and 'id="figure-sequence_gallery"' in page
    cards = json.loads((results / "trust.json").read_text())["cards"]
    exact = {c["method"]: c["criteria"] for c in cards if c["model"] == "oracle"}
    assert (
        exact["deep_lift"]["completeness"]["passed"]
        and exact["in_silico_mutagenesis"]["recovery"]["value"] > 0.9
    )


@pytest.mark.slow
def test_parsing_imports_no_library_of_arrays(tmp_path):
    """Snakemake parses the workflow again in every job of a cluster: it must read source, and import little."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "Snakefile").write_text("rule all:\n    input: []\n")
    (tmp_path / "ours").mkdir()
    ours, empty = (modules(folder) for folder in (copy(tmp_path / "ours"), tmp_path / "empty"))
    heavy = {
        "torch",
        "captum",
        "numpy",
        "pandas",
        "scipy",
        "anndata",
        "scanpy",
        "h5py",
        "matplotlib",
        "sklearn",
    }
    assert "xassay" in ours and not (ours - empty) & heavy
    assert {"xassay.catalogue", "xassay.core.contracts"} <= modules(tmp_path / "ours", whole=True)


def modules(folder, whole=False):
    """What it imports to list the rules of a workflow: packages, or with ``whole`` every module."""
    listing = [sys.executable, "-X", "importtime", "-m", "snakemake", "--list-rules"]
    ran = subprocess.run(listing, cwd=folder, capture_output=True, text=True, check=True)
    names = re.findall(r"^import time:.*\| +(\S+)$", ran.stderr, re.M)
    return {name if whole else name.partition(".")[0] for name in names}
