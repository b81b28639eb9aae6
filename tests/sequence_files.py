"""A user's files of DNA: what tests of their readers write and read."""

import sys

import numpy as np
import pandas as pd

from xassay.datasets import genome_intervals, sequence_table

CHROMOSOMES = [f"chr{k}" for k in range(1, 5)]


class Stored(dict):
    """Stands in for what pyfaidx opens: chromosomes as texts, read by slices."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def bases():
    made = np.random.default_rng(5)
    return {name: "".join(made.choice(list("ACGT"), 4000)) for name in CHROMOSOMES}


def stand_in(monkeypatch):
    """A genome, and pyfaidx, which need not be installed, replaced by what gives it."""
    stored, module = Stored(bases()), type(sys)("pyfaidx")
    module.Fasta = lambda path, **_: stored
    monkeypatch.setitem(sys.modules, "pyfaidx", module)
    return stored


ROWS = [(f"chr{1 + k % 4}", 100 + 90 * k, 140 + 90 * k, "ab"[k % 8 // 4], k, "+-."[k % 3]) for k in range(40)]


def bed(folder, rows=ROWS, head=""):
    (folder / "mine.bed").write_text(head + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return str(folder / "mine.bed")


def intervals(path, seed=0, **options):
    found = genome_intervals.samples(
        np.random.default_rng(seed), path=path, genome="g.fa", **{"length": 20} | options
    )
    found.check()
    return found


def rng(seed=0):
    return np.random.default_rng(seed)


def texts(n=40, length=40, seed=1):
    return ["".join(row) for row in rng(seed).choice(list("ACGT"), (n, length))]


def table(folder, name="mine.csv", sep=",", **columns):
    """A file of 40 sequences, every other labelled "b"."""
    found = {"sequence": texts(), "label": ["a", "b"] * 20} | columns
    pd.DataFrame(found).to_csv(folder / name, index=False, sep=sep)
    return str(folder / name)


def read(path, seed=0, **options):
    regression = options.get("task") == "regression"
    found = sequence_table.samples(
        rng(seed), path=path, **{"positive": None if regression else "b"} | options
    )
    found.check()
    return found


def odd(k, text, of=None):
    given = list(of or texts())
    given[k] = text
    return given
