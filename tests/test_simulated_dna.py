"""Simulated DNA: labels are those of f*, what is planted is there, classes differ in nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch

from xassay import catalogue
from xassay.core import backgrounds, motifs, seeding
from xassay.core.dna import decode
from xassay.core.errors import InputError
from xassay.core.evaluated import evaluated
from xassay.core.motif_library import planted_motifs
from xassay.core.planting import FILLS
from xassay.core.programs import PROGRAMS
from xassay.core.targets import explained
from xassay.core.templates import NUMBERS
from xassay.datasets import simulated_dna

FEW = (120, 40, 60)
MOTIFS = ("CEBPB", "FOS::JUN", "GATA1")
SEQUENCES = Path(__file__).with_name("sequence_data.py")


def drawn(program="and", seed=0, **options):
    given = dict(motifs=list(MOTIFS[: NUMBERS.get(program, (1, 1))[0]]), n_sequences=FEW)
    return simulated_dna.samples(seeding.generator(seed, "test"), program=program, **given | options)


def inputs(samples):
    return torch.from_numpy(samples.inputs(list(samples.samples.index)))


def logits(samples):
    with torch.no_grad():
        return simulated_dna.oracle(samples.oracle)(inputs(samples)).double().numpy()


def labels(samples, split=None):
    table = samples.samples if split is None else samples.samples[samples.samples["split"] == split]
    return table["label"].to_numpy()


def holds(samples, name, causal=None):
    """Whether each sequence has an element of that name."""
    rows = samples.elements[samples.elements["name"] == name]
    rows = rows if causal is None else rows[rows["causal"] == causal]
    return samples.samples.index.isin(rows["sample"])


def occupancy(samples, elements):
    """Of each element of the grammar's motifs; 0 of others."""
    own = dict(zip(samples.source["motifs"], samples.oracle["thresholds"]))
    bits = elements["score"] - elements["name"].map(own).fillna(np.inf)
    return (1 / (1 + np.exp(-bits))).to_numpy()


def gc(samples):
    return inputs(samples)[:, 1:3].sum((1, 2)).numpy() / samples.shape[1]


def test_the_card_is_whole():
    entry = catalogue.entries("datasets")["simulated_dna"]
    limits = entry.card["limits"]
    assert set(limits["program"]) == set(PROGRAMS) and limits["fill"] == FILLS
    assert limits["background"] == backgrounds.KINDS


@pytest.mark.parametrize("program", PROGRAMS)
def test_labels_are_the_sign_of_f_and_balanced(program):
    samples = drawn(program)
    samples.check()
    found, label = logits(samples), labels(samples)
    if program == "multi_task":
        assert (found.argmax(1) == label).all() and ((found > 0).sum(1) == 1).all()
        tasks = samples.samples[[f"task_{name}" for name in samples.classes]].to_numpy()
        assert (tasks == (found > 0)).all() and samples.n_outputs == 3
    else:
        assert ((found[:, 0] > 0) == label).all() and samples.n_outputs == 1
    assert np.abs(found).min() >= 1  # the margin
    kinds = max(2, len(samples.classes))
    for split, n in zip(("train", "validation", "test"), FEW):
        assert set(np.bincount(labels(samples, split))) <= {n // kinds, -(-n // kinds)}
    assert len(set(decode(inputs(samples)))) == sum(FEW)


@pytest.mark.parametrize("program", PROGRAMS)
def test_elements_are_there_and_f_answers_to_the_causal_ones(program):
    samples = drawn(
        program, decoys=["half_site", "low_affinity", "non_causal"], length=300, gc=0.4, affinity=0.8
    )
    f, x, known = simulated_dna.oracle(samples.oracle), inputs(samples), planted_motifs(samples.oracle)
    by_name = {motif.name: motif for motif in known}
    bases = np.array([0.3, 0.2, 0.2, 0.3])
    whole = samples.elements.astype({"sample": str})
    assert len(whole[whole["causal"]]) > 50
    rows = samples.samples.index.get_indexer(whole["sample"])
    for row, element in zip(rows, whole.itertuples()):
        motif = by_name[element.name.removesuffix("_low_affinity")]
        part = x[row, :, element.start : element.stop].numpy()
        part = part if element.strand == "+" else part[::-1, ::-1]
        assert (motif.log_odds(bases) * part).sum() == pytest.approx(element.score, abs=1e-3)
    gone = x[rows].clone()
    for k, element in enumerate(whole.itertuples()):
        gone[k, :, element.start : element.stop] = 0.25
    with torch.no_grad():
        change = (f(x[rows]) - f(gone)).abs().amax(1).numpy()
    causal, strong = whole["causal"].to_numpy(), occupancy(samples, whole) > 0.9
    assert (change[~causal] < 0.8).mean() > 0.96  # of a gain of 8; a site may be made as another goes
    if program not in ("or", "xor", "multi_task", "not"):  # where one element may do as well as two
        assert (change[causal & strong] > 0.8).mean() > 0.9


@pytest.mark.parametrize("program", PROGRAMS)
def test_classes_have_the_same_composition(program):
    samples = drawn(program, n_sequences=(1500, 2, 2) if program != "multi_task" else (1500, 3, 3))
    share, label = gc(samples), labels(samples)
    groups = [share[label == k] for k in np.unique(label)]
    error = share.std() * np.sqrt(2 / len(groups[0]))
    assert np.ptp([group.mean() for group in groups]) < 4 * error


@pytest.mark.parametrize("program", ["not", "xor", "and", "or"])
def test_signs_stand_on_causal_elements_as_f_has_them(program):
    samples = drawn(program)
    signs, table = samples.truth(list(samples.samples.index)), samples.elements
    unknown = np.isnan(signs)  # bases of an element that speak against its motif
    assert set(np.unique(signs[~unknown])) <= {-1, 0, 1}
    where = np.zeros_like(signs, bool)
    for row, e in zip(samples.samples.index.get_indexer(table["sample"]), table.itertuples()):
        where[row, e.start : e.stop] |= e.causal
    assert (where | (signs == 0)).all() and (signs[where & ~unknown] != 0).mean() > 0.4
    repressor, positive = holds(samples, "FOS::JUN", causal=True), labels(samples) == 1
    negative = (signs < 0).any(1)
    if program == "not":
        bound = samples.elements[occupancy(samples, samples.elements) > 0.9]
        names = bound.groupby("sample")["name"].agg(set).reindex(samples.samples.index, fill_value=set())
        both = np.array([len(found) == 2 for found in names])
        assert both.sum() > 20 and negative[both].all() and not negative[~repressor].any()
    elif program == "xor":
        assert (signs[positive] > 0).any(1).all() and not negative[positive].mean() > 0.2
    else:
        assert not negative.any() and (signs[positive] > 0).any(1).all()


def test_the_truth_is_what_phi_says():
    """phi* against 1/4 of each base has the sign that is planted, on the bases that carry it."""
    samples = drawn("not")
    f, x = simulated_dna.oracle(samples.oracle), inputs(samples)
    effect = f.effect(x, torch.full_like(x, 0.25)[None], torch.ones(len(x))).numpy()
    signs = samples.truth(list(samples.samples.index))
    strong = np.abs(effect) > 0.4
    right = np.sign(effect[strong]) == signs[strong]
    assert len(right) > 500 and right.mean() > 0.99  # all but where two elements of either sign overlap


def test_regression_keeps_the_numbers():
    exact, noisy = (drawn("spacing", task="regression", label_noise=noise) for noise in (0.0, 0.5))
    exact.check()
    assert exact.classes == () and exact.n_outputs == 1
    np.testing.assert_allclose(labels(exact), logits(exact)[:, 0])
    assert labels(exact).std() > 1 and len(np.unique(labels(exact).round(3))) > 100
    added = labels(noisy) - logits(noisy)[:, 0]
    assert added.std() / logits(noisy).std() == pytest.approx(0.5, abs=0.08)


def test_the_seed_decides():
    options = dict(decoys=["spurious", "non_causal", "snps"], n_sequences=(30, 10, 10))
    one, two, other = (drawn(seed=seed, **options) for seed in (1, 1, 2))
    assert (
        (one.X != two.X).nnz == 0 and one.elements.equals(two.elements) and one.variants.equals(two.variants)
    )
    assert (one.X != other.X).nnz > 0


@pytest.mark.parametrize("background, order", [("shuffled", 1), ("markov", 2), ("iid", 1)])
def test_backgrounds_come_from_a_file(tmp_path, background, order):
    rng = np.random.default_rng(0)
    text = ["".join(rng.choice(list("ACGT"), 150, p=[0.4, 0.1, 0.1, 0.4])) for _ in range(40)]
    (tmp_path / "x.fa").write_text("\n".join(f">s{k}\n{line}" for k, line in enumerate(text)))
    samples = drawn(background=background, order=order, background_file=str(tmp_path / "x.fa"), length=120)
    assert gc(samples).mean() == pytest.approx(0.2, abs=0.06)
    assert ((logits(samples)[:, 0] > 0) == labels(samples)).all()


def test_motifs_come_from_a_file_and_others_fill_in(tmp_path):
    known = motifs.read(motifs.KNOWN)
    motifs.write_meme(tmp_path / "m.meme", known[:6])
    options = dict(motif_file=str(tmp_path / "m.meme"), motifs=["MA0466.4", "YY1"], fill="others")
    samples = drawn(**options)
    names = set(samples.elements["name"])
    assert names == {"CEBPB", "Yy1", "CTCF", "SP1", "GABPA", "MAX"}
    assert not samples.elements.loc[
        samples.elements["name"].isin({"CTCF", "SP1", "GABPA", "MAX"}), "causal"
    ].any()
    assert samples.source["motifs"] == ["CEBPB", "Yy1"]


def test_sites_may_be_the_best_ones_alone():
    samples = drawn("single", sites="consensus", fill="none", positive_share=0.25)
    best = {"ATTGCGCAAT"}
    own = samples.elements[samples.elements["causal"] & (samples.elements["score"] > 18)]
    rows = samples.samples.index.get_indexer(own["sample"])
    text = decode(inputs(samples))
    assert {text[row][e.start : e.stop] for row, e in zip(rows, own.itertuples())} == best  # a palindrome
    assert labels(samples).mean() == pytest.approx(0.25) and len(own) >= labels(samples).sum()


@pytest.mark.parametrize("spacing", [-3, 4])
def test_heterodimers_overlap_where_asked(spacing):
    samples = drawn("heterodimer", motifs=["SPI1", "IRF1"], spacing=spacing, decay=1.0)
    positive = samples.samples.index[labels(samples) == 1]
    own = samples.elements[samples.elements["sample"].isin(positive) & samples.elements["causal"]]
    gaps = []
    for _, rows in own.groupby("sample"):
        for one in rows[rows["name"] == "Spi1"].itertuples():
            for other in rows[(rows["name"] == "Irf1") & (rows["strand"] == one.strand)].itertuples():
                gaps.append(other.start - one.stop if one.strand == "+" else one.start - other.stop)
    assert gaps.count(spacing) >= 0.95 * len(positive)


@pytest.mark.parametrize(
    "options, says",
    [
        (dict(program="nand", motifs=MOTIFS), "program: unknown value 'nand'"),
        (dict(n_sequences=(10, 10)), "n_sequences: 10, 10; allowed: three numbers"),
        (dict(n_sequences=(10, 1, 10)), "allowed: three numbers, 2 or more each"),
        (dict(motifs=["CEBPB"]), "motifs: 1 for the program 'and'; allowed: 2 to 6"),
        (dict(motifs=["CEBPB", "CEBPB"]), "allowed: each once"),
        (dict(motifs=["CEBPB", "NOTCH"]), "motif 'NOTCH' is unknown"),
        (dict(length=25), "length: 25, of which sites may take 19"),
        (dict(program="position", motifs=["CEBPB"], window=20), "window: 20; allowed: 43"),
        (dict(gc=1.0), "gc: 1; allowed: between 0 and 1"),
        (dict(background="shuffled"), "needs sequences; give a background_file"),
        (dict(background="markov", order=2), "order: 2 has no table of its own"),
        (dict(site_p=1e-7), "site_p: 1e-07, but the best site of CEBPB is likelier by chance"),
        (dict(affinity=1.0), "affinity: 1.0; allowed: below 1"),
        (dict(affinity=0.99999), "affinity: 0.99999, but the best site of CEBPB has 0.9999"),
        (
            dict(program="heterodimer", motifs=["GATA1", "SP1"], spacing=-8, decay=1.0),
            "no site of GATA1 and SP1 with 8 shared bases in 400 draws",
        ),
        (dict(sharpness=0), "sharpness: 0; allowed: above 0"),
        (dict(margin=4.0), "margin: 4.0; allowed: below half the gain, 4"),
        (dict(label_noise=0.5), "label_noise: 0.5; allowed: 0 or more, below 0.5"),
        (dict(positive_share=1.0), "positive_share: 1.0; allowed: between 0 and 1"),
        (dict(decoys=["spurius"]), "decoys: unknown value 'spurius'; did you mean 'spurious'"),
        (dict(decoys=["spurious"], spurious_motif="CEBPB"), "spurious_motif: CEBPB has a part already"),
        (dict(decoys=["gc"], gc=0.03), "gc, gc_shift: 0.03 -\\+ 0.05; allowed: between 0 and 1"),
        (dict(decoys=["gc"], background_file=str(SEQUENCES)), "allowed: A, C, G, T"),
        (dict(program="multi_task", motifs=MOTIFS, task="regression"), "has a class for each motif"),
        (dict(program="multi_task", motifs=MOTIFS[:2]), "motifs: 2 for the program 'multi_task'; allowed: 3"),
        (dict(program="spacing", spacing=-1), "spacing: -1; allowed: 0 or more"),
        (dict(program="heterodimer", spacing=-9), "spacing: -9; allowed: above -9"),
        (dict(motif_file="absent.meme"), "absent.meme: cannot be read"),
    ],
)
def test_what_gives_no_data_is_refused_in_one_line(options, says):
    with pytest.raises(InputError, match=says) as caught:
        drawn(**dict(motifs=["CEBPB", "FOS::JUN"], program="and") | options)
    assert "\n" not in str(caught.value)


def test_the_truth_is_of_the_class_that_is_explained():
    """Maps explain a sample's own label, also where it is noise: so do the signs, phi* and the SNPs."""
    samples = drawn("multi_task", decoys=["snps"], label_noise=0.3)
    f, x, label = simulated_dna.oracle(samples.oracle), inputs(samples), torch.from_numpy(labels(samples))
    noise = label != f(x).argmax(1)
    assert 0.1 < noise.float().mean() < 0.4
    signs = samples.truth(list(samples.samples.index))[noise.numpy()]
    effect = f.effect(x[noise], torch.full_like(x[noise], 0.25)[None], label[noise])
    strong = effect.abs().numpy() > 0.4
    assert strong.any(1).mean() > 0.8
    right = np.sign(effect.numpy()[strong]) == signs[strong]
    assert right[np.isfinite(signs[strong])].mean() > 0.95
    seen = evaluated(samples, 0, n=20, n_variants=2, reference={"kind": "uniform"}, oracle=f)
    own = [samples.samples.index.get_loc(name) for name in seen.ids]
    np.testing.assert_allclose(seen.effect, f.effect(x[own], seen.baseline, label[own]), atol=1e-6)
    place = {name: k for k, name in enumerate(samples.samples.index)}
    for row in samples.variants.sample(40, random_state=0).itertuples():
        k = place[row.sample]
        changed = x[k].clone()
        changed[:, row.position] = torch.eye(4)["ACGT".index(row.alt)]
        both = [explained(f(given[None]), label[k : k + 1]).item() for given in (changed, x[k])]
        assert row.effect == pytest.approx(both[0] - both[1], abs=1e-4)
