"""Score every method on one model: all metrics, the gallery and the strongest features. Arrays only."""

import json
from functools import partial

from xassay.core.errors import InputError


def register(parser):
    """Arguments of the verb."""
    add = parser.add_argument
    add("--data", required=True, metavar="FILE", help="the data set (.h5ad)")
    add("--model", required=True, metavar="FILE", help="the model's predictions (.parquet)")
    add("--probe", required=True, metavar="FILE", help="the probe bank (.h5)")
    add("--attributions", required=True, nargs="+", metavar="FILE", help="one a method, controls too (.h5ad)")
    add(
        "--elsewhere",
        default=[],
        nargs="*",
        metavar="FILE",
        help="the same methods on the data set's other models (.h5ad)",
    )
    add(
        "--metrics",
        required=True,
        type=json.loads,
        metavar="JSON",
        help='{id: {"metric": plug-in, option: value}}',
    )
    add(
        "--stability",
        default={},
        type=json.loads,
        metavar="JSON",
        help='{id: {"test": plug-in}}, where they differ',
    )
    add("--quantiles", default=[0, 0.5, 1], nargs="+", type=float, help="bags of the gallery")
    add("--seed", type=int, default=0, help="the run's seed")
    add("--out", required=True, metavar="FILE", help="scores (.parquet)")
    add(
        "--gallery",
        required=True,
        metavar="FILE",
        help="maps of bags at fixed quantiles of recovery (.parquet)",
    )
    add("--features", required=True, metavar="FILE", help="strongest features (.parquet)")


def run(args):
    """Read, score, write."""
    import pandas as pd

    from xassay.core import gallery
    from xassay.core.bank import Bank
    from xassay.core.explanations import Explanation
    from xassay.core.results import write_table
    from xassay.core.samples import Samples
    from xassay.core.scoring import COLUMNS, table

    samples, bank = Samples.read(args.data), Bank.read(args.probe)
    model = pd.read_parquet(args.model, columns=["model"])["model"].iloc[0]
    where = {"dataset": samples.name, "model": model}
    paths = {path: Explanation.read(path) for path in args.attributions}
    check(paths, bank)
    paths = dict(sorted(paths.items(), key=lambda item: item[1].method))

    tests = {name: entry.get("test", name) for name, entry in args.stability.items()}
    elsewhere = {path: Explanation.read(path) for path in args.elsewhere}
    check(elsewhere, bank)
    chosen = metrics(args.metrics, args.plugins)
    scores = table(answers(list(paths.values()), chosen, bank, tests, list(elsewhere.values())))
    keep = gallery.witnesses(bank.truth, samples.samples.loc[bank.ids, "label"].to_numpy())
    shown = [row for e in paths.values() for row in gallery.gallery(e, bank.truth, samples, args.quantiles)]
    features = [row for path, e in paths.items() for row in gallery.strongest(e, path, keep)]

    write(scores, COLUMNS, where, args.out, write_table)
    write(shown, GALLERY, where, args.gallery, write_table)
    write(features, FEATURES, where, args.features, write_table)


GALLERY = ("method", "quantile", "sample", "value", "instance", "cell", "planted", "truth", "attribution")
FEATURES = ("method", "feature", "attribution", "rank")


def check(explanations, bank):
    """Raise InputError unless every explanation is of the bank's samples and seeds."""
    for path, explanation in explanations.items():
        if explanation.ids != bank.ids:
            raise InputError(f"{path}: explains other samples than the probe bank; make both anew")
        if explanation.instance.shape[:2] != bank.probe.total.shape:
            raise InputError(f"{path}: has other seeds than the probe bank; make both anew")


def metrics(entries, plugins=None):
    """The metrics of the configuration, by id, with their options bound."""
    from xassay import catalogue
    from xassay.core.scoring import Metric

    out = []
    for name, entry in sorted(entries.items()):
        plugin = entry.get("metric", name)
        module = catalogue.load("evaluation", plugin, plugins)
        options = {key: value for key, value in entry.items() if key != "metric"}
        arrays = catalogue.entries("evaluation", plugins)[plugin].arrays
        out.append(Metric(name, arrays, module.CARD, partial(module.score, **options)))
    return out


def answers(explanations, metrics, bank, tests, elsewhere=()):
    """Every metric's Blocks as (method, metric, Block): contestants, controls, diluted and negated truth,
    ensembles. elsewhere: the same methods' explanations of other models."""
    from xassay.core import scoring
    from xassay.core.contracts import CONTROL

    for metric in metrics:
        if "methods" in metric.arrays:
            for method, block in scoring.agreements(metric, explanations):
                yield method, metric.name, block
    masked = [metric for metric in metrics if set(metric.arrays) == {"attribution", "probe"}]
    single = [metric for metric in metrics if "methods" not in metric.arrays and metric not in masked]
    alone = [metric for metric in single if set(metric.arrays) <= set(scoring.SUPPLIED)]
    every = [other for explanation in explanations for other in [explanation, *derived(explanation)]]
    for metric in masked:
        for explanation, block in scoring.together(metric, every, bank):
            yield explanation.method, metric.name, block
    for explanation in explanations:
        others = [other for other in elsewhere if other.method == explanation.method]
        for metric in single:
            for block in scoring.blocks(metric, explanation, bank, others, tests):
                yield explanation.method, metric.name, block
        for other in derived(explanation):
            for metric in alone:
                for block in scoring.blocks(metric, other, bank):
                    yield other.method, metric.name, block
        if not explanation.plugin.startswith(CONTROL) and len(explanation.instance) > 1:
            mean = scoring.ensemble(explanation)
            for metric in alone:
                if metric.card["family"] == "recovery":
                    for block in scoring.blocks(metric, mean, bank):
                        yield mean.method, metric.name, block._replace(seeds=[-1])


def derived(explanation):
    """A control with noise added, and the opposite of the truth."""
    from xassay.core.scoring import negated

    return [*explanation.diluted, *([negated(explanation)] if explanation.plugin == "control_truth" else [])]


def write(rows, columns, where, path, write_table):
    """Rows (a list of dicts, or {column: array}) with data set and model before them."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns))
    for k, (name, value) in enumerate(where.items()):
        frame.insert(k, name, value)
    write_table(frame, path)
