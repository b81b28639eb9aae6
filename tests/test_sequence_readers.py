"""A user's own DNA: tables, FASTA, intervals of a genome; what is refused, in one line."""

import gzip
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xassay.core.contracts import UNSIGNED
from xassay.core.dna import decode, reverse_complement
from xassay.core.errors import InputError
from xassay.core.similar import groups
from xassay.datasets import fasta_sequences, genome_intervals, lac_promoter, sequence_table

OCT4 = Path(__file__).resolve().parents[2] / "shared" / "data" / "oct4_mafk.csv.gz"


def rng():
    return np.random.default_rng(0)


def texts(n=40, length=30):
    return ["".join(rng_) for rng_ in np.random.default_rng(1).choice(list("ACGT"), (n, length))]


def table(folder, **columns):
    """A CSV file of 40 sequences, every other labelled "b"."""
    found = {"sequence": texts(), "label": ["a", "b"] * 20} | columns
    path = folder / "mine.csv"
    pd.DataFrame(found).to_csv(path, index=False)
    return str(path)


def test_a_table_is_read(tmp_path):
    found = sequence_table.samples(rng(), path=table(tmp_path))
    found.check()
    assert found.classes == ("a", "b") and found.shape == (4, 30) and not found.regression
    assert decode(found.inputs(["row_1", "row_2"])) == texts()[:2]
    assert found.samples["label"].tolist() == [0, 1] * 20 and set(found.samples["split"]) == {
        "train",
        "validation",
        "test",
    }
    assert np.isnan(found.truth(["row_1"])).all()


def test_letters_of_any_case_and_ambiguity(tmp_path):
    given = texts()
    given[0], given[1] = given[0].lower(), "N" * 5 + given[1][5:].replace("T", "U")
    found = sequence_table.samples(rng(), path=table(tmp_path, sequence=given))
    x = found.inputs(["row_1", "row_2"])
    assert (
        decode(x)[0] == texts()[0] and (x[1, :, :5] == 0.25).all() and decode(x[1:])[0][5:] == texts()[1][5:]
    )


def test_a_signal_is_predicted(tmp_path):
    signal = np.linspace(0, 3, 40)
    found = sequence_table.samples(rng(), path=table(tmp_path, label=signal), task="regression")
    found.check()
    assert (
        found.regression and found.classes == () and found.samples["label"].tolist() == pytest.approx(signal)
    )


def test_lengths_are_cut_and_filled_about_the_middle(tmp_path):
    given = texts()
    given[0], given[1] = given[0] + "A" * 4, given[1][:26]
    path = table(tmp_path, sequence=given)
    found = sequence_table.samples(rng(), path=path, length=30)
    assert decode(found.inputs(["row_1"])) == [given[0][2:32]]
    assert decode(found.inputs(["row_2"])) == ["NN" + given[1] + "NN"]
    with pytest.raises(
        InputError, match="row_2 has 26 bases, the first 34; allowed: one length, or the option length"
    ):
        sequence_table.samples(rng(), path=path)


def test_copies_and_reverse_complements_stay_together(tmp_path):
    given = texts()
    x = sequence_table.samples(rng(), path=table(tmp_path)).inputs(["row_1"])
    given[2], given[4] = given[0], decode(reverse_complement(x))[0]
    found = sequence_table.samples(rng(), path=table(tmp_path, sequence=given))
    own = found.samples.loc[["row_1", "row_3", "row_5"]]
    assert own["split"].nunique() == own["group"].nunique() == 1


def test_known_sites_are_the_truth(tmp_path):
    sites = tmp_path / "sites.csv"
    sites.write_text("id,start,stop,name,sign\nrow_1,3,9,E-box,\nrow_2,0,4,TATA,-1\nrow_3,28,34,end,1\n")
    given = texts()
    found = sequence_table.samples(
        rng(), path=table(tmp_path, sequence=given), length=28, elements=str(sites)
    )
    truth = found.truth(["row_1", "row_2", "row_3", "row_4"])
    assert (truth[0, 2:8] == UNSIGNED).all() and (truth[1, :3] == -1).all() and (truth[2, 27:] == 1).all()
    assert (truth[0, 8:] == 0).all() and np.isnan(truth[3]).all()
    assert found.elements["name"].tolist() == ["E-box", "TATA", "end"] and found.elements["causal"].all()


@pytest.mark.parametrize(
    ("columns", "options", "told"),
    [
        ({}, {"sequence": "seqence"}, "sequence: unknown column 'seqence'; did you mean 'sequence'?"),
        ({}, {"positive": "c"}, "positive: 'c' is no label; allowed: a, b"),
        ({"label": ["a"] * 40}, {}, "one class only, 'a'; allowed: two or more"),
        (
            {"label": ["x", "1"] * 20},
            {"task": "regression"},
            "label 'x'; allowed for a regression: finite numbers",
        ),
        (
            {"sequence": [texts()[0][:-1] + "*", *texts()[1:]]},
            {},
            "sequence row_1: '\\*' at position 30; allowed: A",
        ),
        ({"sequence": [texts()[1], *texts()[1:]]}, {}, "row_1 and row_2 are one sequence with two labels"),
        ({"part": ["train", "dev"] * 20}, {"split": "part"}, "split 'dev'; allowed: train, validation, test"),
        (
            {"sequence": [texts()[2], *texts()[1:]], "part": ["train", "test", "validation", "train"] * 10},
            {"split": "part"},
            "row_1 and row_3 are one sequence in two splits",
        ),
        ({"name": ["one", "one", *map(str, range(38))]}, {"id": "name"}, "id 'one' occurs twice"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(tmp_path, columns, options, told):
    with pytest.raises(InputError, match=told) as raised:
        sequence_table.samples(rng(), path=table(tmp_path, **columns), **options)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "no.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="no.csv: cannot be read as a table"):
        sequence_table.samples(rng(), path=str(path))


def test_composition_that_tells_classes_apart_is_told(tmp_path):
    given = ["GC" * 15 if k % 2 else "AT" * 15 for k in range(40)]
    given = [text[:10] + other[10:] for text, other in zip(given, texts())]
    found = sequence_table.samples(rng(), path=table(tmp_path, sequence=given))
    assert found.source["composition"]["gc_auroc"] > 0.9 and "AUROC of" in found.source["composition"]["told"]
    plain = sequence_table.samples(rng(), path=table(tmp_path))
    assert plain.source["composition"]["told"] == ""


@pytest.mark.skipif(not OCT4.is_file(), reason="../shared/data/oct4_mafk.csv.gz is not beside the repository")
def test_real_peaks_have_their_trap():
    found = sequence_table.samples(rng(), path=str(OCT4), id="id", split="split", positive="OCT4")
    found.check()
    assert len(found.samples) == 7997 and found.classes == ("MAFK", "OCT4")
    assert found.source["composition"]["gc_auroc"] == pytest.approx(0.77, abs=0.005)


def fasta(path, found, header=lambda k: ""):
    text = "".join(f">s{k}{header(k)}\n{one[:20]}\n{one[20:]}\n" for k, one in enumerate(found))
    with gzip.open(path, "wt") if path.suffix == ".gz" else open(path, "w") as file:
        file.write(text)
    return str(path)


def test_fasta_labels_come_from_the_header_a_table_or_another_file(tmp_path):
    one = fasta(tmp_path / "a.fa.gz", texts(), lambda k: f" chr1 label={'ab'[k % 2]}")
    first = fasta_sequences.samples(rng(), path=one)
    assert first.classes == ("a", "b") and decode(first.inputs(["s0"])) == texts()[:1]
    (tmp_path / "labels.tsv").write_text("id\tlabel\n" + "".join(f"s{k}\t{'ab'[k % 2]}\n" for k in range(40)))
    plain = fasta(tmp_path / "plain.fa", texts())
    second = fasta_sequences.samples(rng(), path=plain, labels=str(tmp_path / "labels.tsv"))
    assert second.samples["label"].tolist() == first.samples["label"].tolist()
    other = tmp_path / "other.fa"
    other.write_text(Path(fasta(other, texts()[::-1])).read_text().replace(">s", ">t").replace("A", "C"))
    third = fasta_sequences.samples(rng(), path=plain, negatives=str(other))
    assert third.samples["label"].sum() == 40 and len(third.samples) == 80
    shuffled = fasta_sequences.samples(rng(), path=plain, shuffled_negatives=True)
    x, y = shuffled.inputs(["s3", "s3_shuffled"])
    assert (x.sum(1) == y.sum(1)).all() and shuffled.samples.loc["s3_shuffled", "label"] == 0
    with pytest.raises(
        InputError, match="s0 has no label= in its header; allowed: that, or labels, negatives"
    ):
        fasta_sequences.samples(rng(), path=plain)


def test_what_is_no_fasta_is_refused(tmp_path):
    path = tmp_path / "no.fa"
    path.write_text("ACGT\n")
    with pytest.raises(InputError, match="no.fa: does not begin with '>'; allowed: FASTA"):
        fasta_sequences.samples(rng(), path=str(path))


class Genome(dict):
    """Stands in for pyfaidx.Fasta: chromosomes as texts, read by slices."""

    def __init__(self, path, as_raw, sequence_always_upper):
        made = np.random.default_rng(5)
        super().__init__({f"chr{k}": "".join(made.choice(list("ACGT"), 3000)) for k in range(1, 5)})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def genome(monkeypatch):
    module = ModuleType("pyfaidx")
    module.Fasta = Genome
    monkeypatch.setitem(sys.modules, "pyfaidx", module)
    return Genome("", True, True)


def bed(folder, rows):
    path = folder / "mine.bed"
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return str(path)


def test_intervals_are_cut_about_their_middle(tmp_path, genome):
    rows = [
        (f"chr{1 + k % 4}", 100 + 50 * k, 140 + 50 * k, "ab"[k % 8 // 4], 0, "+-"[k % 2]) for k in range(40)
    ]
    options = dict(path=bed(tmp_path, rows), genome="g.fa", length=20, column=4)
    found = genome_intervals.samples(
        rng(), **options, validation_chromosomes=["chr3"], test_chromosomes=["chr4"]
    )
    found.check()
    assert decode(found.inputs(["chr1:110-130"])) == [genome["chr1"][110:130]]
    turned = found.inputs(["chr2:160-180"])
    assert decode(reverse_complement(turned)) == [genome["chr2"][160:180]]
    splits = found.samples.groupby("group")["split"].agg(set).to_dict()
    assert splits == {"chr1": {"train"}, "chr2": {"train"}, "chr3": {"validation"}, "chr4": {"test"}}
    edge = genome_intervals.cut(genome, {"chr1": 3000}, ("chr1", 0, 4), 20, "f")[1]
    assert edge == "N" * 8 + genome["chr1"][:12]


@pytest.mark.parametrize("negatives", ["shuffled", "random"])
def test_negatives_are_made(tmp_path, genome, negatives):
    rows = [(f"chr{1 + k % 4}", 100 + 50 * k, 140 + 50 * k) for k in range(40)]
    found = genome_intervals.samples(
        rng(), path=bed(tmp_path, rows), genome="g.fa", length=40, negatives=negatives
    )
    found.check()
    share = found.inputs(list(found.samples.index))[:, 1:3].sum((1, 2)) / 40
    one, other = share[found.samples["label"] == 1], share[found.samples["label"] == 0]
    assert len(one) == len(other) == 40 and abs(one.mean() - other.mean()) < 0.02


@pytest.mark.parametrize(
    ("rows", "options", "told"),
    [
        ([("chr9", 1, 5, "a")], {"column": 4}, "'chr9' is not in the genome; allowed: chr1, chr2"),
        ([("chr1", 9, 5, "a")], {"column": 4}, "line 1 ends at 5, before it starts"),
        ([("chr1", "x", 5, "a")], {"column": 4}, "allowed: BED, with chromosome, start and end by tabs"),
        ([("chr1", 1, 5)], {}, "column: is missing; allowed: a column of labels, or negatives"),
        (
            [("chr1", 1, 5, "a"), ("chr1", 60, 70, "b")],
            {"column": 4, "test_chromosomes": ["chr7"]},
            "no interval on 'chr7'",
        ),
    ],
)
def test_intervals_that_cannot_be_are_refused_in_a_line(tmp_path, genome, rows, options, told):
    with pytest.raises(InputError, match=told) as raised:
        genome_intervals.samples(rng(), path=bed(tmp_path, rows), genome="g.fa", length=20, **options)
    assert "\n" not in str(raised.value)


def test_without_pyfaidx_a_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyfaidx", None)
    with pytest.raises(InputError, match="needs the package pyfaidx; install it"):
        genome_intervals.samples(rng(), path="a.bed", genome="g.fa", column=4)


def slow_groups(given, k, least):
    """Pairs of texts that share so many words, joined one by one."""
    pairs = str.maketrans("ACGT", "TGCA")

    def own(text):
        words = {text[i : i + k] for i in range(len(text) - k + 1)}
        return {min(word, word.translate(pairs)[::-1]) for word in words}

    number, every = list(range(len(given))), [own(text) for text in given]
    for a in range(len(given)):
        for b in range(a):
            shared, few = len(every[a] & every[b]), min(len(every[a]), len(every[b]))
            if shared >= max(least * few, 1) or given[a] == given[b]:
                old, new = number[a], number[b]
                number = [new if one == old else one for one in number]
    return number


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.text("ACGT", min_size=16, max_size=24), min_size=1, max_size=12),
    st.sampled_from([0.6, 0.8, 0.95]),
)
def test_groups_are_those_of_the_definition(given, identity):
    k = min(map(len, given)) // 4
    expected = slow_groups(given, k, identity**k)
    found = groups(given, identity)
    same = lambda numbers: {(a, b) for a in range(len(given)) for b in range(a) if numbers[a] == numbers[b]}  # noqa: E731
    assert same(found) == same(expected)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_the_lac_promoter_has_its_sites(task):
    found = lac_promoter.samples(rng(), task=task, n_sequences=(300, 100, 100))
    found.check()
    assert found.shape == (4, 75) and found.regression == (task == "regression")
    usual = decode(np.eye(4)[found.inputs(list(found.samples.index)).sum(0).argmax(0)].T[None])[0]
    where = {row.name: (row.start, row.stop) for row in found.elements.head(3).itertuples(index=False)}
    assert usual[slice(*where["-35"])] == "TTTACA" and usual[slice(*where["-10"])] == "TATGTT"
    assert usual[slice(*where["CRP"])] == "AATGTGAGTTAGCTCACTCATT"
    truth = found.truth(found.ids("test"))
    assert set(np.unique(truth)) == {0, UNSIGNED} and (truth != 0).sum(1).tolist() == [34] * 100


def test_a_ridge_regression_of_the_lac_promoter_reaches_what_is_published():
    """The floor that a network has to beat: r = 0.549 on the published test split."""
    from sklearn.linear_model import RidgeCV

    found = lac_promoter.samples(rng(), n_sequences=(30516, 10067, 9935))
    (x, y), (x_test, y_test) = (
        (found.inputs(ids).reshape(len(ids), -1), found.samples.loc[ids, "label"])
        for ids in (found.ids("train"), found.ids("test"))
    )
    model = RidgeCV(np.logspace(0, 3, 4)).fit(x, y)
    assert np.corrcoef(model.predict(x_test), y_test)[0, 1] == pytest.approx(0.549, abs=0.01)


def test_more_variants_than_there_are_is_refused():
    with pytest.raises(InputError, match="n_sequences: 40000 for train; allowed: at most 30516"):
        lac_promoter.samples(rng(), n_sequences=(40000, 10, 10))
