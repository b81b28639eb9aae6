"""Copies, near copies and pairs of a user's sequences are in one split, whatever the split follows."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_files import odd, read, rng, table, texts

from xassay.core.errors import InputError
from xassay.core.reading_dna import plain, turned
from xassay.core.samples import SPLITS
from xassay.core.sequence_splits import arranged, joined

PARTS = [*["train"] * 5, "validation", "validation", "test", "test", "train"] * 4


def together(found, *names):
    own = found.samples.loc[list(names)]
    return own["split"].nunique() == own["group"].nunique() == 1


def changed(text, n, seed=0):
    out, random = list(text), rng(seed)
    for k in random.choice(len(text), n, replace=False):
        out[k] = random.choice([base for base in "ACGT" if base != out[k]])
    return "".join(out)


def copied():
    """Row 3 is row 1 in other letters, row 5 its other strand."""
    return odd(4, turned(texts()[0]), odd(2, texts()[0].lower().replace("t", "u")))


@pytest.mark.parametrize("seed", range(5))
def test_copies_and_other_strands_stay_together(tmp_path, seed):
    locus = [f"g{k}" for k in range(40)]
    path = table(tmp_path, sequence=copied(), locus=locus, part=PARTS)
    for options in ({}, {"group": "locus"}, {"split": "part"}, {"identity": None}):
        assert together(read(path, seed, **options), "row_1", "row_3", "row_5")


def test_alike_sequences_stay_together(tmp_path):
    given = [changed(text, 4, k) for k, text in enumerate(texts(14, 60) * 3)]
    path = table(tmp_path, sequence=given[:40], label=["a", "b"] * 20)
    for seed in range(3):
        found = read(path, seed)
        assert all(together(found, f"row_{k + 1}", f"row_{k + 15}") for k in range(14))
        assert found.samples["group"].nunique() == 14
    assert read(path, identity=None).samples["group"].nunique() == 40
    assert found.source["splits"] == "by groups of sequences alike from 0.8 on"


def test_groups_of_a_column_stay_together(tmp_path):
    locus = [f"chr{k % 7}" for k in range(40)]
    found = read(table(tmp_path, locus=locus), group="locus")
    assert (found.samples.groupby("group")["split"].nunique() == 1).all() and found.samples[
        "group"
    ].tolist() == locus


def test_a_given_split_is_kept_and_copies_leave_training(tmp_path):
    found = read(table(tmp_path, part=PARTS), split="part")
    assert found.samples["split"].tolist() == PARTS and found.source["splits"] == "as given"
    part = list(PARTS)
    part[0], part[2], part[4] = "train", "test", "validation"
    moved = read(table(tmp_path, sequence=copied(), part=part), split="part")
    assert set(moved.samples.loc[["row_1", "row_3", "row_5"], "split"]) == {"test"}
    assert moved.source["splits"] == "as given; 2 copies moved to what is held out"
    rest = [k for k in range(40) if k not in (0, 2, 4)]
    assert moved.samples["split"].iloc[rest].tolist() == [part[k] for k in rest]
    with pytest.raises(
        InputError, match="row_1 and row_3 are one sequence, or its other strand, in two splits"
    ):
        read(table(tmp_path, sequence=copied(), part=part), split="part", duplicates="refuse")


def test_a_given_split_without_validation_gets_one_from_training(tmp_path):
    part = ["TEST" if k % 7 == 4 else "Training" for k in range(40)]
    found = read(table(tmp_path, part=part), split="part")
    assert found.samples["split"].value_counts().to_dict() == {"train": 28, "validation": 6, "test": 6}
    assert (found.samples["split"] == "test").tolist() == [name == "TEST" for name in part]
    assert found.source["splits"] == "as given, validation from training"


def test_copies_are_dropped_where_asked(tmp_path):
    given = odd(2, texts()[0], odd(6, texts()[4]))
    found = read(table(tmp_path, sequence=given), duplicates="drop")
    assert sorted({f"row_{k}" for k in range(1, 41)} - set(found.samples.index)) == ["row_3", "row_7"]
    assert found.source["left_out"] == "2 copies"
    part = odd(2, "test", odd(0, "train", PARTS))
    held = read(table(tmp_path, sequence=given, part=part), split="part", duplicates="drop")
    assert "row_1" not in held.samples.index and held.samples.loc["row_3", "split"] == "test"


def test_copies_with_two_labels(tmp_path):
    path = table(tmp_path, sequence=odd(1, texts()[0].lower()))
    told = "row_1 and row_2 are one sequence with two labels, a and b; allowed: one label, or conflicts"
    with pytest.raises(InputError, match=told):
        read(path)
    assert (
        len(read(path, conflicts="drop").samples) == 38
        and "row_1" not in read(path, conflicts="drop").samples.index
    )
    kept = read(path, conflicts="keep")
    assert kept.samples["label"].tolist()[:2] == [0, 1] and together(kept, "row_1", "row_2")
    other = table(tmp_path, sequence=odd(1, turned(texts()[0])))
    assert together(read(other), "row_1", "row_2")  # another strand may do another thing


def test_measurements_of_one_sequence_are_kept_or_averaged(tmp_path):
    path = table(tmp_path, sequence=odd(1, texts()[0]), label=[3.0, 4.0, *range(38)])
    assert together(read(path, task="regression"), "row_1", "row_2")
    mean = read(path, task="regression", conflicts="mean")
    assert (
        mean.samples["label"].iloc[0] == 3.5 and "row_2" not in mean.samples.index and len(mean.samples) == 39
    )


def test_too_few_groups_are_told(tmp_path):
    given = [changed(texts(1)[0], 3, k) for k in range(40)]
    told = "class [ab] occurs in 1 group.*the largest of 1 groups holds 40 of 40 sequences; give a split or a group"
    with pytest.raises(InputError, match=told):
        read(table(tmp_path, sequence=given))


def test_the_seed_decides(tmp_path):
    path = table(tmp_path)
    splits = [read(path, seed).samples["split"].tolist() for seed in (1, 1, 2)]
    assert splits[0] == splits[1] != splits[2]


ROWS = st.tuples(
    *(
        st.integers(0, 11),
        st.booleans(),
        st.sampled_from("uvwxyz"),
        st.sampled_from(SPLITS),
        st.integers(0, 30),
    )
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(ROWS, min_size=12, max_size=40),
    st.sets(st.sampled_from(["group", "split", "pair"])),
    st.integers(0, 9),
)
def test_no_copy_and_no_pair_is_in_two_splits(rows, known, seed):
    base = texts(12, 30)
    own = [turned(base[k]) if other else base[k].lower() for k, other, *_ in rows]
    frame = pd.DataFrame(rows, columns=["k", "other", "group", "split", "pair"]).astype({"pair": str})
    frame["split"] = [*SPLITS, *frame["split"][3:]]
    frame = frame[sorted(known)].assign(id=[f"s{k}" for k in range(len(rows))])
    strata = ["any"] * len(rows)
    try:
        split, group, _ = arranged(
            frame, own, pd.Series(strata).to_numpy(), "f", rng(seed),
            fractions=(0.6, 0.2, 0.2), identity=0.9, duplicates="group",
        )  # fmt: skip
    except InputError as fault:
        assert "occurs in" in str(fault) and "\n" not in str(fault)
        return
    of = pd.DataFrame(
        {"split": split, "group": group, "copy": [min(plain(t), turned(plain(t))) for t in own]}
    )
    for name in ("group" if "split" not in known else "copy", "copy"):
        assert (of.groupby(name)["split"].nunique() == 1).all()
    if "pair" in known:
        assert (of.assign(pair=frame["pair"]).groupby("pair")["split"].nunique() == 1).all()
    if known == {"split"}:
        held = frame["split"].map(SPLITS.index)
        assert (of["split"].map(SPLITS.index) == held.groupby(of["copy"]).transform("max")).all()


def test_groupings_are_joined_through_what_they_share():
    assert joined(list("aabbcd"), list("xyyzzw")).tolist() == [0, 0, 0, 0, 0, 1]
    assert joined(list("xxy"), list("abc")) == list("xxy")
