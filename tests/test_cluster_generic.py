"""Any scheduler with a command that submits, through the executor plug-in cluster-generic."""

import pytest
from snakemakes import ROOT, copy
from studies import every_rule, finished

SUBMIT = f"sh {ROOT}/tests/submit.sh {{rule}} {{threads}} {{resources.mem_mb}} {{resources.runtime}} {{resources.gpu}}"


@pytest.mark.slow
def test_a_submit_script_runs_the_jobs(tmp_path):
    """As far as the trained model: every job is a script that is submitted, and snakemake ends it well."""
    folder = copy(tmp_path)
    every_rule(folder / "study.yaml")
    model = "results/models/small_lac/small_cnn.pt"
    command = [
        *("snakemake", "--workflow-profile", "profiles/generic", "--configfile", "study.yaml"),
        *("--cluster-generic-submit-cmd", SUBMIT, "--latency-wait", "5", model),
    ]
    finished(folder, command=command)
    assert (folder / model).exists()
    data, train = (folder / "submitted").read_text().splitlines()
    assert data == "data 1 1000 30 0" and train.startswith("train 1 10")
    again = finished(folder, "--configfile", "study.yaml", command=["snakemake", model, "--cores", "1"])
    assert "Nothing to be done" in again
