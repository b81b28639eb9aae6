"""Discoveries on disk: tables and motifs of one (data set, model, discovery), as JSON."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from xassay.core.errors import InputError
from xassay.core.results import writing

ABOUT = ("dataset", "model", "discovery", "plugin", "label", "finds", "reference", "maps", "note")


@dataclass
class Discovery:
    """What one discovery found on one model of a data set.

    about: dict with the keys ABOUT. tables: {name: DataFrame}. motifs: [{"name", "probabilities" (4, width),
    "weights": contributions (4, width) or None}]."""

    about: dict
    tables: dict
    motifs: list = field(default_factory=list)

    def write(self, path):
        """Write as JSON; nothing is left at ``path`` unless all was written. A missing number is null."""
        tables = {
            name: json.loads(table.to_json(orient="split", index=False))
            for name, table in self.tables.items()
        }
        found = {
            "about": {key: self.about.get(key) for key in ABOUT},
            "tables": tables,
            "motifs": self.motifs,
        }
        with writing(path) as part:
            part.write_text(json.dumps(found) + "\n")

    @classmethod
    def read(cls, path):
        """Read what ``write`` wrote. Raises InputError if ``path`` is not such a file."""
        import pandas as pd

        try:
            found = json.loads(Path(path).read_text())
            tables = {
                name: pd.DataFrame(table["data"], columns=table["columns"])
                for name, table in found["tables"].items()
            }
            return cls(found["about"], tables, found["motifs"])
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise InputError(f"{path}: cannot be read as discoveries: {fault}") from None
