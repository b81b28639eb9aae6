"""Options of an entry against its plug-in's: known, of the right kind, within limits, files there."""

from pathlib import Path

from xassay import kinds
from xassay.core.contracts import FOLDERS, OWN
from xassay.core.wording import unknown

RESERVED = {  # keys that are not the plug-in's options
    "datasets": ("baseline", "references", "level", "series"),
    "discovery": ("maps",),
}


def own(entry):
    """What a data set's own keys say where the configuration does not: the defaults of its kind."""
    kind = OWN[entry.card["kind"]]
    return {key: value[0] if isinstance(value, tuple) else value for key, value in kind.items()}


def own_faults(entry, given, where):
    """Lines for own keys whose value no data set of this kind may have."""
    for key, allowed in OWN[entry.card["kind"]].items():
        if isinstance(allowed, tuple) and key in given and given[key] not in allowed:
            yield unknown(f"{where}.{key}", given[key], allowed, "value")


def faults(entry, options, where, elsewhere=()):
    """Lines ``where.key: what is wrong``, for the options of an entry that stands at ``where``.

    elsewhere: options that are given in another place, and so are not missing."""
    for key, value in options.items():
        yield from option_faults(entry, key, value, f"{where}.{key}")
    for key in entry.required:
        if key not in options and key not in elsewhere:
            yield f"{where}.{key}: is missing; {entry.name} has no default for it"


def option_faults(entry, key, value, where):
    """What is wrong with one option, which stands at ``where``: no line or one."""
    keys = {*entry.options, *entry.required}
    if key not in keys:
        own = {FOLDERS[entry.folder].choice, *RESERVED.get(entry.folder, ())}
        yield unknown(where, key, keys | own, "option")
    elif wrong := kinds.fault(value, entry.kinds.get(key), entry.limits.get(key), where):
        yield wrong
    elif value == [] and entry.options.get(key):  # the plug-in counts on one
        yield f"{where}: is empty; must hold one element or more"
    elif key in entry.card.get("files", ()) and value is not None:
        if not isinstance(value, str):
            yield f"{where}: must be the path of a file, is {value!r}"
        elif Path(value).is_dir():
            yield f"{where}: {value!r} is a folder; must be a file"
        elif not Path(value).is_file():
            yield f"{where}: file {value!r} does not exist"
