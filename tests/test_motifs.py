"""Motifs: files read, malformed ones refused in a line, scores and their law exact."""

import gzip
import sys
import types
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xassay.core import backgrounds, motifs, variant_tables
from xassay.core.dna import encode
from xassay.core.errors import InputError
from xassay.core.pwm import UNIFORM, Motif, threshold

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\nA 0.3 C 0.2 G 0.2 T 0.3\n\n"
MATRIX = "letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0\n 0.7 0.1 0.1 0.1\n0 0 0 1\n"
GOOD = HEAD + "MOTIF M1 ONE\n" + MATRIX + "URL http://x\n\nMOTIF M2\n" + MATRIX
COUNTS = ">MA0001.1\tONE\nA [ 7 0 ]\nC [ 1 0 ]\nG [ 1 0 ]\nT [ 1 20 ]\n"
PFM = "7 0\n1 0\n1 0\n1 20\n"


def read(tmp_path, text, name="m.meme"):
    path = tmp_path / name
    path.write_text(text)
    return motifs.read(path)


def random_motif(seed, width):
    p = np.random.default_rng(seed).dirichlet([0.5] * 4, width).T
    return Motif("M", p / p.sum(0), "ID", 50)


def test_the_shipped_matrices_are_whole():
    known = motifs.read(motifs.KNOWN)
    wanted = "CTCF SP1 GABPA CEBPB MAX YY1 GATA1 GATA1::TAL1 SPI1 IRF1 ZNF143 MAFK POU5F1::SOX2 FOS::JUN RELA"
    found = motifs.pick(wanted.split() + ["REST", "HNF4A", "TP53", "RUNX1", "MA0139.2"], known)
    assert found[0] is found[-1] and len(known) >= 20
    for motif in known:
        assert np.allclose(motif.probabilities.sum(0), 1) and motifs.JASPAR_ID.match(motif.id)
        assert motif.information().sum() > 9 and np.isfinite(threshold(motif.log_odds(), 1e-4))
        assert motif.nsites >= 18
    assert found[0].consensus() == "gCCACcAGGGGGCGC"
    assert "CC BY 4.0" in motifs.KNOWN.with_suffix(".NOTICE").read_text()


def test_meme_is_read(tmp_path):
    one, two = read(tmp_path, GOOD)
    assert (one.name, one.id, one.nsites, two.name) == ("ONE", "M1", 20, "M2")
    np.testing.assert_allclose(one.probabilities, np.array([[0.7, 0], [0.1, 0], [0.1, 0], [0.1, 1]]))


def test_meme_without_width_and_sites_is_read(tmp_path):
    (one,) = read(tmp_path, HEAD + "MOTIF M1\n" + MATRIX.replace("w= 2 nsites= 20 ", ""))
    assert one.width == 2 and np.isnan(one.nsites)


@pytest.mark.parametrize("text", [COUNTS, PFM, COUNTS.replace("[", "").replace("]", ""), COUNTS.lower()])
def test_jaspar_is_read(tmp_path, text):
    (one,) = read(tmp_path, text, "ONE.pfm")
    assert one.name.upper() == "ONE" and one.nsites == 20
    np.testing.assert_allclose(one.probabilities, np.array([[0.7, 0], [0.1, 0], [0.1, 0], [0.1, 1]]))


def test_two_jaspar_matrices_in_one_file(tmp_path):
    one, two = read(tmp_path, COUNTS + "\n" + COUNTS.replace("MA0001.1\tONE", "MA0002.1 TWO"))
    assert [one.id, two.name] == ["MA0001.1", "TWO"]


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "is empty"),
        (GOOD.replace("MEME version 4\n", ""), "no line 'MEME version'"),
        (GOOD.replace("= ACGT", "= ACDEFGHIKLMNPQRSTVWY"), "line 3: .*allowed: ALPHABET= ACGT"),
        (GOOD.replace("0.7 0.1", "0.7 0.6"), "line 12: .*add up to 1"),
        (GOOD.replace("0.7 0.1", "0.7 x"), "line 12: 'x' is no number"),
        (GOOD.replace("0.7 0.1", "-0.1 0.9"), "line 12: .*add up to 1"),
        (GOOD.replace("0.1 0.1\n", "0.1\n"), "line 12: .*four probabilities"),
        (GOOD.replace("w= 2", "w= 3"), "line 14: 2 rows of motif M1; allowed: 3"),
        (GOOD.replace("w= 2", "w= 1"), "line 13: 1 rows or more of motif M1; allowed: 1"),
        (GOOD.replace("M2", "M1"), "motif M1 occurs twice"),
        (GOOD.replace("MOTIF M1 ONE\n", ""), "line 10: a matrix before any MOTIF"),
        (GOOD + "MOTIF M3\n", "line 20: motif M3 has no letter-probability matrix"),
        (GOOD.replace("MOTIF M2", "MOTIF"), "line 16: MOTIF without a name"),
        (COUNTS.replace("T [ 1 20 ]\n", ""), "line 4: motif MA0001.1: allowed: four rows"),
        (COUNTS.replace("1 20", "1"), "line 5: motif MA0001.1: allowed: four rows of as many"),
        (COUNTS.replace("1 20", "1 0"), "a column of zeros"),
        (COUNTS.replace("1 20", "-1 20"), "a count below 0"),
        (COUNTS.replace("T [", "G ["), "line 5: 'G .*one each for A, C, G, T"),
        (COUNTS.replace("1 20", "1 many"), "line 5: 'many' is no number"),
        (PFM + "1 1\n", "line 5: '1 1'; allowed: four rows"),
        (">\n" + PFM, "line 1: '>' without a name"),
    ],
)
def test_malformed_files_are_refused_in_one_line(tmp_path, text, says):
    with pytest.raises(InputError, match=says) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value) and "m.meme" in str(caught.value)


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00MEME")
    for name in ("x", "absent"):
        with pytest.raises(InputError, match="cannot be read as text"):
            motifs.read(tmp_path / name)


def test_written_motifs_are_read_again(tmp_path):
    written = [random_motif(1, 7), Motif("no sites", random_motif(2, 3).probabilities)]
    motifs.write_meme(tmp_path / "m.meme", written, (0.3, 0.2, 0.2, 0.3))
    for one, other in zip(written, motifs.read(tmp_path / "m.meme")):
        np.testing.assert_allclose(other.probabilities, one.probabilities, atol=2e-6)
        assert other.name == one.name.replace(" ", "_") and np.array_equal(other.nsites, one.nsites, True)


def test_picking_by_name(monkeypatch, tmp_path):
    known = read(tmp_path, GOOD)
    assert [m.id for m in motifs.pick(["m2", "One"], known)] == ["M2", "M1"]
    with pytest.raises(
        InputError, match="decoys: motif 'THREE' is unknown; allowed: ONE, M2, or a JASPAR id"
    ):
        motifs.pick(["THREE"], known, "decoys")
    twins = [Motif("ONE", known[0].probabilities, "M3"), *known]
    with pytest.raises(InputError, match="2 motifs are called 'ONE'; give one of their ids: M3, M1"):
        motifs.pick(["ONE"], twins)
    monkeypatch.setitem(sys.modules, "pyjaspar", None)
    with pytest.raises(
        InputError, match="motifs: MA0139.1 is in no file here, and pyjaspar is not installed"
    ):
        motifs.pick(["MA0139.1"], known)


def test_jaspar_ids_are_fetched(monkeypatch):
    counts = dict(A=[7.0, 0], C=[1.0, 0], G=[1.0, 0], T=[1.0, 20])
    matrix = types.SimpleNamespace(name="ONE", matrix_id="MA0001.1", counts=counts)

    class jaspardb:
        def fetch_motif_by_id(self, name):
            return matrix if name == "MA0001.1" else None

    monkeypatch.setitem(sys.modules, "pyjaspar", types.SimpleNamespace(jaspardb=jaspardb))
    (found,) = motifs.pick(["MA0001.1"], [])
    assert (found.name, found.id, found.nsites, found.consensus()) == ("ONE", "MA0001.1", 20, "AT")
    with pytest.raises(InputError, match="JASPAR has no matrix MA9999.1"):
        motifs.pick(["MA9999.1"], [])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999), st.integers(1, 5), st.floats(1e-3, 0.5), st.floats(0.2, 0.8))
def test_the_threshold_is_that_of_all_sites(seed, width, p, gc):
    """Enumeration of every site: fewer than p reach the threshold, more reach any lower one."""
    background = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    weights = np.round(random_motif(seed, width).log_odds(background), 2)  # multiples of the step
    sites = np.array(list(product(range(4), repeat=width)))
    score, weight = weights[sites, range(width)].sum(1), background[sites].prod(1)
    found = threshold(weights, p, background)
    reached = [weight[score >= s - 1e-6].sum() for s in np.unique(score.round(6))]
    allowed = [s for s, share in zip(np.unique(score.round(6)), reached) if share <= p * (1 + 1e-9)]
    assert found == pytest.approx(min(allowed), abs=1e-6) if allowed else found == np.inf


def test_scores_information_and_strands():
    motif = random_motif(3, 6)
    weights = motif.log_odds(pseudocount=0)
    np.testing.assert_allclose((motif.probabilities * weights).sum(0), motif.information())
    np.testing.assert_allclose(
        2 + (motif.probabilities * np.log2(motif.probabilities)).sum(0), motif.information()
    )
    other = motif.reverse_complement()
    x = encode(["ACGTTG", "CAACGT"])  # one the reverse complement of the other
    scores = [(m.log_odds() * x[k]).sum() for m, k in ((motif, 0), (other, 1))]
    assert scores[0] == pytest.approx(scores[1]) and other.name == "M_rc"
    again = other.reverse_complement()
    assert again.name == "M" and np.array_equal(again.probabilities, motif.probabilities)
    certain = Motif("C", np.eye(4)[:, :2])
    assert np.isfinite(certain.log_odds()).all() and (certain.information(UNIFORM) == 2).all()


def test_files_may_be_gzipped(tmp_path):
    """Motifs, backgrounds and variants are read like every other text of a user's."""
    zipped = {
        "m.meme.gz": motifs.KNOWN.read_bytes(),
        "b.fa.gz": b">one\nACGTN\n>two\nGGcc\n",
        "v.vcf.gz": b"##fileformat=VCFv4.2\n#CHROM\tPOS\tREF\tALT\n0\t3\tA\tG\n",
    }
    for name, text in zipped.items():
        (tmp_path / name).write_bytes(gzip.compress(text))
    assert [m.id for m in motifs.read(tmp_path / "m.meme.gz")] == [m.id for m in motifs.read(motifs.KNOWN)]
    assert backgrounds.read(tmp_path / "b.fa.gz").tolist() == [4, 0, 1, 2, 3, 4, 4, 2, 2, 1, 1, 4]
    table = variant_tables.read(tmp_path / "v.vcf.gz")
    assert table.to_dict("records") == [{"sample": 0, "position": 2, "ref": "A", "alt": "G"}]
