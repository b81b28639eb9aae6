"""What the jobs of a study take, and what they ask a cluster for.

Runs a study on this machine, or what is missing of it, and reads what Snakemake measured of every job.
Prints a table for profiles/README.md and writes benchmarks/results/resources.csv.

    python benchmarks/resources.py [FOLDER [CONFIG]]     default: the default study, in this repository
"""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", re.M)
RULES = ("data", "train", "probe", "attribute", "discover", "score", "compare", "report")


def main(folder=ROOT, config=None):
    """Run, read, print, write."""
    chosen = ["--directory", str(folder), *(["--configfile", config] if config else [])]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *chosen]
    subprocess.run([*command, "--cores", "all", "--quiet"], check=True)
    plan = subprocess.run([*command, "--dry-run", "--forceall"], check=True, capture_output=True, text=True)
    jobs = pd.DataFrame(
        [job(rule, body, Path(folder)) for rule, body in JOB.findall(plan.stdout) if rule in RULES]
    )
    table = jobs.groupby("rule").agg(
        jobs=("rule", "size"),
        memory_mb=("memory_mb", "max"),
        asked_mb=("asked_mb", "max"),
        seconds=("seconds", "max"),
        cpu_seconds=("cpu_seconds", "max"),
        asked_minutes=("asked_minutes", "max"),
        fullest=("filled", "max"),
    )
    table = table.reindex([rule for rule in RULES if rule in table.index]).round(2)
    table.to_csv(ROOT / "benchmarks" / "results" / "resources.csv")
    print("| rule | jobs | memory, MB | asked, MB | share used | processor, s | asked, min |")
    print("|---|---|---|---|---|---|---|")
    for rule, row in table.iterrows():
        print(
            f"| {rule} | {row.jobs:.0f} | {row.memory_mb:.0f} | {row.asked_mb:.0f} | {row.fullest:.0%} | "
            f"{row.cpu_seconds:.0f} | {row.asked_minutes:.0f} |"
        )


def job(rule, body, folder):
    """One job: what was measured, what a plan says that it asks for."""
    fact = dict(re.findall(r"^    (\w+): (.*)$", body, re.M))
    asked = dict(word.split("=", 1) for word in fact["resources"].split(", "))
    took = pd.read_csv(folder / fact["benchmark"], sep="\t").iloc[-1]
    memory, wanted = float(took.max_rss), float(asked["mem_mb"])
    return {
        "rule": rule,
        "memory_mb": memory,
        "asked_mb": wanted,
        "filled": memory / wanted,
        "seconds": float(took.s),
        "cpu_seconds": float(took.cpu_time),
        "asked_minutes": float(asked["runtime"]),
    }


if __name__ == "__main__":
    main(*sys.argv[1:3])
