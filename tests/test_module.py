"""xassay as a module of another workflow, in that one's folder and below a prefix."""

import re

import pytest
import yaml
from snakemakes import copy, snakemake
from studies import every_rule, finished, tables

CALLER = """
configfile: "mine.yaml"


module xassay:
    snakefile:
        "../xassay/Snakefile"
    config:
        config["explain"]
    prefix:
        "explained"


use rule * from xassay as xassay_*


rule mine:
    default_target: True
    input:
        rules.xassay_all.input,
        trust="explained/results/trust.json",
    output:
        "mine.json",
    shell:
        "cp {input.trust} {output}; echo $PYTHONPATH > path.txt"
"""


@pytest.fixture
def caller(tmp_path):
    """A folder with a workflow that uses xassay, which lies beside it."""
    (tmp_path / "xassay").mkdir()
    copy(tmp_path / "xassay")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "Snakefile").write_text(CALLER)
    return folder


def explain(folder, **changes):
    """Write the caller's configuration, with the small study in it."""
    every_rule(folder / "mine.yaml", **changes)
    (folder / "mine.yaml").write_text(
        yaml.safe_dump({"explain": yaml.safe_load((folder / "mine.yaml").read_text())})
    )


def test_every_result_lies_below_the_prefix_and_the_users_files_stay(caller):
    (caller / "mine.csv").touch()
    explain(caller, datasets={"mine": {"dataset": "sequence_table", "path": "mine.csv"}})
    ran = snakemake("--dry-run", folder=caller)
    assert ran.status == 0, ran.text
    assert "xassay_train mine/small_cnn" in ran.jobs and "mine" in ran.jobs
    paths = {
        path for line in re.findall(r"^    (?:in|out)put: (.*)$", ran.text, re.M) for path in line.split(", ")
    }
    assert {path for path in paths if not path.startswith("explained/results/")} == {"mine.csv", "mine.json"}


def test_a_mistake_in_the_modules_configuration_is_told(caller):
    explain(caller, seeds=0)
    ran = snakemake("--dry-run", folder=caller)
    assert ran.status == 1 and "config: seeds: must be at least 1, is 0\n" in ran.text


@pytest.mark.slow
def test_every_rule_runs_and_gives_what_it_gives_by_itself(caller, local_run):
    explain(caller)
    finished(caller, "--cores", "2", command=["env", "PYTHONPATH=/of/the/caller", "snakemake"])
    here, there = tables(caller / "explained"), tables(local_run)
    assert [name for name in there if here.get(name) != there[name]] == []
    assert (caller / "mine.json").read_bytes() == there["trust.json"]
    assert "/of/the/caller" in (caller / "path.txt").read_text().strip().split(":")
    assert "Nothing to be done" in finished(caller, "--cores", "1", command=["snakemake"])
