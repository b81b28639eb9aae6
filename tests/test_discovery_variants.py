"""Effects of variants, from the data set and from files."""

import numpy as np
import pandas as pd
import pytest
import torch
from discovery_cases import Words, additive, called, case
from scipy.stats import spearmanr

from xassay.core.dna import decode, encode
from xassay.core.errors import InputError
from xassay.discovery.variant_effects import agreement


def test_variants_are_scored_one_by_one():
    given = case(additive, oracle=Words(additive).eval())
    out = called("variant_effects", given)
    x, table = given["x"], given["variants"]
    for row, score in zip(table.itertuples(), out["scores"]["score"]):
        text = decode(x)[row.sample]
        other = text[: row.position] + row.alt + text[row.position + 1 :]
        both = torch.from_numpy(encode([text, other]))
        assert score == pytest.approx(float(given["model"](both).diff(dim=0)), abs=1e-6)
    assert out["scores"]["score"].tolist() == pytest.approx([-2, 0], abs=1e-5)  # the first breaks A
    agreement = out["agreement"].set_index("with")
    assert agreement.loc["effect", "same_sign"] == 1 and agreement.loc["effect", "auroc"] == 1
    assert agreement.loc["oracle", "pearson"] == pytest.approx(1)
    assert called("variant_effects", given | dict(variants=None))["note"].startswith("there are no variants")


def test_tables_of_variants_from_files(tmp_path):
    given = case(additive)
    text = decode(given["x"])[4]
    vcf, csv = tmp_path / "some.vcf", tmp_path / "some.csv"
    vcf.write_text(f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n4\t6\t.\t{text[5:7]}\tCC\n")
    csv.write_text(
        f"sequence,position,ref,alt,effect\n{text},5,{text[5:7].lower()},CC,-2\n{text},0,{text[0]},{text[0]},.\n"
    )
    one, other = (called("variant_effects", given, path=str(path)) for path in (vcf, csv))
    assert one["scores"]["score"].tolist() == pytest.approx([-2])
    assert one["scores"]["position"].tolist() == [5] and one["agreement"].empty
    assert other["scores"]["score"].tolist() == pytest.approx([-2, 0])
    assert other["agreement"]["variants"].tolist() == [1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("sample,ref,alt\n0,A,C\n", "no column position"),
        ("position,ref,alt\n0,A,C\n", "no column sample or sequence"),
        ("sample,position,ref,alt\n0,x,A,C\n", "position 'x' is no whole number"),
        ("sample,position,ref,alt\n99,0,A,C\n", "sample 99; allowed: 0 to 11"),
        ("sample,position,ref,alt\n0,5,A,C\n", "variant 1: A at position 5; the sequence has T"),
        ("sample,position,ref,alt\n0,500,A,C\n", "the sequence has nothing"),
        ("sample,position,ref,alt\n0,5,T,CC\n", "as many bases of ACGT in both"),
        ("sample,position,ref,alt,effect\n0,5,T,C,big\n", "effect 'big' is no number"),
        ("sample,position,ref,alt\n0,5,T\n", "row 2: 3 fields; the header has 4"),
        ("sequence,position,ref,alt\nACGT,1,C,T\n", "sequences of 4 bases; the model reads 60"),
    ],
)
def test_bad_tables_are_told_in_one_line(text, told, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as fault:
        called("variant_effects", case(), path=str(path))
    assert "\n" not in str(fault.value)


def test_agreement_counts_ranks():
    rng = np.random.default_rng(0)
    score, effect = (
        pd.Series(rng.normal(size=40)),
        pd.Series(np.where(np.arange(40) < 15, 0, rng.normal(size=40))),
    )
    row, some = agreement(score, effect, "effect"), effect.to_numpy() != 0
    assert row["spearman"] == pytest.approx(spearmanr(score, effect).statistic)
    pairs = [abs(a) > abs(b) for a in score[some] for b in score[~some]]
    assert row["auroc"] == pytest.approx(np.mean(pairs))
    assert row["same_sign"] == pytest.approx(np.mean((score * effect)[some] > 0))
