"""Intervals of a genome: windows, strands, splits by chromosome; what is refused, in one line."""

import sys

import numpy as np
import pytest
from sequence_files import ROWS, bases, bed, intervals, stand_in

from xassay.core.dna import decode
from xassay.core.errors import InputError
from xassay.core.reading_dna import turned
from xassay.datasets import genome_intervals


@pytest.fixture
def genome(monkeypatch):
    return stand_in(monkeypatch)


@pytest.mark.parametrize("length", [20, 21, 60])
def test_windows_stand_about_the_middle_and_are_read_along_their_strand(tmp_path, genome, length):
    found = intervals(
        bed(tmp_path, head="#chrom\nbrowser x\ntrack name=y\n"), column=4, positive="b", length=length
    )
    expected = []
    for chromosome, start, stop, *_, strand in ROWS:
        first = (start + stop) // 2 - length // 2
        text = genome[chromosome][first : first + length]
        expected.append(turned(text) if strand == "-" else text)
    assert decode(found.inputs(list(found.samples.index))) == expected
    assert found.samples.index[0] == f"chr1:{120 - length // 2}-{120 - length // 2 + length}"
    assert found.samples["label"].tolist() == [int(row[3] == "b") for row in ROWS]
    assert found.samples["group"].tolist() == [row[0] for row in ROWS]


def test_chromosomes_are_held_out(tmp_path, genome):
    path = bed(tmp_path)
    options = dict(column=4, positive="b", validation_chromosomes=["chr3"], test_chromosomes=[4])
    splits = intervals(path, **options).samples.groupby("group")["split"].agg(set).to_dict()
    assert splits == {"chr1": {"train"}, "chr2": {"train"}, "chr3": {"validation"}, "chr4": {"test"}}
    drawn = intervals(path, column=4, positive="b", test_chromosomes=["4"]).samples
    assert (drawn.groupby("group")["split"].nunique() == 1).all() and set(
        drawn["split"][drawn["group"] == "chr4"]
    ) == {"test"}
    by_fractions = intervals(path, column=4, positive="b").samples
    assert (by_fractions.groupby("group")["split"].nunique() == 1).all()
    alike = intervals(path, column=4, positive="b", split_by="identity").samples
    assert alike["group"].nunique() == 40 and alike["split"].value_counts().to_dict()["train"] == 28


def test_a_copy_on_a_chromosome_held_out_leaves_training(tmp_path, genome):
    genome["chr4"] = genome["chr1"][:470] + genome["chr4"][470:]
    rows = [*ROWS, ("chr4", 100, 140, "a", 0, "-")]
    found = intervals(
        bed(tmp_path, rows), column=4, positive="b", validation_chromosomes=[3], test_chromosomes=[4]
    )
    assert found.samples.loc[["chr1:110-130", "chr4:110-130"], "split"].tolist() == ["test", "test"]
    assert found.source["splits"].endswith("1 copies moved to what is held out")


def test_a_signal_and_summits_of_narrowpeak(tmp_path, genome):
    rows = [(*row[:4], 0, ".", row[4] / 4, 5, 5, row[4] % 20) for row in ROWS]
    found = intervals(bed(tmp_path, rows), column=7, task="regression", centre="summit")
    assert found.samples["label"].tolist() == [row[4] / 4 for row in ROWS]
    middle = rows[7][1] + rows[7][9]
    assert decode(found.inputs([found.samples.index[7]])) == [genome[rows[7][0]][middle - 10 : middle + 10]]
    with pytest.raises(InputError, match="centre: 'summit' needs column 10 of narrowPeak; allowed: 'middle'"):
        intervals(bed(tmp_path), column=5, task="regression", centre="summit")


def test_what_is_mostly_unknown_is_left_out_and_told(tmp_path, genome):
    genome["chr1"] = "N" * 480 + genome["chr1"][480:]
    rows = [("chr2", 0, 18, "a", 0, "."), *ROWS]
    found = intervals(bed(tmp_path, rows), column=4, positive="b", split_by="identity")
    assert (
        len(found.samples) == 39 and found.source["intervals"] == "2 of 41 left out: too many unknown bases"
    )
    assert decode(found.inputs(["chr2:-1-19"])) == ["N" + genome["chr2"][:19]]


def test_known_sites_of_the_genome_lie_on_the_windows(tmp_path, genome):
    sites = [
        ("chr1", 115, 118, "box", 3.5, "+"),
        ("chr2", 205, 212, "edge", 1, "-"),
        ("chr2", 3000, 3010, "far", 1, "+"),
    ]
    (tmp_path / "sites.bed").write_text("".join("\t".join(map(str, row)) + "\n" for row in sites))
    found = intervals(bed(tmp_path), column=4, positive="b", elements=str(tmp_path / "sites.bed"))
    one, other = found.elements.iloc[0], found.elements.iloc[1]
    assert (one["sample"], one["start"], one["stop"], one["strand"], one["score"]) == (
        "chr1:110-130",
        5,
        8,
        "+",
        3.5,
    )
    # the second window is read from its other strand: 200-220, of which 205-212 are the last but 8 to 15
    assert (other["sample"], other["start"], other["stop"], other["strand"]) == ("chr2:200-220", 8, 15, "+")
    assert len(found.elements) == 2 and np.isnan(found.truth(["chr3:290-310"])).all()
    assert found.truth(["chr2:200-220"])[0].nonzero()[0].tolist() == [*range(8, 15)]


@pytest.mark.parametrize(
    ("rows", "options", "told"),
    [
        ([("chr9", 1, 5, "a")], {"column": 4}, "'chr9' is not in the genome; allowed: chr1, chr2"),
        (
            [("chr1", 3990, 4001, "a")],
            {"column": 4},
            "chr1:3990-4001 lies beyond the chromosome's 4000 bases",
        ),
        (
            [ROWS[0], ("chr1", 9, 5, "a")],
            {"column": 4},
            "mine.bed, line 2: ends at 5, not after its start, 9",
        ),
        (
            [("chr1", "x", 5, "a")],
            {"column": 4},
            "line 1: allowed: BED, with chromosome, start and end by tabs",
        ),
        (
            [("chr1", -5, 5, "a")],
            {"column": 4},
            "line 1: allowed: BED, with chromosome, start and end by tabs",
        ),
        ([("chr1", 5)], {"column": 4}, "line 1: allowed: BED, with chromosome, start and end by tabs"),
        ([], {"column": 4}, "mine.bed: is empty"),
        ([("#", "no")], {"column": 4}, "mine.bed: holds no interval"),
        ([("chr1", 1, 50)], {}, "column: is missing; allowed: a column of labels, or negatives"),
        (ROWS, {"column": 4, "negatives": "random"}, "column: 4 and negatives: random are both given"),
        (ROWS, {"column": 7}, "column: 7; allowed: 4 to 6, the columns of "),
        (
            ROWS,
            {"negatives": "random", "task": "regression"},
            "negatives: random make classes; allowed for a",
        ),
        (
            ROWS,
            {"column": 4, "test_chromosomes": ["chr7"]},
            "no interval on 'chr7'; allowed: chr1, chr2, chr3, chr4",
        ),
        (ROWS, {"column": 4, "validation_chromosomes": [1]}, "test_chromosomes: none; allowed: one or more"),
        (
            ROWS,
            {"column": 4, "validation_chromosomes": [1], "test_chromosomes": ["chr1"]},
            "chr1 is named for validation and for test; allowed: one of them",
        ),
        (
            ROWS,
            {"column": 4, "test_chromosomes": [1], "split_by": "identity"},
            "'identity' takes no chromosomes",
        ),
        ([(*ROWS[0][:3], "a"), ROWS[1][:3]], {"column": 4}, "chr2:200-220 has no label; allowed: one each"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(tmp_path, genome, rows, options, told):
    with pytest.raises(InputError) as raised:
        intervals(bed(tmp_path, rows), **{"positive": None if "negatives" in options else "b"} | options)
    assert told in str(raised.value) and "\n" not in str(raised.value)


def test_without_pyfaidx_a_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyfaidx", None)
    with pytest.raises(InputError, match="needs the package pyfaidx; install it"):
        intervals(bed(tmp_path), column=4)


def test_pyfaidx_itself_reads_the_same(tmp_path):
    pytest.importorskip("pyfaidx")
    made, path = bases(), tmp_path / "g.fa"
    lines = {name: "\n".join(text[k : k + 61] for k in range(0, 4000, 61)) for name, text in made.items()}
    path.write_text("".join(f">{name} long\n{text.lower()}\n" for name, text in lines.items()))
    options = dict(rng=np.random.default_rng(0), path=bed(tmp_path), length=20)
    found = genome_intervals.samples(genome=str(path), column=4, positive="b", **options)
    assert decode(found.inputs(["chr1:110-130"])) == [made["chr1"][110:130]]
    assert (tmp_path / "g.fa.fai").is_file()
    random = genome_intervals.samples(genome=str(path), negatives="random", **options)
    assert random.samples["label"].tolist() == [1] * 40 + [0] * 40
    for name, text, told in (
        (
            "bad.fa",
            ">chr1\nACGT\nACGTACGT\nAC\nACGTTT\n",
            "bad.fa: is no genome that can be indexed: Line length",
        ),
        ("none.fa", None, "none.fa: is no genome that can be indexed: "),
    ):
        if text:
            (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=told) as raised:
            genome_intervals.samples(genome=str(tmp_path / name), column=4, **options)
        assert "\n" not in str(raised.value)
