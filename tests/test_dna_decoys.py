"""Decoys of simulated DNA: each is there, as often as was asked, and tells f* nothing."""

import numpy as np
import pytest
import torch
from test_simulated_dna import drawn, gc, holds, inputs, labels, logits, occupancy
from torch import nn

from xassay.core import ranks
from xassay.core.dna import BASES, decode
from xassay.core.grammar import SEEN
from xassay.core.motif_library import planted_motifs
from xassay.datasets import simulated_dna
from xassay.training import loop


def test_classes_differ_in_gc_where_they_are_asked_to():
    samples = drawn(decoys=["gc"], gc=0.45, gc_shift=0.1, n_sequences=(800, 2, 2), background="markov")
    share, label = gc(samples), labels(samples)
    assert share[label == 1].mean() - share[label == 0].mean() == pytest.approx(0.1 * 0.9, abs=0.02)
    assert ((logits(samples)[:, 0] > 0) == label).all()


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_matched_negatives_are_made_of_positives(task):
    samples = drawn(decoys=["matched_negatives"], n_sequences=(100, 20, 20), task=task)
    count = inputs(samples).sum(2).numpy()
    strong = np.array([bases.sum() for bases in count[:, 1:3]])
    assert strong.sum() > 0
    if task == "regression":
        return
    label = labels(samples)
    split = samples.samples["split"].to_numpy()
    for name in ("train", "validation", "test"):
        pairs = [
            {(row[0] + row[3], row[1] + row[2]) for row in count[(split == name) & (label == k)]}
            for k in (0, 1)
        ]
        assert pairs[0] <= pairs[1]  # a site may be turned round, which keeps G + C
    sites = holds(samples, "CEBPB") | holds(samples, "FOS::JUN")
    assert sites[label == 0].mean() > 0.5


def test_matched_negatives_of_moved_sites_hold_the_very_sites():
    options = dict(copies=2, more=0, decoys=["matched_negatives"], affinity=0.9)
    samples = drawn("position", motifs=["GATA1"], **options)
    text, label = np.array(decode(inputs(samples))), labels(samples)
    table = samples.elements[occupancy(samples, samples.elements) > 0.95]
    places = samples.samples.index.get_indexer(table["sample"])
    read = [t[e.start : e.stop] for t, e in zip(text[places], table.itertuples())]
    turned = str.maketrans(BASES, BASES[::-1])
    read = [s if e.strand == "+" else s.translate(turned)[::-1] for s, e in zip(read, table.itertuples())]
    of = [{s for s, p in zip(read, places) if label[p] == k} for k in (0, 1)]
    assert len(of[0]) > 5 and len(of[0] & of[1]) > 0.9 * len(of[0])


def test_a_non_causal_motif_is_in_both_classes():
    samples = drawn(decoys=["non_causal"], non_causal_motif="CTCF", n_sequences=(1000, 50, 50))
    there, label = holds(samples, "CTCF"), labels(samples)
    assert abs(there[label == 1].mean() - there[label == 0].mean()) < 0.1
    assert there.mean() == pytest.approx(0.5, abs=0.06) and not holds(samples, "CTCF", causal=True).any()


def test_a_spurious_motif_tells_in_training_and_not_in_the_test():
    samples = drawn(decoys=["spurious"], spurious_motif="NRF1", n_sequences=(600, 400, 600))
    there, label = holds(samples, "Nrf1"), labels(samples)
    split = samples.samples["split"].to_numpy()
    rates = {
        s: [there[(split == s) & (label == k)].mean() for k in (0, 1)]
        for s in ("train", "validation", "test")
    }
    for name in ("train", "validation"):
        assert rates[name] == pytest.approx([0.1, 0.9], abs=0.06)
    assert rates["test"] == pytest.approx([0.5, 0.5], abs=0.08)
    assert samples.source["decoys"] == {"spurious": "Nrf1"} and not holds(samples, "Nrf1", causal=True).any()
    assert planted_motifs(samples.oracle)[-1].name == "Nrf1"


def test_half_and_weak_sites_are_there_and_hardly_bound():
    samples = drawn(decoys=["half_site", "low_affinity"], n_sequences=(400, 50, 50))
    names = samples.elements["name"]
    for suffix in ("_half_site", "_low_affinity"):
        rows = samples.elements[names.str.endswith(suffix)]
        assert len(rows) / len(samples.samples) == pytest.approx(0.5, abs=0.1) and not rows["causal"].any()
        both = samples.samples.loc[rows["sample"], "label"]
        assert 0.4 < both.mean() < 0.6
    weak = samples.elements[names == "CEBPB_low_affinity"]
    odds = weak["score"] - samples.oracle["thresholds"][0]
    occupancy = 1 / (1 + np.exp(-odds))
    assert (occupancy > 0.004).all() and (occupancy < SEEN).all()
    half = samples.elements[names == "CEBPB_half_site"]
    assert ((half["stop"] - half["start"]) == 5).all()


def test_snps_have_the_effect_that_f_says():
    samples = drawn(decoys=["snps"])
    f, x, table = simulated_dna.oracle(samples.oracle), inputs(samples), samples.variants
    rows = samples.samples.index.get_indexer(table["sample"])
    inside = np.zeros(len(table), bool)
    for k, (row, snp) in enumerate(zip(rows, table.itertuples())):
        assert x[row, BASES.index(snp.ref), snp.position] == 1 and snp.alt in set(BASES) - {snp.ref}
        changed = x[row].clone()
        changed[:, snp.position] = torch.eye(4)[BASES.index(snp.alt)]
        change = f(changed[None]) - f(x[row : row + 1])
        assert snp.effect == pytest.approx(change.item(), abs=1e-4)
        own = samples.elements[(samples.elements["sample"] == snp.sample) & samples.elements["causal"]]
        inside[k] = ((own["start"] <= snp.position) & (snp.position < own["stop"])).any()
    assert (np.abs(table["effect"][inside]) > 0.5).mean() > 0.4
    assert (np.abs(table["effect"][~inside]) < 0.5).mean() > 0.95
    assert inside.sum() == samples.elements[samples.elements["causal"]]["sample"].nunique()


def test_label_noise_flips_a_share():
    samples = drawn(label_noise=0.2, n_sequences=(1000, 50, 50))
    assert ((logits(samples)[:, 0] > 0) != labels(samples)).mean() == pytest.approx(0.2, abs=0.04)


class Peak(nn.Module):
    """The largest value along the sequence."""

    def forward(self, x):
        return x.amax(-1)


@pytest.mark.slow
def test_a_small_network_learns_the_defaults():
    """Two convolutions, half a minute: what the simulation plants can be found, and nothing else has to be."""
    samples = simulated_dna.samples(np.random.default_rng(0))
    train, validation, test = (
        loop.as_part(samples, split, "cpu") for split in ("train", "validation", "test")
    )
    torch.manual_seed(0)
    first = nn.Conv1d(4, 64, 15, padding=7), nn.BatchNorm1d(64), nn.ReLU(), nn.MaxPool1d(4)
    second = (
        nn.Conv1d(64, 64, 5, padding=2),
        nn.ReLU(),
        Peak(),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Linear(64, 1),
    )
    model = nn.Sequential(*first, *second)
    loop.fit(model, train, validation, np.random.default_rng(0), loop.RECIPES["sequence"])
    found = loop.logits(model, test.x)[:, 0].double().numpy()
    assert ranks.auroc(found, test.y.double().numpy()) > 0.95
