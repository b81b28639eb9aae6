"""A configuration checked against the schema and the catalogue, and read into a study.

Every fault is told, one line each: the key's path, what is wrong, what is allowed, the nearest spelling.
"""

import json
import re

from xassay import options, schema
from xassay.catalogue import entries
from xassay.core.contracts import CONTROL, FOLDERS, ORACLE
from xassay.core.errors import InputError
from xassay.core.wording import unknown
from xassay.study import Choice, Study

WORD = re.compile(r"[A-Za-z0-9_.+-]+")  # what a value of a series looks like in a path


def read(given, path):
    """The study that a configuration describes; ``path``: of the schema.

    Raises InputError with one line a fault."""
    wrong = schema.faults(given, path)
    config = schema.filled(given, path)
    if not isinstance(config, dict) or not isinstance(config["plugins"], str | None):
        raise report(wrong)
    try:
        catalogue = {folder: entries(folder, config["plugins"]) for folder in FOLDERS}
    except InputError as fault:
        raise report([*wrong, *str(fault).splitlines()]) from None
    sections = {folder: section(config, folder, catalogue[folder], wrong) for folder in FOLDERS}
    if wrong:
        raise report(wrong)
    controls = everything(catalogue["attribution"], controls=True)
    wrong = [
        unknown(f"discovery.{c.name}.maps", c.reserved["maps"], sections["attribution"], "method")
        for c in sections["discovery"].values()
        if c.reserved["maps"] not in (None, *sections["attribution"])
    ]
    if wrong:
        raise report(wrong)
    study = Study(settings=config, **sections, controls=controls)
    study = study.without_misfits([folder for folder in FOLDERS if folder not in given])
    if misfits := study.misfits():
        told = "{}.{}: nothing in the study admits it: {}"
        raise report(told.format(*entry, "; ".join(why)) for entry, why in misfits.items())
    return study


def report(lines):
    """All faults in one error."""
    return InputError("\n".join(dict.fromkeys(f"config: {line}" for line in lines)))


def everything(found, controls=False):
    """Choices of every plug-in that can do without options: the controls among them, or the others."""
    names = [name for name in found if name.startswith(CONTROL) == controls and not found[name].required]
    return {name: Choice(name, found[name], found[name].options) for name in names}


def section(config, folder, found, wrong):
    """Choices of one section by id, everything where it is left out; adds faults to ``wrong``."""
    if folder not in config:
        return everything(found) if FOLDERS[folder].whole else {}
    chosen, given = {}, config[folder]
    for name, entry in given.items() if isinstance(given, dict) else ():
        where = f"{folder}.{name}"
        if not isinstance(name, str):
            wrong.append(f"{where}: an id is text, not {name!r}")
        elif name == ORACLE or name.startswith(CONTROL):
            wrong.append(f"{where}: the id is reserved; controls and the oracle take part by themselves")
        elif entry is None or isinstance(entry, dict):
            chosen |= choices(folder, name, dict(entry or {}), found, wrong)
    return chosen


def choices(folder, name, given, found, wrong):
    """What one entry chooses: one Choice, or one for each member of its series."""
    where, key = f"{folder}.{name}", FOLDERS[folder].choice
    plugin = given.pop(key, name)
    allowed = [stem for stem in found if not stem.startswith(CONTROL)]
    if plugin not in allowed:
        wrong.append(unknown(where if plugin == name else f"{where}.{key}", plugin, allowed, key))
        return {}
    entry = found[plugin]
    reserved = {k: given.pop(k) for k in options.RESERVED.get(folder, ()) if k in given}
    series = reserved.pop("series", None)
    if folder == "datasets":
        wrong += options.own_faults(entry, reserved, where)
        reserved = options.own(entry) | reserved
    elif folder == "discovery":
        reserved = {"maps": None} | reserved
    if not (isinstance(series, dict) and series):
        wrong += options.faults(entry, given, where)
        return {name: Choice(name, entry, entry.options | given, reserved)}
    [(option, values)] = list(series.items())[:1]
    if option in options.RESERVED[folder]:
        wrong.append(
            f"{where}.series.{option}: is no option of {plugin}; allowed: one entry for each {option}"
        )
        return {}
    if option in given:
        wrong.append(f"{where}.{option}: is given, and is also the series")
    wrong += options.faults(entry, given, where, elsewhere=[option])
    members = {}
    for value in values if isinstance(values, list) else ():
        word = f"{value:g}" if isinstance(value, float) else str(value)
        if not WORD.fullmatch(word):
            wrong.append(
                f"{where}.series.{option}: {value!r} is no part of a path; allowed: letters, digits, _.+-"
            )
        member = Choice(f"{name}~{word}", entry, entry.options | given | {option: value}, reserved)
        wrong += options.option_faults(entry, option, value, f"{where}.series.{option}")
        if member.name in members:
            wrong.append(f"{where}.series.{option}: {value!r} is the same as another value in a path: {word}")
        members[member.name] = member
    return members


def canonical(value):
    """JSON that is the same for equal values: what a rule's params and a verb's options hold."""
    return json.dumps(value, sort_keys=True)
