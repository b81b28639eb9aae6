"""Runs snakemake in this folder, alone: ``python workflow/scripts/alone.py [arguments of snakemake]``.

A lock that a crash left behind is cleared; that of a living run never is. The operating system frees a
file lock when its holder dies, however it dies, so holding one proves that no other run through this
script is alive; a snakemake started by hand is found among the processes.
"""

import argparse
import fcntl
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUSY = "another run is alive in this folder; wait for it, or end it"


def main(arguments):
    """Replaces this process by snakemake's. Exits with one line where another run is alive."""
    if any(word.startswith("--configfile") for word in arguments):
        sys.path.insert(0, str(HERE.parents[1] / "src"))
        from xassay import files

        files.check(arguments)
    own = folder(arguments) / ".snakemake"
    own.mkdir(parents=True, exist_ok=True)
    held = os.open(own / "alone", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"make run: {BUSY}")
    if any((own / "locks").glob("*")):
        if found := others(own.parent.resolve()):
            sys.exit(f"make run: {BUSY} (process {', '.join(map(str, found))})")
        unlock = [sys.executable, "-m", "snakemake", *arguments, "--unlock", "--quiet"]
        subprocess.run(unlock, check=True, stdout=subprocess.DEVNULL)
    os.set_inheritable(held, True)  # snakemake keeps the lock for as long as it lives; its jobs do not get it
    os.execv(sys.executable, [sys.executable, str(HERE / "console.py"), *arguments])


def folder(arguments):
    """The folder that snakemake works in: that of ``--directory``, or this one."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--directory", "-d", type=Path, default=Path())
    return parser.parse_known_args(arguments)[0].directory


def others(folder):
    """Process ids of snakemakes that work in a folder."""
    import psutil

    found = psutil.process_iter(["pid", "cwd", "cmdline"])
    here = [process.info for process in found if process.info["cwd"] == str(folder)]
    words = {info["pid"]: {os.path.basename(word) for word in info["cmdline"] or ()} for info in here}
    return sorted(pid for pid, said in words.items() if "snakemake" in said and pid != os.getpid())


if __name__ == "__main__":
    main(sys.argv[1:])
