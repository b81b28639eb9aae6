"""Filters of the first convolution as motifs: what activates each, aligned. Alipanahi et al. (2015)."""

from functools import partial

import numpy as np
import pandas as pd
import torch

from xassay.core.activations import changed, first_convolution
from xassay.core.alignment import windows
from xassay.core.entry import rows
from xassay.core.experiments import answers
from xassay.core.pwm import Motif
from xassay.core.tomtom import nearest

CARD = dict(
    label="Filters of the first layer",
    kinds=("sequence",),
    needs=("filters",),
    finds="filters",
    reference=("alipanahi2015", "kelley2016", "gupta2007"),
    limits=dict(share=(0, 1), least=(1, None)),
)


def discover(model, x, target, known, *, share=0.5, least=10):
    """What each filter of the first convolution looks for, and what the model loses without it.

    A filter's sites are the stretches at which its output, before anything follows, is more than ``share`` of
    its largest over all samples; stretches beyond the ends do not count. ``least`` sites make a motif.
    Influence is the root mean square change of the explained output when the filter gives its mean everywhere
    (kelley2016). Returns ``filters``, a row a filter: sites, consensus, information in bits, largest output,
    influence, the nearest known motif; and ``motifs``. Raises InputError where the model has no such
    layer."""
    layer = first_convolution(model, "first_layer_filters")
    with torch.no_grad():
        outputs = torch.cat([layer(part) for part in x.split(rows(model, x[:1]))]).cpu().numpy()
    dilation, stride, kernel = layer.dilation[0], layer.stride[0], layer.kernel_size[0]
    width = (kernel - 1) * dilation + 1
    words = {"valid": 0, "same": (width - 1) // 2}
    left = words[layer.padding] if layer.padding in words else layer.padding[0]
    start = np.arange(outputs.shape[2]) * stride - left
    inside = (start >= 0) & (start + width <= x.shape[2])
    bases, table, found = x.cpu().numpy(), [], []
    before = answers(model, x, target)
    for number, output in enumerate(outputs.transpose(1, 0, 2)):
        largest = output[:, inside].max(initial=-np.inf)
        active = (output > share * largest) & inside if largest > 0 else np.zeros(output.shape, bool)
        sample, place = np.nonzero(active)
        with changed(layer, partial(levelled, channel=number, mean=float(output.mean()))):
            influence = float(np.sqrt(np.mean((answers(model, x, target) - before) ** 2)))
        row = dict(filter=number, sites=len(sample), largest=float(largest), influence=influence)
        if len(sample) >= least:
            shares = windows(bases, sample, start[place], width).mean(0, dtype=np.float64)
            found.append(Motif(f"filter_{number}", shares, "", float(len(sample))))
            row |= dict(consensus=found[-1].consensus(), information=float(found[-1].information().sum()))
        table.append(row)
    named = nearest([motif.probabilities for motif in found], known)
    matched = pd.DataFrame(
        [dict(filter=int(m.name.split("_")[1])) | row for m, row in zip(found, named)],
        columns=["filter", "match", "p", "e", "q", "offset", "strand", "overlap"],
    )
    columns = ["filter", "sites", "consensus", "information", "largest", "influence"]
    table = pd.DataFrame(table, columns=columns).merge(matched, on="filter", how="left")
    table = table.sort_values("influence", ascending=False, kind="stable", ignore_index=True)
    silent = int((table["sites"] < least).sum())
    note = f"{silent} of {len(table)} filters have fewer than {least} sites" if silent else ""
    return {"filters": table, "motifs": found} | ({"note": note} if note else {})


def levelled(output, channel, mean):
    """The output with one channel the same everywhere."""
    output = output.clone()
    output[:, channel] = mean
    return output
