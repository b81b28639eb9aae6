"""A SLURM of two nodes on this machine, for as long as a command or a test runs: no systemd, no cgroups.

    python tests/slurm/cluster.py install           by apt, where root may; else says why not
    python tests/slurm/cluster.py run COMMAND ...   with the cluster up

Every process that it starts is its child, and ends with it.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ETC = Path("/etc/slurm")  # srun in a job looks here: snakemake hides every SLURM_* variable from it
HOSTS = Path("/etc/hosts")
NAME = "xassay-slurm-"
DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch", "setpriv")
PACKAGES = ("slurm-wlm", "munge")
SECONDS = 60  # until both nodes are up


def unfit():
    """Why no cluster can be started here, or None."""
    if os.geteuid() != 0:
        return "a SLURM for tests needs root"
    if missing := [name for name in DAEMONS if shutil.which(name) is None]:
        return f"a SLURM for tests needs {', '.join(missing)}: `make test-slurm` installs them on Debian"
    if other := alive():
        return f"this machine has a SLURM already: {other}"
    return None


def alive():
    """The configuration of a cluster that is none of ours, or of a living test; else None."""
    path = ETC / "slurm.conf"
    if not os.path.lexists(path):
        return None
    owner = path.resolve().parent.name.partition(NAME)[2]
    return None if path.is_symlink() and owner and not Path("/proc", owner).exists() else path


def install():
    """Install what is missing. Returns why that cannot be done, or None."""
    if all(map(shutil.which, DAEMONS)):
        return None
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "SLURM is not installed: that takes root and Debian"
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, capture_output=True, text=True)
        if done.returncode:
            return f"SLURM is not installed: apt-get {command[0]} failed: {done.stderr.strip()[-300:]}"
    return None


class Cluster:
    """A cluster that is up. base: its folder; finished: one line a job that ended."""

    def __init__(self, base):
        self.base, self.finished = base, base / "finished"

    def ask(self, *command):
        """What a client command of SLURM says."""
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def jobs(self):
        """Every job that has ended: {JobId, JobState, Partition, NodeList, StartTime, EndTime, ...}."""
        lines = self.finished.read_text().splitlines() if self.finished.exists() else []
        return [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]


@contextmanager
def cluster():
    """A Cluster. Raises RuntimeError where a daemon does not come up, with the end of its log."""
    base = Path(tempfile.gettempdir(), f"{NAME}{os.getpid()}")
    base.mkdir(mode=0o755)
    with ExitStack() as last:
        last.callback(shutil.rmtree, base, ignore_errors=True)
        (base / "state").mkdir()
        key, card = base / "munge.key", base / "card0"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        os.mknod(card, 0o20666, os.makedev(1, 3))  # /dev/null once more: a card has to be a device
        host = socket.gethostname().partition(".")[0]
        last.enter_context(on_loopback(host))
        write(base, host, card)
        last.enter_context(linked(base))
        here = f"--socket={base}/munge.socket"
        files = [f"--{name}-file={base}/munge.{name}" for name in ("key", "pid", "seed", "log")]
        last.enter_context(daemon("munged", "--foreground", "--force", here, *files))
        waited((base / "munge.socket").exists, base)
        last.enter_context(daemon("slurmctld", "-D", "-f", f"{base}/slurm.conf"))
        for node in ("n1", "n2"):
            (base / f"spool.{node}").mkdir()
            last.enter_context(daemon("slurmd", "-D", "-f", f"{base}/slurm.conf", "-N", node))
        waited(lambda: states().count("idle") == 2, base)
        last.callback(emptied, base)
        yield Cluster(base)


def write(base, host, card):
    """The configuration of the cluster, with ports that are free."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        controller, n1, n2 = (one.getsockname()[1] for one in sockets)
    text = (HERE / "slurm.conf").read_text()
    filled = text.format(base=base, host=host, controller=controller, n1=n1, n2=n2)
    (base / "slurm.conf").write_text(filled)
    gres = f"AutoDetect=off\nNodeName=n1 Name=gpu Type=fake File={card} Flags=nvidia_gpu_env\n"
    (base / "gres.conf").write_text(gres)
    (base / "cgroup.conf").write_text("CgroupAutomount=no\n")


@contextmanager
def linked(base):
    """The configuration where every program of SLURM looks for it."""
    ETC.mkdir(exist_ok=True)
    links = [ETC / name for name in ("slurm.conf", "gres.conf", "cgroup.conf")]
    for link in links:
        if link.is_symlink():
            link.unlink()  # of a test that was killed
        link.symlink_to(base / link.name)
    try:
        yield
    finally:
        for link in links:
            if link.is_symlink() and link.readlink().parent == base:
                link.unlink()


@contextmanager
def on_loopback(host):
    """The machine's name as an address on loopback: programs of SLURM call each other by it."""
    before = HOSTS.read_text()
    given = socket.gethostbyname(host) if host in before.split() else ""
    if given.startswith("127."):
        yield
        return
    HOSTS.write_text(f"127.0.0.1 {host}\n{before}")  # in place: in a container it is mounted
    try:
        yield
    finally:
        HOSTS.write_text(before)


@contextmanager
def daemon(*command):
    """A process that ends with this block, and with this process if that is killed."""
    path = shutil.which("setpriv")
    process = subprocess.Popen([path, "--pdeathsig", "TERM", *command], stdout=subprocess.DEVNULL, stderr=-3)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def states():
    """The state of every node."""
    return subprocess.run(
        ["sinfo", "-hN", "-p", "cpu", "-o", "%t"], capture_output=True, text=True
    ).stdout.split()


def waited(condition, base):
    """Until something is so."""
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            told = "\n".join(path.read_text()[-800:] for path in sorted(base.glob("*.log")))
            raise RuntimeError(f"the SLURM for tests did not come up:\n{told}")
        time.sleep(0.1)


def emptied(base):
    """No job is left running."""
    subprocess.run(["scancel", "--user", "root"], check=True)
    running = ["squeue", "-h", "-t", "PENDING,RUNNING,COMPLETING"]
    waited(lambda: not subprocess.run(running, capture_output=True).stdout.strip(), base)


def main(arguments):
    """Exit status of ``install``, or of the command that ``run`` ran."""
    if arguments == ["install"]:
        if why := install():
            print(why)
        return 0
    if arguments[:1] != ["run"] or not arguments[1:]:
        print(__doc__)
        return 2
    if why := unfit():
        print(why, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it set up is taken away
    with cluster() as here:
        return subprocess.run(
            arguments[1:], env=os.environ | {"SLURM_CONF": f"{here.base}/slurm.conf"}
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
