"""List the plug-ins: what every data set, model, method, metric and test is called, and its options."""

from textwrap import fill

from xassay.catalogue import entries
from xassay.core.contracts import FOLDERS
from xassay.core.errors import InputError
from xassay.core.wording import unknown


def register(parser):
    """Arguments of ``xassay catalogue``."""
    parser.add_argument("folder", nargs="?", help=f"one of {', '.join(FOLDERS)}; all if left out")


def run(args):
    """Print one folder or all. Raises InputError for a folder that does not exist."""
    if args.folder and args.folder not in FOLDERS:
        raise InputError(unknown("catalogue", args.folder, FOLDERS, "folder"))
    for folder, found in {name: entries(name, args.plugins) for name in FOLDERS}.items():
        if args.folder not in (None, folder):
            continue
        print(f"{folder}  ({FOLDERS[folder].choice}: in the configuration)")
        width = max((len(name) for name in found), default=0)
        for name, entry in found.items():
            print(f"  {name:{width}}  {entry.card['label']}{facts(entry.card)}")
            options = [stated(entry, key) for key in (*entry.required, *entry.options)]
            margin = " " * (width + 6)
            if options:
                text = ", ".join(option.replace(" ", "\xa0") for option in options)  # not broken within
                text = fill(text, 110, initial_indent=margin, subsequent_indent=margin)
                print(text.replace("\xa0", " "))
        print()


def stated(entry, name):
    """An option, its default, and its limits: ``n_steps=32 (1 or more)``."""
    told = f"{name}={entry.options[name]!r}" if name in entry.options else name
    limit = entry.limits.get(name, (None, None))
    if isinstance(limit[0], str):
        return f"{told} ({' | '.join(limit)})"
    low, high = limit
    if low is None and high is None:
        return told
    if low is None or high is None:
        return f"{told} ({high} or less)" if low is None else f"{told} ({low} or more)"
    return f"{told} ({low} to {high})"


def facts(card):
    """What a CARD says of the inputs that a plug-in reads and of what it needs from a model, in brackets."""
    kinds = card.get("kinds", (card["kind"],) if "kind" in card else ())
    told = [", ".join(kinds)] if kinds else []
    told += [f"needs {', '.join(card['needs'])}"] if card.get("needs") else []
    told += [f"provides {', '.join(card['provides'])}"] if card.get("provides") else []
    return f"  [{'; '.join(told)}]" if told else ""
