"""What a reader is shown of the maps: bags at fixed quantiles of recovery, and the strongest features."""

import numpy as np

from xassay.core.dna import decode
from xassay.core.explanations import features
from xassay.core.ranks import auroc
from xassay.core.scoring import faced, scaled

QUANTILES = (0, 0.5, 1)  # worst, median, best: fixed, so that no bag is chosen by hand
TOP = 30


def gallery(explanation, truth, samples, quantiles=QUANTILES):
    """The instances of the bags at fixed quantiles of a method's recovery AUROC, mean over seeds, as rows.

    truth: (sample, instance); samples: the Samples explained. Ties are broken by the sample's place; no row
    where no bag has a truth. An attribution is the mean over seeds of the maps scaled to largest size 1."""
    seen = faced({"attribution": explanation.instance, "truth": truth})
    value = auroc(seen["attribution"], np.maximum(seen["truth"], 0)).mean(0)
    order = np.argsort(value, kind="stable")[: (~np.isnan(value)).sum()]
    maps = scaled(explanation.instance).mean(0)
    out = []
    for quantile in quantiles if len(order) else ():
        s = order[round(quantile * (len(order) - 1))]
        cells, planted = shown(explanation, samples, explanation.ids[s], truth[s])
        out += [
            {
                "method": explanation.method,
                "quantile": float(quantile),
                "sample": explanation.ids[s],
                "value": value[s],
                "instance": i,
                "cell": cells[i],
                "planted": planted[i],
                "truth": truth[s, i],
                "attribution": maps[s, i],
            }
            for i in range(len(cells))
        ]
    return out


def shown(explanation, samples, sample, truth):
    """Names of a sample's units, and what was planted in each: of instances, of positions (their bases), or
    of features or groups."""
    if samples.kind == "sequence":
        [letters] = decode(samples.inputs([sample]))
        return list(letters), samples.known(sample)
    if explanation.units is not None:
        return explanation.units, ["planted" if sign else "background" for sign in np.nan_to_num(truth)]
    obs = samples.obs.iloc[samples.rows(sample)]
    return [str(cell) for cell in obs["cell"]], [str(name) for name in obs["planted"]]


def strongest(explanation, path, keep, top=TOP):
    """The features with the largest mean attribution over chosen instances and all seeds, as rows.

    path: the explanation's file; keep: (sample, instance) bool. Where maps are about features or groups,
    those of the samples that have any of ``keep``. No row for an instance-level method."""
    if explanation.units is not None:
        chosen = explanation.instance[:, keep.any(1)]
        found = (explanation.units, np.nanmean(chosen, (0, 1))) if np.isfinite(chosen).any() else None
    else:
        found = features(path, keep) if keep.any() else None
    if found is None:
        return []
    names, mean = found
    mean = np.nan_to_num(mean)
    order = np.argsort(-np.abs(mean), kind="stable")[:top]
    return [
        {"method": explanation.method, "feature": str(names[i]), "attribution": float(mean[i]), "rank": rank}
        for rank, i in enumerate(order, 1)
    ]


def witnesses(truth, label):
    """Instances whose features are averaged: witnesses, or where none is known all of bags not of class 0.

    truth: (sample, instance), label: (sample,). Returns (sample, instance) bool."""
    known = truth > 0
    return known if known.any() else np.broadcast_to((label > 0)[:, None], truth.shape)
