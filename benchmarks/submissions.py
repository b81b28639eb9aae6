"""What a scheduler costs a study of many short jobs: a submission each, job arrays, groups, and none.

Starts the SLURM of the tests (root and Debian; two nodes of two CPUs on this machine) and draws the data
sets of a series, a job each. Writes benchmarks/results/submissions.csv.

    python benchmarks/submissions.py [JOBS]     default: 60
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "slurm"))

from cluster import cluster, install, unfit  # noqa: E402

MEMBERS = 10  # jobs of a group
AT_ONCE = "mem_mb=2000"  # of a group: two of its jobs; without a limit it asks for processors for all of them
SLURM = ["--workflow-profile", str(ROOT / "profiles" / "slurm"), "--latency-wait", "10"]
WAYS = {
    "no scheduler, 2 cores": ["--cores", "2"],
    "a submission a job": SLURM,
    "job arrays": [*SLURM, "--slurm-array-jobs", "data"],
    f"groups of {MEMBERS}": [
        *SLURM,
        "--groups",
        "data=data",
        "--group-components",
        f"data={MEMBERS}",
        "--resources",
        AT_ONCE,
    ],
}


def main(n):
    """Run every way, print and write the rows."""
    if why := install() or unfit():
        sys.exit(why)
    with cluster() as slurm:
        rows = [measured(slurm, way, options, n) for way, options in WAYS.items()]
    pd.DataFrame(rows).to_csv(ROOT / "benchmarks" / "results" / "submissions.csv", index=False)


def measured(slurm, way, options, n):
    """One way of running ``n`` jobs: what SLURM saw, and the seconds."""
    doses = [round(float(dose), 4) for dose in np.linspace(0.1, 0.5, n)]
    data = {"dose": {"dataset": "simulated_bags", "n_bags": [12, 6, 6], "series": {"witness_rate": doses}}}
    study = {"datasets": data, "models": {"mean_pooling": {}}, "attribution": {"saliency": {}}}
    before, submitted = len(slurm.jobs()), submissions(slurm)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "study.yaml").write_text(yaml.safe_dump(study))
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            str(ROOT / "Snakefile"),
            "--directory",
            folder,
        ]
        start = time.monotonic()
        done = subprocess.run(
            [*command, "--configfile", f"{folder}/study.yaml", "--until", "data", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        seconds = time.monotonic() - start
        made = len(list(Path(folder, "results", "data").glob("*.h5ad")))
    assert done.returncode == 0 and made == n, done.stdout[-3000:]
    row = {
        "way": way,
        "jobs": n,
        "submissions": submissions(slurm) - submitted,
        "jobs_of_slurm": len(slurm.jobs()) - before,
        "seconds": round(seconds, 1),
        "seconds_a_job": round(seconds / n, 2),
    }
    print(row, flush=True)
    return row


def submissions(slurm):
    """How often sbatch was called so far: an array is submitted once."""
    return (slurm.base / "slurmctld.log").read_text().count("_slurm_rpc_submit_batch_job: JobId=")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
