"""Discover what maps and models tell beyond a single sample: motifs, interactions, effects."""

import json

from xassay.core import seeding
from xassay.core.errors import InputError
from xassay.core.samples import Samples
from xassay.steps.attribute import EVALUATE, known_rule, plugin


def register(parser):
    """Arguments of ``xassay discover``."""
    for name, text in {"data": "samples (.h5ad)", "model": "trained models (.pt)"}.items():
        parser.add_argument(f"--{name}", required=True, metavar="FILE", help=text)
    parser.add_argument("--discovery", required=True, metavar="PLUGIN", help="plug-in of discovery/")
    parser.add_argument("--name", required=True, metavar="ID", help="id in the configuration")
    parser.add_argument("--options", type=json.loads, default={}, metavar="JSON", help="keyword options")
    parser.add_argument("--maps", metavar="FILE", help="attributions of one method (.h5ad)")
    parser.add_argument("--seed", type=int, default=0, help="the run's seed")
    parser.add_argument("--baseline", type=json.loads, default={}, metavar="JSON", help="kind and references")
    parser.add_argument("--evaluate", type=json.loads, default={}, metavar="JSON", help="number of samples")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--out", required=True, metavar="FILE", help="tables and motifs (.json)")
    parser.add_argument("--motifs", metavar="FILE", help="motifs (.meme)")


def run(args):
    """Call the plug-in on the first seed's model and the mean map of all seeds; write what it found."""
    import torch

    from xassay.core import devices, motifs, weights
    from xassay.core.discoveries import Discovery
    from xassay.core.evaluated import evaluated

    torch.set_num_threads(1)
    device = devices.usable(args.device)
    samples = Samples.read(args.data)
    method = plugin("discovery", args.name, args.discovery, args.options, args.plugins)
    seen = evaluated(
        samples,
        args.seed,
        n=(EVALUATE | args.evaluate)["samples"],
        n_variants=1,
        reference=args.baseline,
        device=device,
    )
    trained = weights.load(args.model, args.plugins, device)
    maps, of = (None, None) if args.maps is None else mean_map(args.maps, seen)
    found = dict(
        method(
            model=trained.replicate(0),
            x=seen.x,
            target=seen.target,
            baseline=seen.baseline,
            maps=maps,
            elements=rows_of(samples.elements, seen.ids),
            variants=rows_of(samples.variants, seen.ids),
            known=motifs.read(motifs.KNOWN),
            oracle=known_rule(samples, args.plugins),
            label=samples.samples.loc[seen.ids, "label"].to_numpy(),
            rng=seeding.generator(args.seed, samples.name, trained.meta["name"], "discover", args.name),
        )
    )
    patterns, note = found.pop("motifs", []), found.pop("note", "")
    card = method.card
    about = {
        "dataset": samples.name,
        "model": trained.meta["name"],
        "discovery": args.name,
        "plugin": args.discovery,
        "label": card["label"],
        "finds": card["finds"],
        "reference": card["reference"],
        "maps": of,
        "note": note,
    }
    Discovery(about, found, [as_plain(pattern) for pattern in patterns]).write(args.out)
    if args.motifs:
        motifs.write_meme(args.motifs, patterns)
    print(
        f"{samples.name}, {about['model']}: {', '.join(f'{len(t)} {n}' for n, t in found.items())}",
        flush=True,
    )


def mean_map(path, seen):
    """Hypothetical contributions of the evaluated samples, mean over seeds, (sample, 4, position); the
    method.

    Raises InputError where the file has none."""
    import torch

    from xassay.core.explanations import Explanation, bases

    explanation = Explanation.read(path)
    if explanation.ids != seen.ids:
        raise InputError(f"{path}: explains other samples; make it anew")
    maps = bases(path)
    if maps is None:
        raise InputError(f"{path}: {explanation.method} tells nothing of single bases; name another in maps")
    return torch.from_numpy(maps.reshape(len(seen.ids), -1, 4).swapaxes(1, 2).copy()).to(
        seen.x
    ), explanation.method


def rows_of(table, ids):
    """A table of samples, less those that are not evaluated, ``sample`` as their place; None stays None."""
    if table is None:
        return None
    place = {name: k for k, name in enumerate(ids)}
    own = table[table["sample"].isin(place)]
    return own.assign(sample=own["sample"].map(place).astype(int)).reset_index(drop=True)


def as_plain(motif):
    """A motif as JSON can hold it."""
    weights = getattr(motif, "weights", None)
    plain = {"name": motif.name, "probabilities": motif.probabilities.tolist()}
    return plain | {"weights": None if weights is None else weights.tolist()}
