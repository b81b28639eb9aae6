"""The text of a user's file, whatever it holds."""

import gzip
import zlib
from pathlib import Path

from xassay.core.errors import InputError

ZIPPED = b"\x1f\x8b"


def text_of(path):
    """The text of a file, also of a gzipped one whatever its name. Raises InputError, also where it is
    empty."""
    try:
        raw = Path(path).read_bytes()
        raw = gzip.decompress(raw) if raw.startswith(ZIPPED) else raw
        text = raw.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: cannot be read as text ({type(fault).__name__})") from None
    if not text.strip():
        raise InputError(f"{path}: is empty")
    return text
