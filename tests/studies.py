"""Runs of a study in processes of their own, as a user starts them."""

import re
import subprocess
import sys
import time

import yaml
from snakemakes import ROOT

ALONE = [sys.executable, "workflow/scripts/alone.py"]
STUDY = ["--configfile", "config/test.yaml"]


def start(folder, *arguments, command=(*ALONE, "--printshellcmds", *STUDY)):
    """A run of the test study in ``folder``; what it says goes to the file ``said`` there."""
    with open(folder / "said", "w") as said:
        return subprocess.Popen(
            [*command, *arguments], cwd=folder, stdout=said, stderr=said, start_new_session=True
        )


def finished(folder, *arguments, **how):
    """What a run said, after it ended well."""
    status = start(folder, *arguments, **how).wait()
    said = (folder / "said").read_text()
    assert status == 0, said[-3000:]
    return said


def tables(folder):
    """Every table and the trust cards, as bytes."""
    results = folder / "results"
    return {
        path.name: path.read_bytes() for path in [*(results / "tables").iterdir(), results / "trust.json"]
    }


def ran(said):
    """Outputs of the jobs that a run finished, by job id."""
    ids = dict(re.findall(r"^    output: (.*)\n(?:    .*\n)*?    jobid: (\d+)$", said, re.M))
    outputs = {number: output for output, number in ids.items()}
    return {
        outputs[number] for number in re.findall(r"^Finished jobid: (\d+)", said, re.M) if number in outputs
    }


def wait_for(condition, process, seconds=400):
    """Until something is so, or the process has ended."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.1)


def every_rule(path, **changes):
    """Write a study in which every rule has a job, and attribute two: a part of config/test_sequences.yaml.

    changes: top-level keys; a mapping is added to the study's."""
    study = yaml.safe_load((ROOT / "config" / "test_sequences.yaml").read_text())
    del study["datasets"]["small_dna"]
    for key, value in changes.items():
        study[key] = study[key] | value if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(study))
