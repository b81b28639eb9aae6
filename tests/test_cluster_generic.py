"""Any scheduler with a command that submits: the profile for PBS, with a script in the place of qsub."""

import os

import pytest
from snakemakes import ROOT, copy
from studies import every_rule, finished

PATH = os.pathsep.join([str(ROOT / "tests/pbs"), os.environ["PATH"]])
PROFILE = ["snakemake", "--workflow-profile", "profiles/generic", "--configfile", "study.yaml"]


@pytest.mark.slow
def test_every_job_is_submitted_with_what_it_asks_for(tmp_path):
    """As far as the trained model, which is two jobs."""
    folder = copy(tmp_path)
    every_rule(folder / "study.yaml")
    model = "results/models/small_lac/small_cnn.pt"
    finished(folder, "--latency-wait", "5", model, command=["env", f"PATH={PATH}", *PROFILE])
    assert (folder / model).exists()
    data, train = (folder / "submitted").read_text().splitlines()
    assert data == "-N xassay-data -j oe -l select=1:ncpus=1:mem=1000mb:ngpus=0 -l walltime=1800"
    assert train.startswith("-N xassay-train -j oe -l select=1:ncpus=1:mem=10")
    again = finished(folder, "--configfile", "study.yaml", command=["snakemake", model, "--cores", "1"])
    assert "Nothing to be done" in again
