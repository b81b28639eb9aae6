"""What a job asks a cluster for. Standard library alone: every parse of the workflow imports it.

The figures are well above what `python benchmarks/resources.py` measured of the default study; a job that
needs more all the same is tried again with a multiple.
"""

from pathlib import Path
from typing import NamedTuple


class Need(NamedTuple):
    """What the jobs of a step need: however small their input, and more for each MB of its files."""

    memory: int  # MB
    memory_per_mb: float
    minutes: int
    minutes_per_mb: float  # for as many seeds, samples and draws as the defaults ask for


NEEDS = {
    "data": Need(1000, 20, 30, 0.5),  # reads what the user's options name; what it draws is not known before
    "train": Need(1000, 30, 15, 2),
    "probe": Need(1000, 60, 15, 1),
    "attribute": Need(1000, 60, 15, 2),
    "discover": Need(1500, 60, 30, 2),
    "score": Need(1000, 2, 15, 0.02),
    "compare": Need(1000, 20, 15, 0.2),
    "report": Need(1000, 20, 15, 0.2),
}
SHARES = {  # the settings that a step's work is proportional to
    "train": ("seeds",),
    "probe": ("seeds", "evaluate.samples", "evaluate.masks"),
    "attribute": ("seeds", "evaluate.samples"),
    "discover": ("evaluate.samples",),
}
USUAL = {"seeds": 5, "evaluate.samples": 100, "evaluate.masks": 256}  # what the schema has as defaults


def memory(step, size_mb, attempt):
    """MB for a job of ``step`` whose input files have ``size_mb``."""
    need = NEEDS[step]
    return attempt * round(need.memory + need.memory_per_mb * size_mb)


def runtime(step, size_mb, attempt, settings):
    """Minutes for the same; settings: the study's."""
    need = NEEDS[step]
    return attempt * round(need.minutes + need.minutes_per_mb * size_mb * share(step, settings))


def share(step, settings):
    """The work of a step as a multiple of what the default settings ask for."""
    product = 1.0
    for key in SHARES.get(step, ()):
        section, _, name = key.rpartition(".")
        product *= (settings[section] if section else settings)[name] / USUAL[key]
    return product


def has_card(devices=Path("/dev")):
    """Whether this machine has a graphics card of NVIDIA's, as Linux or its Windows subsystem shows it."""
    return any(devices.glob("nvidia[0-9]*")) or (devices / "dxg").exists()
