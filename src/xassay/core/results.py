"""Files between steps: written whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing(path):
    """Give a temporary path beside ``path`` and move it there when the block ends well.

    The temporary name holds the process id: an orphan of a killed run that still writes cannot
    reach the file of the run that replaced it. The suffix stays, since writers go by it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_table(frame, path):
    """Write a DataFrame as Parquet or CSV, by the suffix of ``path``. No index."""
    with writing(path) as part:
        if Path(path).suffix == ".csv":
            frame.to_csv(part, index=False, float_format="%.6g")
        else:
            frame.to_parquet(part, index=False)
