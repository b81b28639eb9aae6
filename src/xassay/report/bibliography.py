"""References by key, from a BibTeX file: the few fields that a reference list needs."""

import re
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "resources" / "references.bib"
ENTRY = re.compile(r"@\w+\s*\{\s*([^,\s]+)\s*,(.*?)\n\}", re.S)
FIELD = re.compile(r"(\w+)\s*=\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|\"([^\"]*)\"|(\d+))", re.S)


def read(path=FILE):
    """{key: {field: text}}; {} where there is no file."""
    path = Path(path)
    return {key: fields(body) for key, body in ENTRY.findall(path.read_text())} if path.exists() else {}


def fields(body):
    """Fields of one entry, braces and line breaks gone."""
    found = {name.lower(): a or b or c for name, a, b, c in FIELD.findall(body)}
    return {name: re.sub(r"\s+", " ", re.sub(r"[{}]", "", text)).strip() for name, text in found.items()}


def cited(keys, path=FILE):
    """[(key, text, link)] of ``keys``, sorted; a key that the file lacks is shown as it is."""
    entries = read(path)
    return [(key, *entry(entries.get(key, {}), key)) for key in sorted(set(keys), key=str.lower)]


def entry(found, key):
    """Text and link of one reference."""
    people = [person.split(",")[0].strip() for person in found.get("author", "").split(" and ") if person]
    people = f"{people[0]} et al." if len(people) > 3 else ", ".join(people)
    place = (
        found.get("journal")
        or found.get("booktitle")
        or found.get("publisher")
        or found.get("howpublished", "")
    )
    text = ". ".join(
        part.rstrip(".") for part in (people, found.get("title", ""), place, found.get("year", "")) if part
    )
    link = f"https://doi.org/{found['doi']}" if found.get("doi") else found.get("url", "")
    return (text or key, link)
