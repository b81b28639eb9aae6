"""Sequences that excite an output or a hidden unit most, or least: Simonyan et al. (2014), Lanchantin et al.

(2017); and, edit by edit, whether what raises the model raises the truth."""

import numpy as np
import pandas as pd
import torch

from xassay.core import activations
from xassay.core.alignment import told
from xassay.core.dna import BASES, decode
from xassay.core.experiments import answers, backgrounds
from xassay.core.mutations import mutations
from xassay.core.pwm import Motif
from xassay.core.targets import explained
from xassay.core.tomtom import nearest

CARD = dict(
    label="Activation maximisation",
    kinds=("sequence",),
    needs=("gradient",),
    finds="designs",
    reference=("lanchantin2017", "simonyan2014"),
    limits=dict(starts=(1, None), steps=(1, None), rate=(0, None), penalty=(0, None), edits=(0, None)),
)
SIGNS = {"maximise": 1, "minimise": -1}


def discover(
    model,
    x,
    target,
    known,
    oracle,
    rng,
    *,
    unit="output",
    starts=4,
    steps=200,
    rate=0.1,
    penalty=0.01,
    edits=12,
):
    """What excites a unit most and least, by gradients and by edits.

    unit: "output" ("output:K" of several), explained as everywhere, or "LAYER:CHANNEL", its largest value
    along the sequence. By gradients: probabilities of the bases, softmax of weights that Adam (``rate``)
    moves for ``steps`` steps to raise the unit less ``penalty`` times the sum of the weights' squares. By
    edits: from ``starts`` dinucleotide shuffles of the samples, the best of all single-base changes, up to
    ``edits`` times, while it helps.

    Returns ``designs``, a row a start: the unit for the probabilities and for their likeliest sequence, and
    the known motif nearest to the part that tells most; ``edits``, a row an edit; of an output where f* is
    known also f*, and ``falsification``: by how much the edits move the model and f*, and in which share of
    starts f* moved the same way; and ``motifs``. Raises InputError for a unit that the model lacks."""
    function, of, own = activations.unit(model, unit, x, "activation_maximization.unit")
    truth = oracle if own else None
    empty, _ = backgrounds(x, target, starts, rng)
    goal = torch.full((starts,), of, device=x.device)
    designs, changes, motifs = [], [], []
    for name, sign in SIGNS.items():
        weights = torch.from_numpy(rng.normal(0, 0.1, empty.shape)).to(x)
        shares = climbed(function, weights, goal, sign, steps, rate, penalty)
        likely = torch.nn.functional.one_hot(shares.argmax(1), 4).transpose(1, 2).to(x)
        values = {
            "probabilities": answers(function, shares, goal),
            "sequence": answers(function, likely, goal),
        }
        values |= {} if truth is None else {"oracle": answers(truth, likely, goal)}
        for k, (share, text) in enumerate(zip(shares.cpu().double().numpy(), decode(likely.cpu()))):
            motif = Motif(f"{name}_{k + 1}", share)
            motifs.append(Motif(motif.name, share[:, told(motif.information())]))
            row = dict(direction=name, start=k + 1) | {key: float(value[k]) for key, value in values.items()}
            row |= {key: nearest([motifs[-1].probabilities], known)[0][key] for key in ("match", "p")}
            designs.append(row | dict(bases=text))
        changes += edited(function, truth, empty, goal, name, edits)
    out = {"designs": pd.DataFrame(designs), "edits": pd.DataFrame(changes), "motifs": motifs}
    return out if truth is None else out | {"falsification": falsified(out["edits"])}


def climbed(function, weights, goal, sign, steps, rate, penalty):
    """Probabilities of the bases that excite most (sign 1) or least, (start, 4, position)."""
    weights = weights.requires_grad_()
    adam = torch.optim.Adam([weights], lr=rate)
    with torch.enable_grad():
        for _ in range(steps):
            value = sign * explained(function(weights.softmax(1)), goal).sum()
            loss = penalty * weights.square().sum() - value
            (weights.grad,) = torch.autograd.grad(loss, weights)
            adam.step()
    return weights.detach().softmax(1)


def edited(function, truth, x, goal, name, edits):
    """The best single-base change, again and again: rows, step 0 the start."""
    sign, rows, x = SIGNS[name], [], x.clone()
    alive = np.arange(len(x))
    change = dict.fromkeys(alive, (None, "", ""))
    for step in range(edits + 1):
        if not len(alive):
            break
        values = {"model": answers(function, x[alive], goal[alive])}
        values |= {} if truth is None else {"oracle": answers(truth, x[alive], goal[alive])}
        for place, k in enumerate(alive):
            position, ref, alt = change[k]
            row = dict(direction=name, start=int(k) + 1, step=step, position=position, ref=ref, alt=alt)
            rows.append(row | {key: float(value[place]) for key, value in values.items()})
        gain = sign * mutations(function, x[alive], goal[alive])
        best, at = gain.flatten(1).max(1)
        alive = alive[(best > 0).cpu().numpy()]
        for k, place in zip(alive, at[best > 0].tolist()):
            base, position = divmod(place, x.shape[2])
            change[k] = position, decode(x[k : k + 1, :, position : position + 1].cpu())[0], BASES[base]
            x[k, :, position] = 0
            x[k, base, position] = 1
    return rows


def falsified(table):
    """From the first to the last edit: how far the model and f* moved, a row a direction."""
    ends = (
        table.sort_values("step").groupby(["direction", "start"])[["model", "oracle"]].agg(["first", "last"])
    )
    moved = pd.DataFrame({key: ends[key]["last"] - ends[key]["first"] for key in ("model", "oracle")})
    rows = []
    for name, part in moved.groupby("direction"):
        same = float((SIGNS[name] * part["oracle"] > 0).mean())
        row = dict(direction=name, starts=len(part), model=part["model"].mean(), oracle=part["oracle"].mean())
        rows.append(row | dict(same_direction=same))
    return pd.DataFrame(rows)
