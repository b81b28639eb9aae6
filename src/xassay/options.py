"""Options of an entry against its plug-in's keywords: known, of the right type, complete, files there."""

from pathlib import Path

from xassay.catalogue import unknown
from xassay.core.contracts import FOLDERS
from xassay.schema import TYPES

RESERVED = {"datasets": ("baseline", "references", "series")}  # keys that are not the plug-in's options
NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object"}
NAMES |= {list: "array", tuple: "array"}


def faults(entry, options, where):
    """Lines ``where.key: what is wrong``, for the options of an entry that stands at ``where``."""
    keys = {*entry.options, *entry.required}
    own = {FOLDERS[entry.folder].choice, *RESERVED.get(entry.folder, ())}
    for key, value in options.items():
        if key not in keys:
            yield unknown(f"{where}.{key}", key, keys | own, "option")
        elif not fits(value, entry.options.get(key)):
            yield f"{where}.{key}: must be {TYPES[NAMES[type(entry.options[key])]]}, is {value!r}"
    for key in entry.required:
        if key not in options:
            yield f"{where}.{key}: is missing; {entry.name} has no default for it"
    for key in entry.card.get("files", ()):
        path = options.get(key)
        if path is not None and not (isinstance(path, str) and Path(path).is_file()):
            yield f"{where}.{key}: file {path!r} does not exist"


def fits(value, default):
    """Whether a value has its default's type; a default of None takes anything, a number also a whole one."""
    if type(default) not in NAMES:
        return True
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    return isinstance(value, {float: (int, float), tuple: (list, tuple)}.get(type(default), type(default)))
