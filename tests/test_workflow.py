"""The workflow: what it plans, and what it plans again after a change, in real dry runs of Snakemake.

The results of a finished study are stand-ins: empty files, which ``snakemake --touch`` records as made by
the rules with their params, code and inputs, exactly as a run does.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PLUGIN
from snakemakes import ROOT, copy, snakemake

from xassay import files

GOLDEN = Path(__file__).parent / "golden" / "jobs.txt"
STUDY = ("--configfile", "config/test.yaml")
METHODS = ("attention_weights", "integrated_gradients", "leave_one_out")
MODELS = {"small_pbmc": ("small_attention",), "small_simulated": ("small_attention", "oracle")}
END = ["compare", "report"]


def plan(folder, *arguments, study=STUDY):
    """Jobs that a dry run plans."""
    ran = snakemake("--dry-run", *study, *arguments, folder=folder)
    assert ran.status == 0, ran.text
    return ran.jobs


def finish(folder, study=STUDY):
    """Stand-ins for the results of a study."""
    ran = snakemake("--dry-run", "--forceall", *study, folder=folder)
    for line in re.findall(r"^    output: (.*)$", ran.text, re.M):
        for name in line.split(", "):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(exist_ok=True) if name.endswith("figures") else path.touch()
    ran = snakemake("--touch", "--forceall", "--cores", "1", *study, folder=folder)
    assert ran.status == 0, ran.text


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy of the workflow with the finished test study, and a user's plug-in and input file in it."""
    folder = copy(tmp_path_factory.mktemp("workflow"))
    finish(folder)
    assert plan(folder) == []
    return folder


@pytest.fixture
def workflow(finished, tmp_path):
    """The finished workflow, to be changed by one test."""
    folder = tmp_path / "w"
    shutil.copytree(finished, folder, symlinks=True)
    return folder


def edit(path, *changes):
    """Replace text in a file; every text must be there."""
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


def chain(*rules, datasets=tuple(MODELS), methods=METHODS, models=("small_attention", "oracle")):
    """Jobs of these rules, as a plan lists them, with what closes every study."""
    found = list(END)
    for dataset in datasets:
        found += [f"data {dataset}"] if "data" in rules else []
        for model in [model for model in MODELS[dataset] if model in models]:
            found += [f"{rule} {dataset}/{model}" for rule in ("train", "probe", "score") if rule in rules]
            able = [m for m in methods if (m, model) != ("attention_weights", "oracle")]
            found += [f"attribute {dataset}/{model}/{method}" for method in able if "attribute" in rules]
    return sorted(found)


ALL = chain("data", "train", "probe", "attribute", "score")


def test_the_plan_of_the_test_study(tmp_path):
    jobs = plan(copy(tmp_path))
    assert "\n".join(jobs) + "\n" == GOLDEN.read_text()
    assert jobs == ALL
    assert len(jobs) < 25


def test_the_default_study_stays_small(tmp_path):
    jobs = plan(copy(tmp_path), study=())
    sequences = [job for job in jobs if "lac_promoter" in job]
    assert len(jobs) - len(sequences) <= 80 and len(sequences) <= 20  # each further kind of data adds so many
    assert not any("control_" in job for job in jobs)


def test_the_plan_of_the_test_study_of_sequences(tmp_path):
    jobs = plan(copy(tmp_path), study=("--configfile", "config/test_sequences.yaml"))
    assert "\n".join(jobs) + "\n" == (GOLDEN.parent / "jobs_sequences.txt").read_text()
    assert len(jobs) < 25


def test_a_study_of_ones_own_takes_nothing_from_the_default(tmp_path):
    folder = copy(tmp_path)
    (folder / "my.yaml").write_text("datasets: {mine: {dataset: pbmc_bags}}\nmodels: {mean_pooling: {}}\n")
    jobs = plan(folder, study=("--configfile", "my.yaml"))
    assert {job.split()[1].split("/")[0] for job in jobs if " " in job} == {"mine"}


def test_a_file_without_data_sets_is_laid_over_the_default(tmp_path):
    folder = copy(tmp_path)
    (folder / "my.yaml").write_text("seeds: 2\n")
    ran = snakemake("--dry-run", "--printshellcmds", "--configfile", "my.yaml", folder=folder)
    assert "data pbmc_nk_cells" in ran.jobs
    assert "--seeds 2 " in ran.text and "--seeds 5 " not in ran.text


def test_a_series_is_one_chain_a_value(tmp_path):
    folder = copy(tmp_path)
    series = "datasets: {dose: {dataset: simulated_bags, series: {witness_rate: [0.1, 0.2]}}}\n"
    (folder / "my.yaml").write_text(series + "models: {mean_pooling: {}}\nattribution: {saliency: {}}\n")
    jobs = plan(folder, study=("--configfile", "my.yaml"))
    assert "attribute dose~0.1/oracle/saliency" in jobs
    assert "train dose~0.2/mean_pooling" in jobs


def test_the_entry_of_the_workflow_catalogue_plans_the_same(tmp_path):
    assert plan(copy(tmp_path), "--snakefile", "workflow/Snakefile") == ALL


def test_a_mistake_in_the_configuration_is_one_line_before_any_job(tmp_path):
    folder = copy(tmp_path)
    (folder / "my.yaml").write_text("datasets: {bags: {dataset: pbmc_bags, witnes: B}}\nseeds: 0\n")
    ran = snakemake("--cores", "1", "--configfile", "my.yaml", folder=folder)
    assert ran.status == 1
    told = [line for line in ran.text.splitlines() if not line.startswith("Using workflow specific profile")]
    assert told[0] == "config: seeds: must be at least 1, is 0"
    assert told[1].startswith(
        "config: datasets.bags.witnes: unknown option; did you mean 'witness'? allowed:"
    )
    assert len(told) == 2
    assert not (folder / "results").exists()


def test_a_card_asks_for_one_gpu_on_cuda_alone(tmp_path):
    folder = copy(tmp_path)
    said = {
        d: snakemake("--dry-run", *STUDY, "--config", f"device={d}", folder=folder).text
        for d in ("cpu", "cuda")
    }
    assert "gpu=1" not in said["cpu"] and said["cpu"].count("gpu=0") == said["cuda"].count("gpu=1") > 0


# What runs again after a change: (what is changed, the jobs that this plans)

CODE = {
    "a comment": ("src/xassay/attribution/integrated_gradients.py", '"""\n', '"""\n# Well said.\n', []),
    "a docstring": ("src/xassay/steps/train.py", '"""Train', '"""Do train', []),
    "logic in a method": (
        "src/xassay/attribution/integrated_gradients.py",
        "def attribute(",
        "LIMIT = 1\n\n\ndef attribute(",
        chain("score", "attribute", methods=("integrated_gradients",)),
    ),
    "logic in a model": (
        "src/xassay/models/attention_mil.py",
        "def build(",
        "LIMIT = 1\n\n\ndef build(",
        chain("train", "probe", "attribute", "score", models=("small_attention",)),
    ),
    "logic in a data set": (
        "src/xassay/datasets/pbmc_bags.py",
        "def samples(",
        "LIMIT = 1\n\n\ndef samples(",
        chain("data", "train", "probe", "attribute", "score", datasets=("small_pbmc",)),
    ),
    "logic in a metric": (
        "src/xassay/evaluation/recovery_auroc.py",
        "def score(",
        "LIMIT = 1\n\n\ndef score(",
        chain("score"),
    ),
    "logic in a control": (
        "src/xassay/attribution/control_random.py",
        "def attribute(",
        "LIMIT = 1\n\n\ndef attribute(",
        chain("probe", "score"),
    ),
    "logic in a test of stability": (
        "src/xassay/stability/input_noise.py",
        "def variants(",
        "LIMIT = 1\n\n\ndef variants(",
        chain("probe", "attribute", "score"),
    ),
    "logic in core, used by all": ("src/xassay/core/errors.py", "class ", "LIMIT = 1\n\n\nclass ", ALL),
    "logic in core, used by few": (
        "src/xassay/core/gallery.py",
        "def gallery(",
        "LIMIT = 1\n\n\ndef gallery(",
        chain("score"),
    ),
    "a figure": (
        "src/xassay/report/figures/recovery.py",
        "def draw(",
        "LIMIT = 1\n\n\ndef draw(",
        ["report"],
    ),
    "the page's style": ("src/xassay/report/page.css", "{", "{ ", ["report"]),
    "a reference": ("resources/references.bib", "@", "@", None),
}


@pytest.mark.parametrize("case", [name for name, (*_, jobs) in CODE.items() if jobs is not None])
def test_changed_code_runs_again_with_what_follows(workflow, case):
    path, old, new, jobs = CODE[case]
    text = (workflow / path).read_text()
    assert old in text
    (workflow / path).write_text(text.replace(old, new, 1))
    assert plan(workflow) == jobs


CONFIG = {
    "a method's option": (
        ("n_steps: 8", "n_steps: 9"),
        chain("attribute", "score", methods=("integrated_gradients",)),
    ),
    "a model's option": (
        ("width: 8", "width: 9"),
        chain("train", "probe", "attribute", "score", models=("small_attention",)),
    ),
    "a data set's option": (
        ("size_max: 16", "size_max: 17"),
        chain("data", "train", "probe", "attribute", "score", datasets=("small_pbmc",)),
    ),
    "a baseline": (
        ('witness: "CD19+ B"', 'witness: "CD19+ B"\n    baseline: zero'),
        chain("probe", "attribute", "score", datasets=("small_pbmc",)),
    ),
    "the number of seeds": (
        ("seeds: 2", "seeds: 3"),
        chain("train", "probe", "attribute", "score", models=("small_attention",)),
    ),
    "the seed": (("seed: 0", "seed: 1"), ALL),
    "what is evaluated": (("masks: 16", "masks: 17"), chain("probe", "attribute", "score")),
    "the variants": (("draws: 2", "draws: 3"), chain("probe", "attribute", "score")),
    "a threshold": (("instance: 0.7", "instance: 0.6"), END),
    "the verdict": (("seed: 0", "seed: 0\nverdict: {recovery: 0.9}"), END),
    "the device": (("device: cpu", "device: cuda"), []),
    "an added method": (
        ("leave_one_out: {}", "leave_one_out: {}\n  saliency: {}"),
        chain("attribute", "score", methods=("saliency",)),
    ),
    "a method taken away": (("  leave_one_out: {}\n", ""), chain("score")),
    "a default written out": (("leave_one_out: {}", "leave_one_out: {method: leave_one_out}"), []),
    "a metric's own list": (("seed: 0", "seed: 0\nevaluation: {recovery_auroc: {}}"), chain("score")),
}


@pytest.mark.parametrize("case", CONFIG)
def test_a_changed_configuration_runs_again_what_depends_on_it(workflow, case):
    change, jobs = CONFIG[case]
    edit(workflow / "config/test.yaml", change)
    assert plan(workflow) == sorted(jobs)


def test_an_added_data_set_runs_its_own_chain(workflow):
    more = "datasets:\n  more: {dataset: pbmc_bags}"
    edit(workflow / "config/test.yaml", ("datasets:", more))
    jobs = plan(workflow)
    assert {job.split()[1].split("/")[0] for job in jobs if " " in job} == {"more"}
    assert [job for job in jobs if " " not in job] == END


def test_a_fresh_clone_runs_nothing_again(workflow):
    for part in ("src", "config", "workflow", "resources", "envs"):
        for path in (workflow / part).rglob("*"):
            path.touch()
    assert plan(workflow) == []


def test_a_new_method_file_runs_nothing_again(workflow):
    folder = workflow / "src/xassay/attribution"
    shutil.copy(folder / "saliency.py", folder / "new_method.py")
    assert plan(workflow) == []


def test_changed_logic_with_an_old_time_stamp_runs_again(workflow):
    path = workflow / "src/xassay/attribution/integrated_gradients.py"
    before = path.stat()
    edit(path, ("def attribute(", "LIMIT = 1\n\n\ndef attribute("))
    os.utime(path, ns=(before.st_atime_ns - 10**15, before.st_mtime_ns - 10**15))
    assert plan(workflow) == chain("score", "attribute", methods=("integrated_gradients",))


@pytest.fixture(scope="module")
def finished_mine(finished, tmp_path_factory):
    """The finished workflow with a user's method and data set, finished too."""
    folder = tmp_path_factory.mktemp("mine") / "w"
    shutil.copytree(finished, folder, symlinks=True)
    for kind in ("attribution", "datasets"):
        (folder / "mine" / kind).mkdir(parents=True)
        (folder / "mine" / kind / "mine.py").write_text(PLUGIN[kind])
    (folder / "mine/attribution/_shared.py").write_text("X = 1\n")
    edit(
        folder / "mine/attribution/mine.py",
        ("xassay.core import contracts", "xassay.attribution import _shared"),
    )
    (folder / "cells.h5ad").write_text("cells")
    path = folder / "config/test.yaml"
    edit(path, ("plugins: null", "plugins: mine"), ("leave_one_out: {}", "leave_one_out: {}\n  mine: {}"))
    assert plan(folder) == chain("attribute", "score", methods=("mine",))
    edit(path, ("datasets:", "datasets:\n  cells: {dataset: mine, path: cells.h5ad}"))
    finish(folder)
    return folder


@pytest.fixture
def mine(finished_mine, tmp_path):
    """That, to be changed by one test."""
    shutil.copytree(finished_mine, tmp_path / "w", symlinks=True)
    return tmp_path / "w"


def test_a_users_plugins_run_again_as_the_packages_do(mine):
    path = mine / "mine/attribution/mine.py"
    edit(path, ('"""Nothing."""', '"""Hardly anything."""'))
    assert plan(mine) == []
    edit(path, ("return x", "return -x"))
    jobs = plan(mine)
    assert {job for job in jobs if job.startswith("attribute")} == {
        job for job in jobs if job.endswith("/mine")
    }
    edit(path, ("return -x", "return x"))
    edit(mine / "mine/attribution/_shared.py", ("X = 1", "X = 2"))
    assert plan(mine) == jobs


def test_an_edited_input_file_runs_its_chain_again(mine):
    (mine / "cells.h5ad").write_text("other cells")
    jobs = plan(mine)
    assert "data cells" in jobs
    assert {job.split()[1].split("/")[0] for job in jobs if " " in job} == {"cells"}


def test_the_repository_is_linted():
    for snakefile in ("Snakefile", "workflow/Snakefile"):
        ran = snakemake("--lint", "--snakefile", snakefile, folder=ROOT)
        assert ran.status == 0, ran.text


# The plan in words


def explained(folder, *arguments, study=STUDY):
    """Lines of ``make plan``, by job."""
    command = [sys.executable, str(folder / "workflow/scripts/plan.py"), *study, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_plan_is_a_line_a_job_with_the_reason_in_words(workflow, tmp_path):
    assert explained(workflow) == ["nothing to do: every result is there and up to date"]
    edit(workflow / "config/test.yaml", ("n_steps: 8", "n_steps: 9"))
    lines = explained(workflow)
    assert max(map(len, lines)) < 200
    reasons = dict(re.split(r"  +", line) for line in lines[:-2])
    chosen = "attribute small_simulated/oracle/integrated_gradients"
    assert reasons[chosen] == "option n_steps changed (8 -> 9)"
    assert reasons["score small_simulated/oracle"] == f"follows from {chosen}"
    assert lines[-1] == "8 jobs: 3 attribute, 3 score, 1 compare, 1 report"


def test_the_plan_of_another_threshold(workflow):
    edit(workflow / "config/test.yaml", ("instance: 0.7", "instance: 0.6"))
    compare, report, *_ = explained(workflow)
    assert compare == "compare  option silent_failure.instance changed (0.7 -> 0.6)"
    assert report == "report   follows from compare"


def test_the_plan_of_changed_code_and_of_a_first_run(workflow, tmp_path):
    path = "src/xassay/attribution/integrated_gradients.py"
    edit(workflow / path, ("def attribute(", "LIMIT = 1\n\n\ndef attribute("))
    reasons = [line for line in explained(workflow) if line.startswith("attribute")]
    assert reasons and [line for line in reasons if not line.endswith("  code changed")] == []
    (fresh := tmp_path / "fresh").mkdir()
    lines = explained(copy(fresh))
    assert [line for line in lines[:-2] if not line.endswith("  never run")] == []
    assert lines[-1].startswith("21 jobs: 2 data, 3 train, ")


BROKEN = {
    "hello": "line 1: must hold keys, such as `datasets:`, not the text 'hello'",
    "- a": "line 1: must hold keys, such as `datasets:`, not a list",
    "": "is empty; must hold keys",
    "# a comment": "is empty; must hold keys",
    "a: [": "line 2: no YAML",
    "datasets: {a: {}}\nseeds: 1\ndatasets: {b: {}}": "line 3: datasets stands twice, first in line 1",
    "datasets:\n  a: {}\n  a: {}": "line 3: datasets.a stands twice, first in line 2",
    b"\xff\x00\x91": "is not text; must be a YAML file",
    None: "there is no such file",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_configuration_file_is_one_line(tmp_path, text):
    path = tmp_path / "my.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (line,) = files.faults([path])
    assert line.startswith(f"{path}: {BROKEN[text]}") and "\n" not in line


@pytest.mark.parametrize("script", ["alone.py", "plan.py"])
def test_make_reads_the_file_before_snakemake_does(tmp_path, script):
    command = [sys.executable, str(ROOT / "workflow/scripts" / script), "--configfile", "absent.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "config: absent.yaml: there is no such file\n")


def test_keys_that_stand_twice_are_told_by_plain_snakemake(tmp_path):
    folder = copy(tmp_path)
    (folder / "my.yaml").write_text("datasets:\n  a: {dataset: pbmc_bags}\n  a: {dataset: simulated_bags}\n")
    ran = snakemake("--dry-run", "--configfile", "my.yaml", folder=folder)
    assert ran.status == 1
    assert "my.yaml: line 3: datasets.a stands twice, first in line 2" in ran.text
