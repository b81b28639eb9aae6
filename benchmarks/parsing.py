"""What parsing the workflow costs: Snakemake parses it again in every job of a cluster.

Lists the rules of the default study and of an empty workflow, alternated; prints the processor seconds of
both and writes benchmarks/results/parsing.csv.

    python benchmarks/parsing.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
RUNS = 7


def seconds(folder):
    """Processor seconds that it takes to list the rules of the workflow in ``folder``."""
    listing = [sys.executable, "-m", "snakemake", "--list-rules"]
    process = subprocess.Popen(listing, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    return used.ru_utime + used.ru_stime


def main():
    """Measure both, write the row."""
    with tempfile.TemporaryDirectory() as empty:
        Path(empty, "Snakefile").write_text("rule all:\n    input: []\n")
        runs = [(seconds(ROOT), seconds(empty)) for _ in range(RUNS)]
    ours, bare = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"list the rules: {ours:.2f} s, an empty workflow {bare:.2f} s, ours alone {ours - bare:.2f} s")
    row = {"work": "list the rules", "peer": "an empty workflow", "ours_s": ours, "peer_s": bare}
    out = ROOT / "benchmarks" / "results" / "parsing.csv"
    pd.DataFrame([row | {"ratio": bare / ours}]).round(3).to_csv(out, index=False)


if __name__ == "__main__":
    main()
