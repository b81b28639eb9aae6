"""Train all replicates of a model and their permuted-label twins; write weights and predictions."""

import json
import sys

from xassay import catalogue
from xassay.core.contracts import ORACLE
from xassay.core.errors import InputError
from xassay.core.installed import KEPT, versions
from xassay.core.results import write_table
from xassay.core.samples import Samples


def register(parser):
    """Arguments of ``xassay train``."""
    parser.add_argument("--data", required=True, metavar="FILE", help="samples (.h5ad)")
    parser.add_argument("--model", required=True, metavar="PLUGIN", help="plug-in of models/, or oracle")
    parser.add_argument("--name", required=True, metavar="ID", help="id in the configuration")
    parser.add_argument("--options", type=json.loads, default={}, metavar="JSON", help="keyword options")
    parser.add_argument("--seeds", type=int, default=5, help="number of replicates")
    parser.add_argument("--seed", type=int, default=0, help="the run's seed")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--out", required=True, metavar="FILE", help="weights (.pt)")
    parser.add_argument("--predictions", required=True, metavar="FILE", help="all samples' logits (.parquet)")


def run(args):
    """Train, or take f*; then predict every sample of every split with every replicate."""
    import torch

    from xassay.core import devices, weights

    torch.set_num_threads(1)
    device = devices.usable(args.device)
    samples = Samples.read(args.data)
    meta = {
        "name": args.name,
        "model": args.model,
        "options": args.options,
        "shape": list(samples.shape),
        "n_outputs": samples.n_outputs,
        "seeds": args.seeds,
        "classes": list(samples.classes),
        "dataset": samples.source["dataset"],
    }
    if args.model == ORACLE:
        replicates = oracle(samples, meta, args.plugins)
    else:
        replicates = trained(samples, args, device)
    states, tables = {}, []
    for seed, twin, model in replicates:
        states[f"{'permuted' if twin else 'seed'}_{seed}"] = model.state_dict()
        tables.append(predictions(model, samples, args.name, seed, twin, device, args.model != ORACLE))
    weights.save(args.out, meta, states)
    write_predictions(tables, args.predictions)


def trained(samples, args, device):
    """Yields (seed, twin, Module) of every trained replicate and twin."""
    from xassay.training import replicates

    if args.seeds < 1:
        raise InputError(f"seeds: {args.seeds}; allowed: 1 or more")
    plugin = catalogue.load("models", args.model, args.plugins)
    return replicates.train(
        build=lambda: plugin.build(samples.shape, samples.n_outputs, **args.options),
        samples=samples,
        seeds=args.seeds,
        entropy=(args.seed, "train", samples.name, args.name),
        device=device,
        say=Progress(name=f"{samples.name}/{args.name} "),
    )


def oracle(samples, meta, plugins):
    """f* of the data set as the only replicate; its parameters are added to ``meta``.

    Raises InputError where the data set has none."""
    import torch

    if samples.oracle is None:
        raise InputError(f"data set {samples.name}: {samples.source['dataset']} defines no oracle()")
    meta["seeds"] = 1
    meta["oracle"] = {key: torch.as_tensor(value) for key, value in samples.oracle.items()}
    yield 0, False, catalogue.load("datasets", samples.source["dataset"], plugins).oracle(samples.oracle)


def predictions(model, samples, name, seed, twin, device, trained=True):
    """Logits of every sample: a DataFrame with one row a sample; of a regression predictions in the labels'
    own unit, which f* gives and a trained model, whose unit is the training labels' SD, is brought back
    to."""
    import torch

    from xassay.training import loop

    table = samples.samples.reset_index()[["sample", "split", "label"]]
    table = table.assign(dataset=samples.name, model=name, seed=seed, twin=twin)
    model = model.to(device)
    blocks = [table["sample"][k : k + 128] for k in range(0, len(table), 128)]
    parts = [loop.logits(model, torch.from_numpy(samples.inputs(ids)).to(device)) for ids in blocks]
    logits = torch.cat(parts).double().cpu().numpy()
    if samples.regression and trained:
        known = samples.samples.loc[samples.ids("train"), "label"].to_numpy(float)
        logits = known.mean() + known.std() * logits
    for k, column in enumerate(logits.T):
        table[f"logit_{k}"] = column
    return table


def write_predictions(tables, path):
    """One table of all replicates, its columns in the order of the files' description."""
    import pandas as pd

    table = pd.concat(tables, ignore_index=True)
    first = ["dataset", "model", "seed", "twin", "sample", "split", "label"]
    table = table[first + [c for c in table if c.startswith("logit_")]]
    table.attrs[KEPT] = versions()  # Parquet keeps them: other steps may run elsewhere
    write_table(table, path)


class Progress:
    """Lines of a training: on a terminal one line that is rewritten, elsewhere one every ``every`` epochs.

    name: which training speaks, since several may at once."""

    def __init__(self, stream=None, every=25, name=""):
        self.stream, self.every, self.name, self.calls = stream or sys.stdout, every, name, 0

    def __call__(self, line, lasting):
        line = f"{self.name}{line}"
        self.calls = 0 if lasting else self.calls + 1
        if self.stream.isatty():
            print(f"\r{line}\033[K", end="\n" if lasting else "", file=self.stream, flush=True)
        elif lasting or self.calls % self.every == 0:
            print(line, file=self.stream, flush=True)
