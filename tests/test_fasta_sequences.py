"""A user's own DNA in FASTA files: where labels come from, and what is refused, in one line."""

import gzip

import numpy as np
import pytest
from sequence_files import rng, texts

from xassay.core.dna import decode
from xassay.core.errors import InputError
from xassay.datasets import fasta_sequences


def fasta(path, found, header=lambda k: "", prefix="s"):
    text = "".join(f">{prefix}{k}{header(k)}\n{one[:25]}\n{one[25:]}\n\n" for k, one in enumerate(found))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def written(folder, text, name="mine.fa"):
    (folder / name).write_text(text)
    return str(folder / name)


def read(path, seed=0, **options):
    found = fasta_sequences.samples(rng(seed), path=path, **options)
    found.check()
    return found


def dinucleotides(text):
    return sorted(text[k : k + 2] for k in range(len(text) - 1))


def test_labels_stand_in_the_header(tmp_path):
    path = fasta(tmp_path / "a.fa.gz", texts(), lambda k: f" chr1 label={'ab'[k % 2]};locus=g{k % 9}|x")
    found = read(path, positive="b", group="locus")
    assert found.classes == ("a", "b") and found.samples["label"].tolist() == [0, 1] * 20
    assert decode(found.inputs(list(found.samples.index))) == texts()
    assert found.samples["group"].tolist() == [f"g{k % 9}" for k in range(40)]
    signal = fasta(tmp_path / "b.fa", texts(), lambda k: f" activity={k / 8:g}")
    assert read(signal, key="activity", task="regression").samples["label"].tolist() == [
        k / 8 for k in range(40)
    ]


def test_labels_stand_in_a_table(tmp_path):
    rows = "".join(f"s{k}\t{'ab'[k % 2]}\tchr{k % 5}\n" for k in reversed(range(45)))
    labels = written(tmp_path, "id\tkind\tchromosome\n" + rows, "labels.tsv")
    path = fasta(tmp_path / "a.fa", texts())
    found = read(path, labels=labels, key="kind", group="chromosome", positive="b")
    assert found.samples["label"].tolist() == [0, 1] * 20
    assert found.samples["group"].tolist() == [f"chr{k % 5}" for k in range(40)]


def test_negatives_are_a_file(tmp_path):
    path, other = fasta(tmp_path / "a.fa", texts()), fasta(tmp_path / "b.fa", texts(30, seed=2))
    found = read(path, negatives=other)
    assert (
        found.classes == ("negative", "positive") and found.samples["label"].tolist() == [1] * 40 + [0] * 30
    )
    assert decode(found.inputs(["s3", "s3_negative"])) == [texts()[3], texts(30, seed=2)[3]]


@pytest.mark.parametrize("length", [None, 30, 50])
def test_negatives_are_shuffles_that_go_where_their_sequence_goes(tmp_path, length):
    path = fasta(tmp_path / "a.fa", texts())
    found = read(path, shuffled_negatives=True, length=length)
    assert len(found.samples) == 80 and found.samples["label"].sum() == 40
    one, other = (decode(found.inputs([f"s{k}{end}" for k in range(40)])) for end in ("", "_shuffled"))
    assert all(dinucleotides(a) == dinucleotides(b) for a, b in zip(one, other)) and one != other
    pairs = found.samples.assign(pair=found.samples.index.str.removesuffix("_shuffled"))
    assert (pairs.groupby("pair")[["split", "group"]].nunique() == 1).all(axis=None)
    assert found.source["composition"]["gc_auroc"] == 0.5


def test_a_shuffle_goes_where_a_split_says_its_sequence_goes(tmp_path):
    parts = ["train", "train", "validation", "test"]
    given = texts()
    given[0] = given[3]  # a copy of what is tested leaves training, and its shuffle with it
    path = fasta(tmp_path / "a.fa", given, lambda k: f" part={parts[k % 4]}")
    found = read(path, shuffled_negatives=True, split="part")
    assert set(found.samples.loc[["s0", "s3", "s0_shuffled", "s3_shuffled"], "split"]) == {"test"}
    assert found.samples["split"].iloc[1:40].tolist() == [parts[k % 4] for k in range(1, 40)]


def test_a_sequence_without_another_order_is_told_or_dropped(tmp_path):
    path = fasta(tmp_path / "a.fa", ["A" * 40, *texts()])
    told = "s0 and s0_shuffled are one sequence with two labels, positive and negative; allowed"
    with pytest.raises(InputError, match=told):
        read(path, shuffled_negatives=True)
    found = read(path, shuffled_negatives=True, conflicts="drop")
    assert len(found.samples) == 80 and "s0" not in found.samples.index


def test_known_sites_go_by_the_records_id(tmp_path):
    path = fasta(tmp_path / "a.fa", texts())
    sites = written(tmp_path, "s2\t5\t9\tbox\n", "sites.bed")
    found = read(path, shuffled_negatives=True, elements=sites)
    assert found.truth(["s2"])[0].nonzero()[0].tolist() == [5, 6, 7, 8]
    assert np.isnan(found.truth(["s2_shuffled", "s3"])).all()


GOOD = ">a label=no\nACGT\n>b label=yes\nACGA\n"


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("", {}, "mine.fa: is empty"),
        ("ACGT\n", {}, "mine.fa, line 1: does not begin with '>'; allowed: FASTA"),
        ("@r1\nACGT\n+\nIIII\n", {}, "mine.fa, line 1: does not begin with '>'; allowed: FASTA"),
        (">a\nAC\n>\nAC\n", {}, "mine.fa, line 3: a header without an id; allowed: >id"),
        (
            ">a label=x\n>b label=y\nAC\n",
            {"length": 9},
            "mine.fa: a has no sequence; allowed: a base or more",
        ),
        (GOOD + ">a label=no\nAC\n", {"length": 4}, "mine.fa: id 'a' occurs twice; allowed: each once"),
        (GOOD.replace("ACGA", "MEEPQ"), {"length": 4}, "sequence b: 'E' at position 1; allowed: A"),
        (
            GOOD.replace("label", "class"),
            {},
            "a has no label= in its header; allowed: that, or labels, negatives or",
        ),
        (GOOD, {"split": "part"}, "mine.fa: a has no part= in its header"),
        (
            GOOD,
            {"negatives": "x.fa", "shuffled_negatives": True},
            "negatives and shuffled_negatives are both given",
        ),
        (
            GOOD,
            {"shuffled_negatives": True, "task": "regression"},
            "shuffled_negatives: makes classes; allowed for",
        ),
        (GOOD, {}, "class no occurs in 1 group(s)"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(tmp_path, text, options, told):
    with pytest.raises(InputError) as raised:
        read(written(tmp_path, text), **options)
    assert told in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("id,label\na,no\n", "labels.csv: has no row of b; allowed: one for each sequence of"),
        ("id,label\na,no\nb,yes\na,yes\n", "labels.csv: id 'a' occurs twice; allowed: each once"),
        ("name,label\na,no\n", "labels.csv: labels: unknown column 'id'; allowed: label, name"),
        ("id,class\na,no\n", "labels.csv: label: unknown column 'label'; allowed: class, id"),
        ("id,label\na,\nb,yes\n", "labels.csv: row 1 has no label; allowed: one in every row"),
    ],
)
def test_tables_of_labels_that_cannot_be(tmp_path, rows, told):
    with pytest.raises(InputError) as raised:
        read(written(tmp_path, GOOD), labels=written(tmp_path, rows, "labels.csv"))
    assert told in str(raised.value) and "\n" not in str(raised.value)
