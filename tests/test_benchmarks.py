"""Every benchmark still runs: small, once, its results checked against the peer's, nothing timed or written."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
QUICK = [path for path in sorted((ROOT / "benchmarks").glob("*.py")) if "quick(__doc__)" in path.read_text()]


@pytest.mark.slow
@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
def test_benchmark_runs(path):
    peers = [name for name in ("quantus", "tangermeme", "modisco") if name in path.read_text()]
    if missing := [name for name in peers if find_spec(name) is None]:
        pytest.skip(f"{missing[0]} is not installed here; make benchmark has an environment of its own")
    results = sorted((ROOT / "benchmarks" / "results").glob("*.csv"))
    before = [one.read_bytes() for one in results]
    ran = subprocess.run([sys.executable, path, "--quick"], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout and [one.read_bytes() for one in results] == before
