"""Compare the methods across the study: intervals, gates, ranks, verdicts, as tables and trust.json."""

import json
from pathlib import Path

from xassay.core.installed import KEPT, versions

VERDICTS = ("dataset", "model", "method", "verdict", "reasons")


def register(parser):
    """Arguments of the verb."""
    add = parser.add_argument
    add(
        "--study",
        required=True,
        type=json.loads,
        metavar="JSON",
        help="configuration, refused pairs, code hashes",
    )
    add("--data", required=True, nargs="+", metavar="FILE", help="data sets (.h5ad)")
    add("--scores", required=True, nargs="+", metavar="FILE", help="one a data set and model (.parquet)")
    add("--galleries", required=True, nargs="+", metavar="FILE", help="likewise")
    add("--features", required=True, nargs="+", metavar="FILE", help="likewise")
    add("--predictions", required=True, nargs="+", metavar="FILE", help="likewise")
    add("--out", required=True, metavar="FOLDER", help="tables (.parquet, .csv)")
    add("--trust", required=True, metavar="FILE", help="trust cards (.json)")


def run(args):
    """Read, compare, write."""
    from xassay import catalogue
    from xassay.core.results import write_table, writing
    from xassay.core.samples import Samples
    from xassay.stats import tables
    from xassay.stats.comparison import Comparison, entries

    config = args.study.get("config", args.study)
    metrics, methods = (
        entries(config.get(folder), choice, catalogue.entries(folder, args.plugins))
        for folder, choice in (("evaluation", "metric"), ("attribution", "method"))
    )
    out = Path(args.out)
    predictions, trained = list(read(args.predictions)), {}
    for table in predictions:
        trained |= table.attrs.get(KEPT, {})
    study = Comparison(read(args.scores), predictions, config, metrics, methods)
    cards = trust_cards(study)
    rows = {
        name: getattr(tables, name)(study) for name in tables.COLUMNS if name not in ("refused", "datasets")
    }
    rows["refused"] = tables.refused(study, args.study.get("refused") or [])
    rows["datasets"] = tables.datasets(Samples.read(path) for path in sorted(args.data))
    rows["verdicts"] = [card | {"reasons": "; ".join(card["reasons"])} for card in cards]
    for name, columns in (tables.COLUMNS | {"verdicts": VERDICTS}).items():
        table = framed(rows[name], columns)
        write_table(table, out / f"{name}.parquet")
        write_table(table, out / f"{name}.csv")
    join(args.scores, out / "scores.parquet")
    write_table(joined(list(read(args.galleries))), out / "gallery.parquet")
    write_table(joined(list(read(args.features))), out / "features.parquet")
    with writing(args.trust) as part:
        found = {
            "cards": plain(cards),
            "provenance": provenance(config, args.study.get("code") or {}, trained),
        }
        part.write_text(json.dumps(found, indent=1) + "\n")


def trust_cards(study):
    """The card of every method on every (data set, model), as trust.json holds it."""
    return [
        {"dataset": one.dataset, "model": one.model, "method": method, "label": label(study, method)}
        | study.card(one, method)
        for one in study.measured
        for method in study.contestants(one)
    ]


def label(study, method):
    """What a person reads for a method: its label, and its id where several entries share the plug-in."""
    entry = study.methods.get(method)
    if entry is None:
        return method
    shared = sum(other.plugin == entry.plugin for other in study.methods.values()) > 1
    return f"{entry.card['label']} ({method})" if shared else entry.card["label"]


def read(paths):
    """The tables of several files, in the order of their names, one in memory at a time."""
    import pandas as pd

    return (pd.read_parquet(path) for path in sorted(paths))


def join(paths, path):
    """Write the rows of several tables of the same columns, in the order of their names, one at a time."""
    import pyarrow.parquet as pq

    from xassay.core.results import writing

    fullest = max(sorted(paths), key=lambda one: pq.read_metadata(one).num_rows)  # an empty one has no types
    schema = pq.read_schema(fullest).remove_metadata()
    with writing(path) as part, pq.ParquetWriter(part, schema) as writer:
        for one in sorted(paths):
            writer.write_table(pq.read_table(one).replace_schema_metadata().cast(schema))


def framed(rows, columns):
    """Rows as a table with these columns, also where there is no row."""
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))


def joined(frames):
    """Tables below one another; an empty one would spoil the types of the others."""
    import pandas as pd

    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def plain(value):
    """A value as JSON can hold it: six significant digits, null for what is not a finite number."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if value is None or isinstance(value, str | bool):
        return value
    return float(f"{value:.6g}") if value - value == 0 else None


def provenance(config, code, elsewhere):
    """What made the cards: versions, seeds, hashes of the code, the configuration. No time.

    elsewhere: {package: version} of the environments that trained, for what is not installed in this one."""
    seeds = {"seed": config.get("seed", 0), "seeds": config.get("seeds")}
    return {"versions": elsewhere | versions(), **seeds, "code": code, "config": config}
