"""Configuration files before Snakemake reads them: what is no mapping in YAML, and keys that stand twice.

Snakemake takes the last of two equal keys in silence, and answers a broken file with a traceback.
"""

import sys
from pathlib import Path


def faults(paths):
    """Lines ``FILE: line N: what is wrong`` for configuration files; each is read once, and on its own."""
    return [line for path in paths for line in file_faults(path)]


def file_faults(path):
    """What is wrong with one file."""
    import yaml

    if not Path(path).exists():
        return [f"{path}: there is no such file"]
    if not Path(path).is_file():
        return [f"{path}: is a folder; must be a YAML file"]
    try:
        text = Path(path).read_text(encoding="utf-8")
        root = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except UnicodeDecodeError:
        return [f"{path}: is not text; must be a YAML file"]
    except yaml.YAMLError as fault:
        return [broken(path, fault)]
    except OSError as fault:
        return [f"{path}: {fault.strerror}"]
    if root is None:
        return [f"{path}: is empty; must hold keys, such as `datasets:`"]
    if not isinstance(root, yaml.MappingNode):
        return [f"{path}: {line(root)}: must hold keys, such as `datasets:`, not {kind(root)}"]
    return [f"{path}: {told}" for told in twice(root, "")]


def broken(path, fault):
    """A YAML error as one line."""
    mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
    place = f"line {mark.line + 1}: " if mark else ""
    what = getattr(fault, "problem", None) or getattr(fault, "reason", None) or "unreadable"
    return f"{path}: {place}no YAML: {' '.join(str(what).split())}"


def twice(node, where):
    """Keys that stand twice in one mapping, at any depth."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from twice(part, where)
    seen = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        name = f"{where}.{key.value}" if where else str(key.value)
        if name in seen and key.value != "<<":
            yield f"{line(key)}: {name} stands twice, first in {seen[name]}"
        seen.setdefault(name, line(key))
        yield from twice(value, name)


def line(node):
    """Where a node of YAML begins."""
    return f"line {node.start_mark.line + 1}"


def kind(node):
    """What a node that is no mapping is."""
    return "a list" if isinstance(node.value, list) else f"the text {node.value[:40]!r}"


def named(arguments):
    """Files that follow ``--configfile`` or ``--configfiles`` among Snakemake's arguments."""
    found, following = [], False
    for word in arguments:
        name, equals, value = word.partition("=")
        if name in ("--configfile", "--configfiles"):
            following = not equals
            found += [value] * bool(equals)
        elif word.startswith("-"):
            following = False
        elif following:
            found.append(word)
    return found


def check(arguments, folder="."):
    """Ends the program, one line a fault, where a file that Snakemake's arguments name is unfit."""
    if told := faults([Path(folder) / path for path in named(arguments)]):
        sys.exit("\n".join(f"config: {line}" for line in told))
