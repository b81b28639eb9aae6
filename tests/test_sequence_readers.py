"""A user's own DNA in tables: letters, lengths, labels; what is refused, in one line."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from sequence_files import odd, read, table, texts

from xassay import catalogue
from xassay.core.dna import decode
from xassay.core.errors import InputError

OCT4 = Path(__file__).resolve().parents[2] / "shared" / "data" / "oct4_mafk.csv.gz"


@pytest.mark.parametrize("name", ["sequence_table", "fasta_sequences", "genome_intervals", "lac_promoter"])
def test_cards_are_read_without_the_plugin(name):
    entry = catalogue.entries("datasets")[name]
    assert entry.card["kind"] == "sequence" and set(entry.limits) <= {*entry.options, *entry.required}
    assert set(entry.card.get("files", ())) <= {*entry.options, *entry.required}


@pytest.mark.parametrize(
    ("name", "sep"), [("a.csv", ","), ("a.tsv", "\t"), ("a.txt", ";"), ("a.csv.gz", ",")]
)
def test_a_table_is_read(tmp_path, name, sep):
    found = read(table(tmp_path, name, sep))
    assert found.classes == ("a", "b") and found.shape == (4, 40) and not found.regression
    assert decode(found.inputs(list(found.samples.index))) == texts()
    assert found.samples["label"].tolist() == [0, 1] * 20
    assert found.samples["split"].value_counts().to_dict() == {"train": 28, "validation": 6, "test": 6}
    assert np.isnan(found.truth(["row_1"])).all() and found.elements is None
    assert found.noise == {"law": "substitution", "rate": 0.02}


def test_letters_of_any_case_and_ambiguity(tmp_path):
    given = texts()
    given[0], given[1] = given[0].lower(), "NRY" + given[1][3:].replace("T", "U")
    found = read(table(tmp_path, sequence=given))
    x = found.inputs(["row_1", "row_2"])
    assert decode(x[:1]) == texts()[:1] and decode(x[1:])[0][3:] == texts()[1][3:]
    assert x[1, :, :3].T.tolist() == [[0.25] * 4, [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5]]


def test_a_signal_is_predicted(tmp_path):
    signal = np.linspace(-3, 3, 40)
    found = read(table(tmp_path, activity=signal), task="regression", label="activity")
    assert (
        found.regression and found.classes == () and found.samples["label"].tolist() == pytest.approx(signal)
    )


def test_columns_have_any_name_and_rows_their_ids(tmp_path):
    path = table(
        tmp_path, seq=texts(), sequence=["x"] * 40, bound=[1, 0] * 20, peak=[f"p{k}" for k in range(40)]
    )
    found = read(path, sequence="seq", label="bound", id="peak", positive=None)
    assert found.classes == ("0", "1") and found.samples["label"].tolist() == [1, 0] * 20
    assert found.samples.index.tolist() == [f"p{k}" for k in range(40)]


@pytest.mark.parametrize(
    ("labels", "positive", "classes"),
    [
        ("no yes", None, ("no", "yes")),
        ("bound unbound", None, ("unbound", "bound")),
        ("case control", None, ("control", "case")),
        ("OCT4 MAFK", "MAFK", ("OCT4", "MAFK")),
        ("true false", True, ("false", "true")),
        ("0 1", 0, ("1", "0")),
        ("a b c", None, ("a", "b", "c")),
        ("a b c", "b", ("not b", "b")),
    ],
)
def test_the_explained_class_stands_last(tmp_path, labels, positive, classes):
    names = [labels.split()[k % len(labels.split())] for k in range(40)]
    found = read(table(tmp_path, label=names), positive=positive)
    assert found.classes == classes
    told = [classes[k] for k in found.samples["label"]]
    assert all(one == name or one.startswith("not ") and name != "b" for one, name in zip(told, names))


def test_lengths_are_cut_and_filled_about_the_middle(tmp_path):
    given = texts()
    given[0], given[1], given[2] = given[0] + "A" * 4, given[1][:36], given[2][:37]
    path = table(tmp_path, sequence=given)
    found = read(path, length=40)
    assert decode(found.inputs(["row_1", "row_2", "row_3"])) == [
        given[0][2:42],
        "NN" + given[1] + "NN",
        "N" + given[2] + "NN",
    ]
    told = "row_2 has 36 bases, the first 44; allowed: one length, or the option length"
    with pytest.raises(InputError, match=told):
        read(path)


@pytest.mark.parametrize(
    ("columns", "options", "told"),
    [
        ({}, {"sequence": "seqence"}, "sequence: unknown column 'seqence'; did you mean 'sequence'?"),
        ({}, {"label": "class"}, "label: unknown column 'class'; allowed: label, sequence"),
        ({}, {"positive": "c"}, "positive: 'c' is no label of "),
        ({}, {"positive": None}, "positive: name the label that is explained; allowed: 'a', 'b'"),
        ({"label": ["a"] * 40}, {}, "one class only, 'a'; allowed: two or more"),
        (
            {"label": range(40)},
            {"positive": None},
            "40 labels of 40 sequences; allowed: fewer, or task: regression",
        ),
        ({"label": odd(4, "", ["a", "b"] * 20)}, {}, "row 5 has no label; allowed: one in every row"),
        (
            {"label": ["x", "1"] * 20},
            {"task": "regression"},
            "row_1 has the label 'x'; allowed for a regression",
        ),
        (
            {"label": ["1", "inf"] * 20},
            {"task": "regression"},
            "row_2 has the label 'inf'; allowed for a regress",
        ),
        ({"sequence": odd(0, texts()[0][:-1] + "*")}, {}, "sequence row_1: '*' at position 40; allowed: A"),
        ({"sequence": odd(3, texts()[0][:-1] + "é")}, {}, "sequence row_4: 'é' at position 40; allowed: A"),
        ({"sequence": odd(3, None)}, {"length": 40}, "row 4 has no sequence; allowed: one in every row"),
        (
            {"peak": ["one", "one", *map(str, range(38))]},
            {"id": "peak"},
            "id 'one' occurs twice; allowed: each once",
        ),
        (
            {"part": ["train", "held"] * 20},
            {"split": "part"},
            "split 'held'; allowed: train, validation, test",
        ),
        (
            {"part": ["train", "dev"] * 20},
            {"split": "part"},
            "no sequence is in the split 'test'; allowed: some",
        ),
        ({"locus": ["one", "two"] * 20}, {"group": "locus"}, "class a occurs in 1 group(s)"),
        ({}, {"fractions": (0.5, 0.5, 0.5)}, "fractions: 0.5, 0.5, 0.5 add up to 1.5"),
        (
            {},
            {"conflicts": "mean"},
            "conflicts: 'mean' is of numbers; allowed for classes: refuse, drop, keep",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(tmp_path, columns, options, told):
    with pytest.raises(InputError) as raised:
        read(table(tmp_path, **columns), **options)
    assert told in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (bytes(range(256)), "cannot be read as text (UnicodeDecodeError)"),
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"sequence,label\n", "has a header and no row"),
        (b"sequence,label\nACGT,a,1,2\n", "cannot be read as a table"),
        (gzip.compress(b"sequence,label\n" + b"ACGT,a\n" * 999)[:40], "cannot be read as text (EOFError)"),
        (gzip.compress(b"sequence,label\n")[:-4] + b"\0\0\0\1", "cannot be read as text (BadGzipFile)"),
        (b"sequence\nACGT\n", "label: unknown column 'label'; allowed: sequence"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, raw, told):
    (tmp_path / "no.csv").write_bytes(raw)
    with pytest.raises(InputError) as raised:
        read(str(tmp_path / "no.csv"))
    assert told in str(raised.value) and "\n" not in str(raised.value)


def test_composition_that_tells_classes_apart_is_told(tmp_path):
    given = [("GC" if k % 2 else "AT") * 5 + text[10:] for k, text in enumerate(texts())]
    told = read(table(tmp_path, sequence=given)).source["composition"]
    share = [sum(base in "GC" for base in text) for text in given]
    above = np.mean([(b > a) + (b == a) / 2 for a in share[::2] for b in share[1::2]])
    assert (
        told["gc_auroc"] == pytest.approx(max(above, 1 - above))
        and "the share of G and C alone" in told["told"]
    )
    plain = read(table(tmp_path)).source["composition"]
    assert plain["told"] == "" and "unknown_auroc" not in plain
    cut = [text[: 40 if k % 2 else 30] for k, text in enumerate(texts())]
    told = read(table(tmp_path, sequence=cut), length=40).source["composition"]
    assert told["unknown_auroc"] == 1 and told["gc_auroc"] < 0.65  # the length tells, the bases do not
    three = read(table(tmp_path, sequence=given, label=["a", "b", "a", "c"] * 10), positive=None)
    assert three.source["composition"]["gc_auroc"] > 0.8
    signal = [text.count("G") + text.count("C") for text in given]
    told = read(table(tmp_path, sequence=given, label=signal), task="regression").source["composition"]
    assert told["gc_spearman"] == pytest.approx(1) and "rank correlation 1.00" in told["told"]


@pytest.mark.skipif(not OCT4.is_file(), reason="../shared/data/oct4_mafk.csv.gz is not beside the repository")
def test_real_peaks_have_their_trap():
    found = read(str(OCT4), id="id", split="split", positive="OCT4")
    assert len(found.samples) == 7997 and found.classes == ("MAFK", "OCT4") and found.shape == (4, 200)
    assert found.source["composition"]["gc_auroc"] == pytest.approx(0.77, abs=0.005)
    assert "AUROC of 0.77" in found.source["composition"]["told"]
    assert len(found.ids("test")) == 200 and 1200 < len(found.ids("validation")) < 1500
    apart = read(str(OCT4), id="id", positive="OCT4")
    assert apart.samples["group"].nunique() == 7536 and len(apart.ids("test")) == pytest.approx(1200, abs=5)
