"""The configuration against its schema: every fault as one line, and the defaults."""

from functools import cache
from pathlib import Path

from xassay.core.wording import mistyped, unknown

TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


@cache
def schema(path: Path):
    """A JSON schema written as YAML."""
    import yaml

    return yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def faults(config, path):
    """Lines ``key.path: what is wrong`` for a configuration and the schema file ``path``."""
    from jsonschema import Draft202012Validator

    found = list(Draft202012Validator(schema(path)).iter_errors(config))
    mistyped = {tuple(fault.path) for fault in found if fault.validator == "type"}
    told = [fault for fault in found if fault.validator == "type" or tuple(fault.path) not in mistyped]
    told.sort(key=lambda fault: [str(key) for key in fault.path])
    return [line for fault in told for line in lines(fault, schema(path))]


def lines(fault, whole):
    """One fault of jsonschema in our words; one line for each unknown key."""
    where, rule, value = ".".join(map(str, fault.path)), fault.validator, fault.validator_value
    if rule == "additionalProperties":
        known = fault.schema.get("properties", {})
        return [unknown(dotted(where, key), key, known, "key") for key in fault.instance if key not in known]
    if rule == "required":
        missing = [key for key in value if key not in fault.instance]
        return [f"{dotted(where, key)}: is missing" for key in missing]
    if rule in ("minProperties", "minItems", "minLength"):
        hint = "; leave the section out for every plug-in of it" if where in optional(whole) else ""
        return [f"{where}: is empty{hint}"]
    return [f"{where}: {sentence(fault, rule, value)}"]


def sentence(fault, rule, value):
    """What a value must be, and what it is."""
    if rule == "type":
        wanted = " or ".join(TYPES[name] for name in ([value] if isinstance(value, str) else value))
        return mistyped(wanted, fault.instance)
    if rule in BOUNDS:
        return f"must be {BOUNDS[rule]} {value}, is {fault.instance!r}"
    if rule == "enum":
        if fault.instance is None:
            return f"is empty; allowed: {', '.join(value)}"
        return unknown("", fault.instance, value, "value")[2:]
    if rule == "maxProperties":
        return f"must be {value} option with its values, is {', '.join(map(str, fault.instance))}"
    if rule == "uniqueItems":
        return f"holds a value twice: {fault.instance!r}"
    if rule == "pattern" and "description" in fault.schema:
        return f"must be {fault.schema['description']}, is {fault.instance!r}"
    if rule == "pattern":
        return f"the id {fault.instance!r} is not lower-case letters, digits and _, beginning with a letter"
    return fault.message


def optional(whole):
    """Sections that may be left out."""
    return [name for name, part in whole["properties"].items() if part.get("$ref") == "#/$defs/section"]


def dotted(where, key):
    """A key's path."""
    return f"{where}.{key}" if where else str(key)


def filled(config, path):
    """A copy of a configuration with the schema's defaults, nested ones too; a section left out stays out."""
    return fill(config, schema(path))


def fill(value, part):
    """Defaults of one level; an entry without options (``name:`` alone) becomes an empty mapping."""
    if value is None and "object" in part.get("type", ()):
        value = {}
    if not isinstance(value, dict):
        return value
    rules, other = part.get("properties", {}), part.get("additionalProperties")
    other = other if isinstance(other, dict) else {}
    absent = {key: rule["default"] for key, rule in rules.items() if "default" in rule and key not in value}
    return {key: fill(given, rules.get(key, other)) for key, given in (value | absent).items()}
