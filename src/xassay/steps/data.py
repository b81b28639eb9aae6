"""Draw or read a data set and write it as samples (.h5ad)."""

import json

from xassay import catalogue
from xassay.core import seeding

FEW = 10  # test samples of a class, below which a warning is given


def register(parser):
    """Arguments of ``xassay data``."""
    parser.add_argument("--dataset", required=True, metavar="PLUGIN", help="plug-in of datasets/")
    parser.add_argument("--name", required=True, metavar="ID", help="id in the configuration")
    parser.add_argument("--options", type=json.loads, default={}, metavar="JSON", help="keyword options")
    parser.add_argument("--seed", type=int, default=0, help="the run's seed")
    parser.add_argument("--out", required=True, metavar="FILE", help="samples (.h5ad)")


def run(args):
    """Call the plug-in, check what it gives, write it. Raises InputError for data unfit for an assay."""
    plugin = catalogue.load("datasets", args.dataset, args.plugins)
    samples = plugin.samples(seeding.generator(args.seed, "data", args.name), **args.options)
    samples.name = args.name
    samples.source = {
        "citation": first(plugin.CARD["reference"]),
        **samples.source,
        "dataset": args.dataset,
        "options": args.options,
    }
    samples.check()
    entry = catalogue.entries("datasets", args.plugins)[args.dataset]
    told = [few(samples, entry.options), (samples.source.get("composition") or {}).get("told", "")]
    samples.source["warning"] = warning = "; ".join(filter(None, told))
    samples.write(args.out)
    print(_summary(samples), flush=True)
    if warning:
        print(f"{samples.name}: warning: {warning}", flush=True)


def first(reference):
    """The key that stands for a CARD's references in a table."""
    return reference if isinstance(reference, str | None) else reference[0]


def few(samples, keys):
    """A warning in one line where the test split has too few samples of a class, else an empty text.

    keys: options of the plug-in, one of which the way out names."""
    labels = samples.samples.loc[samples.samples["split"] == "test", "label"]
    counts = [(int((labels == k).sum()), name) for k, name in enumerate(samples.classes)]
    low = ", ".join(
        f"{n} test {samples.kind}{'s' * (n != 1)} of class {name!r}" for n, name in counts if n < FEW
    )
    way = "give more of them"
    if "n_sequences" in keys:
        way = "draw more sequences (n_sequences)"
    elif "n_bags" in keys:
        way = "draw more bags (n_bags)"
    elif "size" in keys and "draws" in keys:
        way = "draw more bags (size, draws) or give more donors"
    return f"{low}: intervals will be wide; {way}" if low else ""


def _summary(samples):
    """One line: what was drawn."""
    splits = samples.samples["split"].astype(str)
    if samples.regression:
        counts = splits.value_counts(sort=False)
        share, names = [f"{split} {counts[split]}" for split in counts.index], "a number"
    else:
        counts = samples.samples.groupby(["split", "label"], observed=True).size().unstack(fill_value=0)
        share = [f"{split} {' + '.join(map(str, counts.loc[split]))}" for split in counts.index]
        names = " | ".join(samples.classes)
    if samples.kind == "sequence":
        drawn = f"{samples.shape[1]} positions"
    else:
        cells = samples.obs["cell"].nunique()
        drawn = f"{len(samples.obs)} instances of {cells} cells, {len(samples.var)} features"
    return f"{samples.name}: {len(samples.samples)} samples of {names} ({', '.join(share)}), {drawn}"
