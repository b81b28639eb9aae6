"""Snakemake with few words: ``python workflow/scripts/console.py [arguments of snakemake]``.

One line as a job starts, the progress, and errors with the end of their log. Snakemake's log file keeps all.
"""

import logging
import re
import sys

from snakemake import cli
from snakemake import logging as said

WORDY = {"-p", "-q", "--printshellcmds", "--quiet", "--verbose", "--dry-run", "-n", "--dryrun"}
NOISE = (
    *("Using ", "Assuming ", "Building DAG", "Provided ", "Rules claiming", "Conda environments: ignored"),
    *("Select jobs", "Execute ", "Config file ", "Unlocking", "Complete log", "host:"),
)
HIDDEN = ("job_finished", "workflow_started", "resources_info", "shellcmd")


class Short(said.DefaultFormatter):
    """A job in one line."""

    def format_job_info(self, msg):
        """Rule and wildcards: ``train toy/linear``."""
        return f"{msg['rule_name']} {'/'.join(map(str, dict(msg['wildcards'] or {}).values()))}".strip()


def wanted(record):
    """Whether the console shows a message: all but the noise."""
    event = getattr(said.get_event(record), "value", "")
    if event or record.levelno >= logging.WARNING:
        return event not in HIDDEN
    text = str(record.msg or "").strip()
    return text != "" and not re.match("|".join(map(re.escape, NOISE)), text)


def main(arguments):
    """Runs Snakemake; words that the arguments ask for are not taken away."""
    if not WORDY & {word.partition("=")[0] for word in arguments}:
        whole = said.LoggerManager._default_streamhandler

        def few(manager):
            handler = whole(manager)
            handler.setFormatter(Short(manager.settings.quiet, manager.settings.show_failed_logs))
            handler.addFilter(wanted)
            return handler

        said.LoggerManager._default_streamhandler = few
    cli.main(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
