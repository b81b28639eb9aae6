"""The small study on a SLURM of two nodes and one card that is none, through profiles/slurm."""

import json
import re
import signal

import pytest
from cluster import cluster, unfit
from conftest import PLUGIN
from snakemakes import copy
from studies import every_rule, finished, start, tables, wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

ON_CARD = ("train", "probe", "attribute", "discover")
SLURM = [
    *("env", "--default-signal=INT"),  # Ctrl-C reaches it even where the tests run in the background
    *("snakemake", "--configfile", "study.yaml", "--workflow-profile", "profiles/slurm", "--retries", "0"),
    # As long as a job takes: a look too early puts off the next one by ten seconds.
    *("--slurm-init-seconds-before-status-checks", "8", "--latency-wait", "5"),
    # They ask for a card and get it; it cannot compute, so they use the processor.
    *(
        "--set-resources",
        *(f"{rule}:slurm_partition=gpu" for rule in ON_CARD),
        *(f"{rule}:device=cpu" for rule in ON_CARD),
    ),
]


@pytest.fixture(scope="module")
def slurm():
    """A cluster.Cluster that is up, and empty."""
    if why := unfit():
        pytest.skip(why)
    try:
        with cluster() as up:
            yield up
    except PermissionError as fault:
        pytest.skip(f"a SLURM for tests may not be set up here: {fault}")


@pytest.fixture(scope="module")
def study(slurm, tmp_path_factory):
    """A folder in which the study ran on the cluster, what snakemake said, and the jobs that SLURM ended."""
    folder = copy(tmp_path_factory.mktemp("slurm"))
    every_rule(folder / "study.yaml", device="cuda")
    said = finished(folder, command=SLURM)
    return folder, said, slurm.jobs()


def logs(folder):
    """The log of every job, by its path below results/logs, without the suffix."""
    found = (folder / "results/logs").rglob("*.log")
    return {
        str(path.relative_to(folder / "results/logs").with_suffix("")): path.read_text() for path in found
    }


def test_every_job_went_through_slurm(study):
    folder, said, jobs = study
    ids = re.findall(r"has been submitted with SLURM jobid (\d+)", said)
    assert sorted(job["JobId"] for job in jobs) == sorted(ids)
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert len(jobs) == len(logs(folder)) == 9


def test_what_needs_a_card_had_it_alone(study):
    folder, _, jobs = study
    shown = {name for name, text in logs(folder).items() if "device: cpu, CUDA_VISIBLE_DEVICES=0\n" in text}
    asked = {name for name in logs(folder) if name.partition("/")[0] in ON_CARD}
    assert shown == asked and len(asked) == 5
    times = sorted((job["StartTime"], job["EndTime"]) for job in jobs if job["Partition"] == "gpu")
    assert len(times) == 5 and {job["NodeList"] for job in jobs if job["Partition"] == "gpu"} == {"n1"}
    assert all(end <= start for (_, end), (start, _) in zip(times, times[1:], strict=False))


def test_the_tables_are_a_local_runs(study, local_run):
    here, there = tables(study[0]), tables(local_run)
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


def test_a_local_run_afterwards_has_nothing_to_do(study):
    command = ["snakemake", "--cores", "1", "--configfile", "study.yaml"]
    assert "Nothing to be done" in finished(study[0], command=command)


def test_after_each_failure_the_same_command_goes_on_and_completes_the_study(slurm, study):
    """The node with the card is drained until the user gives up; a job is cancelled by hand; a method is broken,
    then mended."""
    folder = study[0]
    method = folder / "mine/attribution/mine.py"
    method.parent.mkdir(parents=True)
    text = (
        PLUGIN["attribution"]
        .replace('"bag"', '"sequence"')
        .replace('"instance"', '"feature", instance="sum"')
    )
    method.write_text(text.replace("return x", 'raise RuntimeError("deeply wrong")'))
    methods = {"saliency": {}, "mine": {}}
    every_rule(folder / "study.yaml", device="cuda", plugins="mine", attribution=methods)

    slurm.ask("scontrol", "update", "nodename=n1", "state=drain", "reason=test")
    run = start(folder, command=SLURM)
    wait_for(lambda: "DRAINED" in jobs(slurm, "PENDING"), run)
    run.send_signal(signal.SIGINT)
    assert run.wait(60) != 0
    assert jobs(slurm, "PENDING,RUNNING") == ""

    slurm.ask("scontrol", "update", "nodename=n1", "state=resume")
    run = start(folder, command=SLURM)
    wait_for(lambda: "saliency" in jobs(slurm, "PENDING,RUNNING"), run)
    (number,) = re.findall(r"^(\d+) .*saliency", jobs(slurm, "PENDING,RUNNING"), re.M)
    slurm.ask("scancel", number)
    assert run.wait(240) == 1
    said = (folder / "said").read_text()
    assert f"SLURM-job '{number}' failed, SLURM status is: 'CANCELLED'" in said
    assert (
        "results/logs/attribute/small_lac/small_cnn/mine.log" in said and "RuntimeError: deeply wrong" in said
    )

    method.write_text(text)
    finished(folder, command=SLURM)
    cards = json.loads((folder / "results/trust.json").read_text())["cards"]
    assert {"deep_lift", "in_silico_mutagenesis", *methods} <= {card["method"] for card in cards}


def jobs(slurm, states):
    """Number, reason and rule with wildcards of every job in these states, a line each."""
    return slurm.ask("squeue", "-h", "-o", "%i %R %k", "-t", states).strip()
