"""Runs snakemake in this folder, alone: ``python workflow/scripts/alone.py [arguments of snakemake]``.

A lock that a crash left behind is cleared; that of a living run never is. The operating system frees a
file lock when its holder dies, however it dies, so holding one proves that no other run through this
script is alive; a snakemake started by hand is found among the processes.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

BUSY = "another run is alive in this folder; wait for it, or end it"


def main(arguments):
    """Replaces this process by snakemake's. Exits with one line where another run is alive."""
    Path(".snakemake").mkdir(exist_ok=True)
    held = os.open(".snakemake/alone", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"make run: {BUSY}")
    command = [sys.executable, "-m", "snakemake", *arguments]
    if any(Path(".snakemake/locks").glob("*")):
        if others():
            sys.exit(f"make run: {BUSY} (process {', '.join(map(str, others()))})")
        subprocess.run([*command, "--unlock", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    os.set_inheritable(held, True)  # snakemake keeps the lock for as long as it lives; its jobs do not get it
    os.execv(sys.executable, command)


def others():
    """Process ids of snakemakes that work in this folder."""
    import psutil

    found = psutil.process_iter(["pid", "cwd", "cmdline"])
    here = [process.info for process in found if process.info["cwd"] == os.getcwd()]
    words = {info["pid"]: {os.path.basename(word) for word in info["cmdline"] or ()} for info in here}
    return sorted(pid for pid, said in words.items() if "snakemake" in said and pid != os.getpid())


if __name__ == "__main__":
    main(sys.argv[1:])
