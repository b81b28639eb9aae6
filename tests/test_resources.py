"""What jobs ask a cluster for."""

import pytest

from xassay import resources


@pytest.mark.parametrize(
    ("names", "there"), [((), False), (("null", "nvidiactl"), False), (("nvidia0",), True), (("dxg",), True)]
)
def test_a_card_is_seen_among_the_devices(tmp_path, names, there):
    for name in names:
        (tmp_path / name).touch()
    assert resources.has_card(tmp_path) == there
