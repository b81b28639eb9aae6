"""What a job asks a cluster for. Standard library alone: every parse of the workflow imports it."""

from pathlib import Path


def has_card(devices=Path("/dev")):
    """Whether this machine has a graphics card of NVIDIA's, as Linux or its Windows subsystem shows it."""
    return any(devices.glob("nvidia[0-9]*")) or (devices / "dxg").exists()
