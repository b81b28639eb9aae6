"""One job a method, or the cheap methods of a family in one job?

Runs ``xassay attribute`` on a trained model for each cheap method by itself and for all of them in one
process, alternated; prints CPU and wall seconds and writes benchmarks/results/job_granularity.csv. The
difference is what a process costs: starting Python and importing torch.

    python benchmarks/job_granularity.py
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

SOURCE = Path(__file__).parents[1] / "src"
CHEAP = ("saliency", "input_x_gradient", "attention_weights", "leave_one_out", "single_instance")
TESTS = json.dumps({name: {} for name in ("parameter_randomisation", "label_permutation", "input_noise")})
RUNS = 3
TOGETHER = """
import sys
from xassay.__main__ import main
for arguments in sys.argv[1].split("|"):
    assert main(arguments.split("^")) == 0
"""


def call(command, folder):
    """CPU and wall seconds of a child process, its output kept in ``folder``."""
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (folder / "log").open("a") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - start


def arguments(folder, method):
    """The command line of one method's job."""
    given = {"data": folder / "d.h5ad", "model": folder / "m.pt", "method": method, "name": method}
    given |= {"stability": TESTS, "out": folder / f"{method}.h5ad"}
    return ["attribute", *(str(part) for key, value in given.items() for part in (f"--{key}", value))]


def main():
    """Train a model, then measure both ways."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        xassay = [sys.executable, "-m", "xassay"]
        call([*xassay, "data", "--dataset", "pbmc_bags", "--name", "d", "--out", folder / "d.h5ad"], folder)
        train = [
            "train",
            "--data",
            folder / "d.h5ad",
            "--model",
            "gated_attention_mil",
            "--name",
            "m",
            "--seeds",
            "2",
        ]
        call([*xassay, *train, "--out", folder / "m.pt", "--predictions", folder / "p.parquet"], folder)
        alone, together = [], []
        for _ in range(RUNS):
            each = [call([*xassay, *arguments(folder, method)], folder) for method in CHEAP]
            alone.append([sum(column) for column in zip(*each, strict=True)])
            line = "|".join("^".join(arguments(folder, method)) for method in CHEAP)
            together.append(call([sys.executable, "-c", TOGETHER, line], folder))
    rows = []
    for place, what in enumerate(("CPU", "wall")):
        ours, peer = (statistics.median(run[place] for run in runs) for runs in (alone, together))
        work = f"{len(CHEAP)} cheap methods, one model, {what} seconds"
        rows.append(
            {"work": work, "peer": "one process", "ours_s": ours, "peer_s": peer, "ratio": peer / ours}
        )
        print(
            f"{work}: a job each {ours:.1f}, one process {peer:.1f}, a job more costs {(ours - peer) / 4:.1f}"
        )
    out = Path(__file__).parent / "results" / "job_granularity.csv"
    out.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows).round(3).to_csv(out, index=False)


if __name__ == "__main__":
    main()
