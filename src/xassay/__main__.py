"""The command line: ``python -m xassay VERB``. Only the verb asked for is imported."""

import argparse
import ast
import importlib
import os
import signal
import sys
from pathlib import Path

from xassay.core.errors import InputError
from xassay.core.wording import unknown

STEPS = Path(__file__).resolve().parent / "steps"
CHOSEN = {  # whose plug-in takes --options
    "data": "datasets",
    "train": "models",
    "attribute": "attribution",
    "discover": "discovery",
}


class Parser(argparse.ArgumentParser):
    """A parser that tells a mistake in one line, without the usage."""

    def error(self, message):
        """Exit status 2, as argparse has it."""
        self.exit(2, f"{self.prog}: {message.replace('invalid loads value', 'is no JSON')}\n")


def verbs():
    """First line of each step's docstring by verb, read without importing it."""
    files = sorted(STEPS.glob("[!_]*.py"))
    return {path.stem: ast.get_docstring(ast.parse(path.read_bytes())).splitlines()[0] for path in files}


def version():
    """The version that pyproject.toml or the installed package states."""
    from importlib import metadata

    stated = STEPS.parents[2] / "pyproject.toml"
    if stated.is_file():
        import tomllib

        return tomllib.loads(stated.read_text())["project"]["version"]
    return metadata.version("xassay")


def main(arguments=None):
    """Runs one verb. Returns the exit status: 0, 1 after bad input, 2 after an unknown verb."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = Parser(prog="xassay", description="Assays of explanations, step by step.")
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    known = verbs()
    chosen = arguments[0] if arguments and arguments[0] in known else None
    if arguments[:1] == ["--version"]:
        print(f"xassay {version()}")
        return 0
    if arguments and chosen is None and not arguments[0].startswith("-"):
        print(unknown("xassay", arguments[0], known, "verb"), file=sys.stderr)
        return 2
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
        check_options(chosen, parsed)
        step.run(parsed)
    except InputError as fault:
        for line in str(fault).splitlines():
            print(f"xassay {chosen}: {line}", file=sys.stderr)
        return 1
    return 0


def check_options(verb, parsed):
    """Options typed by hand are as wrong as those of a configuration: raises InputError, a line a fault."""
    if verb not in CHOSEN:
        return
    from xassay.catalogue import entries
    from xassay.core.contracts import FOLDERS
    from xassay.core.wording import mistyped
    from xassay.options import faults

    if not isinstance(parsed.options, dict):
        raise InputError(f"--options: {mistyped('a mapping', parsed.options)}")
    name = getattr(parsed, FOLDERS[CHOSEN[verb]].choice)
    entry = entries(CHOSEN[verb], parsed.plugins).get(name)  # an unknown one is the step's to tell
    if entry and (wrong := list(faults(entry, parsed.options, "--options"))):
        raise InputError("\n".join(wrong))


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends quietly
    sys.exit(main())
