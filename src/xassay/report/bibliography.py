"""References by key, from a BibTeX file: the few fields that a reference list needs."""

import re
import unicodedata
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "resources" / "references.bib"
ENTRY = re.compile(r"@\w+\s*\{\s*([^,\s]+)\s*,(.*?)\n\}", re.S)
FIELD = re.compile(r"(\w+)\s*=\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|\"([^\"]*)\"|(\d+))", re.S)
ACCENTS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "r": "\u030a", "k": "\u0328", "d": "\u0323",
}  # fmt: skip
LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "ı", "j": "ȷ",
}  # fmt: skip
ACCENT = re.compile(
    r"\\(?:([\"'`^~=.])\s*|([cvuHrkd])(?:\s+|(?=\{)))(?:\{\s*(\\?[A-Za-z])\s*\}|(\\?[A-Za-z]))"
)
LETTER = re.compile(r"\\(ss|oe|OE|ae|AE|aa|AA|[oOlLij])(?![A-Za-z])\s*(?:\{\})?")


def read(path=FILE):
    """{key: {field: text}}; {} where there is no file."""
    path = Path(path)
    return {key: fields(body) for key, body in ENTRY.findall(path.read_text())} if path.exists() else {}


def fields(body):
    """Fields of one entry, braces and line breaks gone."""
    found = {name.lower(): a or b or c for name, a, b, c in FIELD.findall(body)}
    return {name: text if name in ("doi", "url") else plain(text) for name, text in found.items()}


def plain(text):
    """LaTeX as text: accents, letters, dashes; braces and line breaks gone."""

    def accented(match):
        mark, letter = match[1] or match[2], (match[3] or match[4]).removeprefix("\\")
        return unicodedata.normalize("NFC", letter + ACCENTS[mark])

    text = ACCENT.sub(accented, text)
    text = LETTER.sub(lambda match: LETTERS[match[1]], text)
    text = re.sub(r"\\([&%$#_{}])", r"\1", text).replace("---", "—").replace("--", "–").replace("~", " ")
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "", text)).strip()


def cited(keys, path=FILE):
    """[(key, text, link)] of ``keys``, sorted; a key that the file lacks is shown as it is."""
    entries = read(path)
    return [(key, *entry(entries.get(key, {}), key)) for key in sorted(set(keys), key=str.lower)]


def entry(found, key):
    """Text and link of one reference."""
    people = [person.split(",")[0].strip() for person in found.get("author", "").split(" and ") if person]
    many = len(people) > 3 or "others" in people
    people = f"{people[0]} et al." if many else ", ".join(people)
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
