"""Explain the evaluated samples with one method: every seed, every variant, the curves of its own order."""

import json

from xassay import catalogue
from xassay.core import seeding
from xassay.core.contracts import FOLDERS, ORACLE, TRAINED
from xassay.core.errors import InputError
from xassay.core.samples import Samples

EVALUATE = {"samples": 100, "masks": 256, "orders": 10}  # where the configuration says nothing
VARIANTS = {"draws": 20, "samples": 16}


def register(parser):
    """Arguments of ``xassay attribute``."""
    add_arguments(parser)
    parser.add_argument("--method", required=True, metavar="PLUGIN", help="plug-in of attribution/")
    parser.add_argument("--name", required=True, metavar="ID", help="id in the configuration")
    parser.add_argument("--options", type=json.loads, default={}, metavar="JSON", help="keyword options")
    parser.add_argument(
        "--code", default="", metavar="HASH", help="fingerprint of the code, kept with the maps"
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="attributions (.h5ad)")


def run(args):
    """Explain one model with one method and write the maps."""
    assay = Assay(args)
    method = plugin("attribution", args.name, args.method, args.options, args.plugins)
    (record,) = assay.explain([method])
    record.write(args.out, assay.samples, assay.seen, assay.name, args.code)


def add_arguments(parser):
    """Arguments that ``attribute`` and ``probe`` share: the model, and what it is asked about."""
    for name, text in {"data": "samples (.h5ad)", "model": "trained models (.pt)"}.items():
        parser.add_argument(f"--{name}", required=True, metavar="FILE", help=text)
    parser.add_argument("--seed", type=int, default=0, help="the run's seed")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--level", help="what maps are about: instance, feature, group, position")
    for name, text in {
        "baseline": "kind and number of references",
        "evaluate": "numbers of samples, masks and orders",
        "variants": "numbers of draws and samples",
        "stability": "stability tests by id",
    }.items():
        parser.add_argument(f"--{name}", type=json.loads, default={}, metavar="JSON", help=text)


def plugin(folder, name, stem, options, plugins):
    """A plug-in of the catalogue, ready to be called. Raises InputError for an unknown one."""
    from xassay.core.explaining import Plugin

    function = getattr(catalogue.load(folder, stem, plugins), FOLDERS[folder].entry)
    entry = catalogue.entries(folder, plugins)[stem]
    return Plugin(name, stem, function, entry.card, entry.arrays, entry.options | options)


def known_rule(samples, plugins):
    """f* of a data set; None where there is none."""
    if samples.oracle is None:
        return None
    return catalogue.load("datasets", samples.source["dataset"], plugins).oracle(samples.oracle)


class Assay:
    """One model of one data set and all it is asked about, read once however many methods ask.

    seen: the evaluated samples (core.evaluated); models, twins: one a seed; tests: stability plug-ins."""

    def __init__(self, args):
        import torch

        from xassay.core import devices, weights
        from xassay.core.evaluated import evaluated
        from xassay.core.masking import check_instances

        torch.set_num_threads(1)
        device = devices.usable(args.device)
        if device.type == "cpu":
            # What use_deterministic_algorithms does, without the 1.7 s of imports that it costs.
            torch.set_deterministic_debug_mode("error")
        self.seed = args.seed
        self.evaluate, variants = EVALUATE | args.evaluate, VARIANTS | args.variants
        self.draws = variants["draws"]
        self.samples = Samples.read(args.data)
        self.seen = evaluated(
            self.samples,
            args.seed,
            n=self.evaluate["samples"],
            n_variants=variants["samples"],
            reference=args.baseline,
            level=args.level,
            oracle=known_rule(self.samples, args.plugins),
            device=device,
        )
        trained = weights.load(args.model, args.plugins, device)
        self.name, self.provides = trained.meta["name"], set(trained.card["provides"])
        self.models = [trained.replicate(k) for k in range(trained.seeds)]
        self.twins = [trained.twin(k) for k in range(trained.seeds)]
        for model in self.models + self.twins:
            if model is not None:
                model.provides = self.provides  # masking reads it; copies keep it
        check_instances(self.models[0], self.seen.x, self.seen.baseline, self.name)
        self.tests = []
        for name, options in args.stability.items():
            options = dict(options)
            test = plugin("stability", name, options.pop("test", name), options, args.plugins)
            untrained = trained.meta["model"] == ORACLE and test.card["varies"] in TRAINED
            noiseless = "noise" in test.arrays and self.seen.noise is None
            if not (untrained or noiseless):
                self.tests.append(test)

    def explain(self, methods):
        """What each method says about every seed's model and its variants: a core.explaining.Record each."""
        from xassay.core.explaining import Record, explain_all, share, vary

        for method in methods:
            self.check(method)
        records, n = [Record(method) for method in methods], len(self.models)
        for k, (model, twin) in enumerate(zip(self.models, self.twins, strict=True)):
            streams = self.streams(k)
            explain_all(records, model, self.seen, streams)
            for test in self.tests:
                vary(records, test, k, model, twin, self.seen, share(self.draws, k, n), streams)
            print(f"{self.samples.name}, {self.name}: seed {k + 1} of {n}", flush=True)
        return records

    def streams(self, k):
        """Random streams of seed ``k`` by name; what a test draws is the same for every method."""
        return lambda *names: seeding.generator(self.seed, self.samples.name, self.name, k, *names)

    def check(self, method):
        """Raise InputError where the model does not provide what the method needs."""
        if missing := sorted(set(method.card["needs"]) - self.provides):
            raise InputError(f"{method.id} needs {' and '.join(missing)}, which {self.name} does not provide")
