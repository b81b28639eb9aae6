"""Soundness of what compares maps with the truth or with each other: rows of the table of soundness.py."""

import numpy as np
import quantus
import torch
from analytic import PLAIN, SAMPLES, D, Linear, asked, image, mean
from measure import normal

from xassay.evaluation import (
    agreement,
    agreement_rbo,
    agreement_sign,
    agreement_top_k,
    null_leakage,
    recovery_ap_absolute,
    recovery_auroc_absolute,
    recovery_cosine,
    recovery_ndcg_absolute,
    recovery_sign,
    relevance_mass,
    relevance_rank,
)


def localisation(rows):
    """X: both halves of the pair are used by the model, whatever the data's signal is, and nothing else."""
    x = normal(SAMPLES, D, seed=3)
    x[:, 0] += x[:, 1]
    w = torch.zeros(D)
    w[0], w[1] = 1, -1
    truth = np.zeros((len(x), D))
    truth[:, :2] = 1
    plain = dict(normalise=False, abs=True, disable_warnings=True)
    masks = image(torch.from_numpy(truth)).numpy().astype(int)
    exact, random = (w * x).abs(), normal(*x.shape, seed=9).abs()
    cases = [  # metric, ours, Quantus', due of the exact map, of a random one
        ("recovery AUROC", recovery_auroc_absolute, quantus.AUC(**plain), 1, 0.5),
        ("recovery average precision", recovery_ap_absolute, None, 1, 0),
        ("recovery NDCG", recovery_ndcg_absolute, None, 1, chance_ndcg()),
        ("relevance mass", relevance_mass, quantus.RelevanceMassAccuracy(**plain), 1, 2 / D),
        ("relevance rank", relevance_rank, quantus.RelevanceRankAccuracy(**plain), 1, 2 / D),
    ]
    for name, ours, theirs, *dues in cases:
        for label, phi, due in zip(("|exact|", "|random|"), (exact, random), dues, strict=True):
            own = mean(ours.score(phi.double().numpy()[None], truth))
            said = theirs and asked(theirs, Linear(w), x, phi, s_batch=masks)
            rows.add(name, "X", label, due, own, said)
    own = mean(null_leakage.score(exact.double().numpy()[None], truth))
    metric = quantus.NonSensitivity(perturb_baseline=0.0, **PLAIN | {"abs": True})
    rows.add("features without effect", "X", "exact", 0, own, asked(metric, Linear(w), x, w * x))


def chance_ndcg(n=D, sought=2):
    """Expected NDCG of a random order: every place of the first ``sought`` holds one with equal chance."""
    gains = 1 / np.log2(np.arange(sought) + 2)
    return float(sought / n * gains.sum() / gains.sum())


def exactness(rows, x, w):
    """L: the cosine and the signs of the exact map, its negative and a random one."""
    exact = (w * x).double().numpy()
    maps = {"exact": exact, "minus the exact": -exact, "random": normal(*x.shape, seed=9).double().numpy()}
    for name, metric, dues in (
        ("cosine with the exact map", recovery_cosine, (1, -1, 0)),
        ("signs of the exact map", recovery_sign, (1, 0, 0.5)),
    ):
        for (label, phi), due in zip(maps.items(), dues, strict=True):
            rows.add(name, "L", label, due, mean(metric.score(phi[None], exact)))


def agreeing(rows, x, w):
    """Two maps that are one, one another's negative, or unrelated."""
    exact = (w * x).double().numpy()
    random = normal(*x.shape, seed=9).double().numpy()
    pairs = {"itself": exact, "its negative": -exact, "a random map": random}
    for name, metric, dues in (
        ("rank agreement", agreement, (1, -1, 0)),
        ("sign agreement", agreement_sign, (1, -1, 0)),
        ("agreement at the top", agreement_top_k, (1, None, 0)),
        ("rank-biased overlap", agreement_rbo, (1, None, 0)),
    ):
        for (label, other), due in zip(pairs.items(), dues, strict=True):
            if due is not None:  # of the top of the negative, nothing is known but that it is not the top
                own = mean(metric.score(np.stack([exact, other])[:, None])[0, 1])
                rows.add(name, "any", label, due, own)
