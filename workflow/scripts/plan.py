"""What would run, and why, one line a job: ``python workflow/scripts/plan.py [arguments of snakemake]``.

Says in words what ``snakemake --dry-run`` says in seven lines a job and JSON.
"""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from alone import folder

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

JOB = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):\n((?:    .*\n)*)", re.M)
REASONS = re.compile(r"; (?=[A-Z][a-z]+ (?:files?|input|output|of|ha[sv]e?|is|with|provides|environment)\b)")
NOISE = ("Using workflow specific", "Assuming unrestricted")
CODE = re.compile(r"[0-9a-f]{12}")
MOST = 2  # changes or jobs that one line tells


def main(arguments):
    """Prints the plan. Exits with Snakemake's status and words where it cannot plan."""
    from xassay import files

    files.check(arguments)
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--nolock", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if not line.startswith(NOISE)]
        print("\n".join(said), file=sys.stderr)
        sys.exit(done.returncode)
    print("\n".join(table(done.stdout)))


def table(text):
    """The lines of a plan; text: what a dry run said."""
    blocks = [(rule, dict(re.findall(r"^    (\w+): (.*)$", body, re.M))) for rule, body in JOB.findall(text)]
    jobs = {name(rule, facts): facts for rule, facts in blocks if rule != "all"}
    makers = {path: job for job, facts in jobs.items() for path in paths(facts.get("output"))}
    before = {job: {makers.get(path) for path in paths(facts.get("input"))} for job, facts in jobs.items()}
    if not jobs:
        return ["nothing to do: every result is there and up to date"]
    width = max(map(len, jobs))
    lines = [f"{job:{width}}  {why(facts, makers, before)}" for job, facts in jobs.items()]
    counts = Counter(job.split()[0] for job in jobs)
    return [*lines, "", f"{len(jobs)} jobs: {', '.join(f'{n} {rule}' for rule, n in counts.items())}"]


def name(rule, facts):
    """A job as its rule and wildcards: ``train toy/linear``."""
    values = [word.partition("=")[2] for word in facts.get("wildcards", "").split(", ")]
    return f"{rule} {'/'.join(values)}".strip()


def paths(text):
    """A list of files."""
    return text.split(", ") if text else []


def why(facts, makers, before):
    """All reasons of a job in a few words; what follows from another job is told where nothing else is.

    makers: jobs by their outputs; before: jobs that a job waits for, by job."""
    reason = facts.get("reason", "")
    told, follows = [], []
    for part in REASONS.split(reason):
        head, _, rest = part.partition(": ")
        if head == "Missing output files":
            known = ran(facts) or "Params have changed" in reason
            told.append(f"output missing: {few(paths(rest))}" if known else "never run")
        elif head == "Input files updated by another job":
            found = list(dict.fromkeys(makers.get(path, path) for path in paths(rest)))
            earlier = set().union(*(before.get(job, ()) for job in found))
            follows = sorted(job for job in found if job not in earlier)
        elif head == "Updated input files":
            told.append(f"input changed: {few(paths(rest))}")
        elif head == "Set of input files has changed since last execution":
            told.append("its inputs are others than before")
        elif head == "Params have changed since last execution":
            told += params(rest)
        elif head == "Incomplete output files":
            told.append("was interrupted")
        elif head.startswith("Code has changed"):
            told.append("rule changed")
        elif head == "Forced execution":
            told.append("forced")
        elif part:
            told.append(part[:100])
    return "; ".join(dict.fromkeys(told)) or (f"follows from {few(follows)}" if follows else reason[:100])


def ran(facts):
    """Whether a job has run before: something that it wrote is there."""
    here = folder(sys.argv[1:])
    return any((here / path).exists() for key in ("output", "benchmark") for path in paths(facts.get(key)))


def few(names):
    """The first names of a list, and how many more."""
    return ", ".join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")


def params(text):
    """Changes of a job's params; text: values that were there before alone, and now alone."""
    match = re.fullmatch(r".*?before: (.*) now: (.*?)\s*", text)
    try:
        before, now = (values(part) for part in match.groups())
    except (AttributeError, ValueError, SyntaxError):
        return [text[:100]]
    told = []
    for new in now:
        like = [old for old in before if alike(old, new)]
        old = max(like, key=lambda value: shared(value, new), default=None)
        if like:
            before.remove(old)
        told += difference(old, new, "")
    told += [line for old in before for line in difference(old, None, "")]
    told = list(dict.fromkeys(told))
    return told[:MOST] + [f"{len(told) - MOST} more changes"] * (len(told) > MOST)


def values(text):
    """Params as Snakemake lists them: Python literals, some of them JSON."""
    found = [] if text == "<nothing exclusive>" else list(ast.literal_eval(f"({text},)"))
    return [json.loads(v) if isinstance(v, str) and v[:1] in ("{", "[") else v for v in found]


def alike(old, new):
    """Whether one value can have taken the other's place."""
    return type(old) is type(new) and is_code(old) == is_code(new)


def shared(old, new):
    """How many keys two values share."""
    return len(set(old) & set(new)) if isinstance(old, dict) else 0


def is_code(value):
    """Whether a value is a fingerprint."""
    return isinstance(value, str) and CODE.fullmatch(value) is not None


def difference(old, new, where):
    """Lines of what differs between two values."""
    if is_code(old) or is_code(new):
        return ["code changed"]
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in {**old, **new} if old.get(key, ...) != new.get(key, ...)]
        inner = where if where in ("", "code") else f"{where}."
        return [
            line
            for key in keys
            for line in difference(old.get(key), new.get(key), f"{inner}{key}" if inner != "code" else "code")
        ]
    if where == "code":
        return ["code changed"]
    if where.endswith("refused"):
        return ["what is refused changed"]
    what = f"option {where.removeprefix('config').removeprefix('.')}" if where else "a setting"
    if old is None or new is None:
        return [f"{what} {'added' if old is None else 'taken away'}"]
    return [f"{what} changed ({short(old)} -> {short(new)})"]


def short(value):
    """A value in at most 30 characters."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 30 else f"{text[:29]}…"


if __name__ == "__main__":
    main(sys.argv[1:])
