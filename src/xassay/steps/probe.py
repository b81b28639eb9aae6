"""Ask each model about masks and orders that no method chose, and explain it with every control."""

from pathlib import Path

import numpy as np

from xassay import catalogue
from xassay.core import seeding
from xassay.core.contracts import CONTROL, EXACT, Probe
from xassay.steps.attribute import Assay, add_arguments, plugin

SHARES = (1 / 8, 1 / 4, 1 / 2, 3 / 4)  # of a sample's units that a random subset holds
BUDGET = 64 << 20  # bytes of x, or of masks and orders, that are held at a time


def register(parser):
    """Arguments of ``xassay probe``."""
    add_arguments(parser)
    parser.add_argument("--out", required=True, metavar="FILE", help="the probe bank (.h5)")
    parser.add_argument("--controls", required=True, metavar="DIR", help="folder for control_*.h5ad")


def run(args):
    """Explain the model with the controls; write the bank, then their maps."""
    from xassay.core.bank import create
    from xassay.core.entry import blocks

    assay = Assay(args)
    names = [name for name in catalogue.entries("attribution", args.plugins) if name.startswith(CONTROL)]
    controls = [plugin("attribution", name, name, {}, args.plugins) for name in names]
    records = {record.method.id: record for record in assay.explain(controls)}
    exact = np.stack(records[EXACT].curve).swapaxes(1, 2)
    with create(args.out, assay.seen.ids) as out:
        for rows in blocks(assay.seen.x, BUDGET, held(assay)):
            out.add(bank(assay, rows, assay.evaluate["masks"], assay.evaluate["orders"], exact[:, rows]))
    for name, record in records.items():
        record.write(Path(args.controls) / f"{name}.h5ad", assay.samples, assay.seen, assay.name)


def held(assay):
    """Bytes that a sample's masks, and the places of its orders, take."""
    units, masks, orders = assay.seen.there.shape[1], assay.evaluate["masks"], assay.evaluate["orders"]
    return units * (masks + 2 * units + 8 * (masks + orders))


def bank(assay, rows, n_masks, n_orders, exact):
    """The answers of every seed's model about some samples: a core.bank.Bank.

    exact: (seed, sample, 2, step), the logit along the order of control_shapley and against it."""
    import torch

    from xassay.core.bank import Bank
    from xassay.core.masking import answers, curves

    seen, units = assay.seen, assay.seen.level.units
    ids, x = seen.ids[rows], seen.x[rows]
    there = seen.there[rows].cpu().numpy()
    drawn = [draw(assay, i, n.sum(), len(n), n_masks, n_orders) for i, n in zip(ids, there, strict=True)]
    subsets, orders = (np.stack(part) for part in zip(*drawn, strict=True))
    nothing, everything = np.zeros_like(there)[:, None], there[:, None]
    single = np.eye(there.shape[1], dtype=bool) & everything
    masks = torch.from_numpy(np.concatenate([nothing, subsets, single, everything], 1)).to(x.device)
    orders = torch.from_numpy(orders).to(x.device)
    delta, random = [], []
    for model in assay.models:
        given = (model, x, seen.baseline[:, rows])
        logits = answers(*given, masks, seen.target[rows], units=units).cpu().numpy()
        delta.append(logits[:, :1] - logits[:, 1:])
        random.append(curves(*given, orders, seen.target[rows], units=units).cpu().numpy())
    delta = np.stack(delta)
    probe = Probe(
        masks=subsets,
        delta=delta[..., :n_masks],
        single=np.where(there, delta[..., n_masks:-1], np.nan),
        total=delta[..., -1],
    )
    more = (None if values is None else values[rows] for values in (seen.effect, seen.decoy))
    return Bank(ids, probe, np.stack(random), seen.truth[rows], *more, exact)


def draw(assay, sample, n, width, n_masks, n_orders):
    """Random subsets and orders of the ``n`` units of ``sample``, from a stream of its own.

    Subsets take the SHARES of a sample in turn, so that each has others of its size to compare with. They
    hold one unit at least and never all, which is asked by itself; a sample of one has but that. Returns
    masks (mask, width) bool and orders (order, width), absent units last."""
    rng = seeding.generator(assay.seed, assay.samples.name, "probe", sample)
    sizes = np.clip(np.round(n * np.resize(SHARES, n_masks)), 1, max(n - 1, 1))
    rank = np.full((n_masks, width), width)
    rank[:, :n] = rng.permuted(np.tile(np.arange(n), (n_masks, 1)), axis=1)
    orders = np.tile(np.arange(width), (n_orders, 1))
    orders[:, :n] = rng.permuted(orders[:, :n], axis=1)
    return rank < sizes[:, None], orders
