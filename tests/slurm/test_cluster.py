"""Where the tests on SLURM cannot run, they say why."""

import os
import subprocess
import sys
from pathlib import Path

import cluster
import pytest


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with root, every program, and no SLURM; as the test changes it."""
    monkeypatch.setattr(cluster, "ETC", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(cluster.shutil, "which", lambda name: name)
    return tmp_path


def test_a_machine_with_all_it_takes_is_fit(machine):
    assert cluster.unfit() is None and cluster.install() is None


def test_without_root(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cluster.unfit() == "a SLURM for tests needs root"


def test_without_the_programs(machine, monkeypatch):
    monkeypatch.setattr(cluster.shutil, "which", lambda name: None)
    assert cluster.unfit().startswith("a SLURM for tests needs munged, slurmctld, ")
    assert cluster.install() == "SLURM is not installed: that takes root and Debian"


def test_with_a_slurm_of_its_own(machine):
    (machine / "slurm.conf").touch()
    assert cluster.unfit() == f"this machine has a SLURM already: {machine}/slurm.conf"


@pytest.mark.parametrize(("process", "fit"), [("self", False), ("none", True)])
def test_what_a_killed_test_left_behind_is_no_slurm(machine, process, fit):
    """Named by its process, which is alive or not."""
    (machine / "slurm.conf").symlink_to(f"/tmp/{cluster.NAME}{process}/slurm.conf")
    assert (cluster.unfit() is None) == fit


def test_the_command_line_tells_its_use():
    ran = subprocess.run([sys.executable, Path(cluster.__file__), "begin"], capture_output=True, text=True)
    assert ran.returncode == 2 and "cluster.py run COMMAND" in ran.stdout
