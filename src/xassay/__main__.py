"""The command line: ``python -m xassay VERB``. Only the verb asked for is imported."""

import argparse
import ast
import importlib
import os
import signal
import sys
from pathlib import Path

from xassay.core.errors import InputError

STEPS = Path(__file__).resolve().parent / "steps"


def verbs():
    """First line of each step's docstring by verb, read without importing it."""
    files = sorted(STEPS.glob("[!_]*.py"))
    return {path.stem: ast.get_docstring(ast.parse(path.read_bytes())).splitlines()[0] for path in files}


def main(arguments=None):
    """Runs one verb. Returns the exit status: 0, or 1 after bad input."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="xassay", description="Assays of explanations, step by step.")
    known = verbs()
    chosen = arguments[0] if arguments and arguments[0] in known else None
    commands = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, line in known.items():
        command = commands.add_parser(verb, help=line, description=line)
        if verb == chosen:
            step = importlib.import_module(f"xassay.steps.{verb}")
            command.description = step.__doc__
            command.formatter_class = argparse.RawDescriptionHelpFormatter
            step.register(command)
            default = os.environ.get("XASSAY_PLUGINS") or None  # how the workflow passes it on
            command.add_argument(
                "--plugins", metavar="DIR", default=default, help="folder of your own plug-ins"
            )
    parsed = parser.parse_args(arguments)
    try:
        step.run(parsed)
    except InputError as fault:
        for line in str(fault).splitlines():
            print(f"xassay {chosen}: {line}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends quietly
    sys.exit(main())
