"""Snakemake for tests: real runs of its command line, in children forked from a process that has it imported.

A dry run then costs its own work, not Snakemake's imports.
"""

import importlib
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "config", "envs", "profiles", "resources", "src", "workflow")
MODULES = (  # what a run imports sooner or later
    *(f"snakemake.{name}" for name in ("cli", "dag", "workflow", "executors.local", "executors.touch")),
    *("snakemake.scheduling.greedy", "snakemake.report.html_reporter", "smart_open", "jsonschema"),
)


@dataclass(frozen=True)
class Ran:
    """A finished run."""

    status: int
    text: str

    @property
    def jobs(self):
        """What was planned or run: ``rule`` or ``rule wildcard/wildcard``, sorted, without rule all."""
        blocks = re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):\n((?:    .*\n)*)", self.text, re.M)
        found = []
        for rule, block in blocks:
            words = re.search(r"^    wildcards: (.*)$", block, re.M)
            values = "/".join(word.split("=")[1] for word in words[1].split(", ")) if words else ""
            found.append(f"{rule} {values}".strip())
        return sorted(job for job in found if job != "all")


def snakemake(*arguments, folder, **environment):
    """Run ``snakemake`` with ``arguments`` in ``folder``."""
    for module in MODULES:
        importlib.import_module(module)
    handle, name = tempfile.mkstemp()
    said = Path(name)
    child = os.fork()
    if child == 0:
        status = 70
        try:
            status = run(arguments, folder, handle, environment)
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    os.close(handle)
    text = said.read_text()
    said.unlink()
    return Ran(os.waitstatus_to_exitcode(status), text)


def run(arguments, folder, out, environment):
    """In the child: Snakemake with nothing of ours imported, its words in the open file ``out``."""
    from snakemake.cli import main

    os.chdir(folder)
    os.environ.update(environment)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "xassay"]:
        del sys.modules[name]
    sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != ROOT / "src"]
    try:
        main(list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def copy(folder, original=ROOT):
    """A copy of the workflow in ``folder``, to be edited or run: its source, no results."""
    for part in PARTS:
        source = original / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    return folder
