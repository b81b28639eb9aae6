"""Known sites of a user's sequences: the truth that they are; what is refused, in one line."""

import numpy as np
import pytest
from sequence_files import read, table

from xassay.core.contracts import UNSIGNED
from xassay.core.errors import InputError


def sited(folder, text, **options):
    (folder / "sites.csv").write_text(text)
    return read(table(folder), elements=str(folder / "sites.csv"), **options)


def test_known_sites_are_the_truth(tmp_path):
    text = "id,start,stop,name,sign,strand\nrow_1,3,9,E-box,,-\nrow_2,0,7,TATA,-1,+\nrow_3,28,40,end,1,\n"
    found = sited(tmp_path, text + "row_3,2,10,decoy,0,\nrow_2,0,2,cut,1,\n", length=36)
    truth = found.truth(["row_1", "row_2", "row_3", "row_4"])
    assert (truth[0, 1:7] == UNSIGNED).all() and (truth[1, :5] == -1).all() and (truth[2, 26:] == 1).all()
    assert (truth[0, 7:] == 0).all() and (truth[2, :26] == 0).all() and np.isnan(truth[3]).all()
    assert found.elements["name"].tolist() == ["E-box", "TATA", "end", "decoy"]
    assert found.elements["causal"].tolist() == [True, True, True, False]
    assert found.elements["strand"].tolist() == ["-", "+", ".", "."]
    assert found.decoys(["row_3"])[0, :8].tolist() == [1] * 8


def test_sites_of_bed_and_of_both_signs(tmp_path):
    found = sited(tmp_path, "row_1\t3\t9\tE-box\t7.5\t-\nrow_2\t1\t2\n")
    assert found.elements["score"].iloc[0] == 7.5 and found.elements["strand"].tolist() == ["-", "."]
    assert found.elements["name"].tolist() == ["E-box", "site"] and found.planted[0].sum() == 6 * UNSIGNED
    both = sited(tmp_path, "sample,start,end,name,sign\nrow_1,0,6,up,1\nrow_1,4,9,down,-1\n")
    assert both.planted[0, :10].tolist() == [1, 1, 1, 1, 2, 2, -1, -1, -1, 0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "id,start,stop\nrow_1,x,5\n",
            "row 1: start 'x', stop '5'; allowed: whole numbers from 0, start below",
        ),
        ("id,start,stop\nrow_1,,5\n", "row 1: start '', stop '5'"),
        ("id,start,stop\nrow_1,1,5\nrow_1,7,7\n", "row 2: start '7', stop '7'"),
        ("id,start,stop\nrow_1,1.5,7\n", "row 1: start '1.5'"),
        ("id,start,stop\nrow_1,30,41\n", "site site of row_1 ends at 41; allowed: 40, its bases"),
        ("id,start,stop\nrow_99,1,4\n", "id 'row_99' is of no sequence; allowed: ids of the sequences"),
        ("id,start,stop,sign\nrow_1,1,4,up\n", "row 1: sign 'up'; allowed: 1, -1, 0, or nothing"),
        ("id,start,stop,strand\nrow_1,1,4,1\n", "row 1: strand '1'; allowed: +, -, ."),
        ("id,start,name\nrow_1,1,4\n", "has no column 'stop'; allowed: id, start, stop, name"),
        ("id,start,stop\n", "has a header and no row"),
    ],
)
def test_sites_that_cannot_be_are_refused_in_a_line(tmp_path, text, told):
    with pytest.raises(InputError) as raised:
        sited(tmp_path, text)
    assert told in str(raised.value) and "\n" not in str(raised.value)
