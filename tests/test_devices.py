"""Devices: auto takes what there is, a job has its card to itself, a recurrent layer has a gradient."""

import os

import pytest
import torch

from xassay.core import devices
from xassay.core.errors import InputError


@pytest.fixture
def cards(monkeypatch, tmp_path):
    """Makes torch see so many cards; locks lie in a folder of the test."""
    monkeypatch.setattr(devices.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(devices, "settle", lambda: None)
    monkeypatch.setattr(devices, "HELD", [])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def see(count):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    yield see
    for lock in devices.HELD:
        os.close(lock)


@pytest.mark.parametrize(("count", "device"), [(0, "cpu"), (1, "cuda:0"), (3, "cuda:0")])
def test_auto_takes_a_card_where_there_is_one(cards, capsys, count, device):
    cards(count)
    assert devices.usable("auto") == torch.device(device)
    assert capsys.readouterr().out == f"device: {device}\n"


def test_jobs_have_a_card_each_and_share_when_there_is_none_left(cards):
    cards(2)
    assert [str(devices.usable("cuda")) for _ in range(2)] == ["cuda:0", "cuda:1"]
    assert str(devices.usable("cuda")) == f"cuda:{os.getpid() % 2}"
    os.close(devices.HELD.pop(0))
    assert str(devices.usable("cuda")) == "cuda:0"


def test_a_card_is_known_by_what_the_machine_calls_it(cards, monkeypatch, tmp_path, capsys):
    cards(2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert str(devices.usable("cuda")) == "cuda:0"
    assert capsys.readouterr().out == "device: cuda:0, CUDA_VISIBLE_DEVICES=2,3\n"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,2")
    assert [str(devices.usable("cuda")) for _ in range(2)] == ["cuda:0", f"cuda:{os.getpid() % 2}"]
    assert sorted(path.name for path in next(tmp_path.iterdir()).iterdir()) == ["2", "3"]


def test_a_number_is_taken_at_its_word(cards):
    cards(2)
    assert [str(devices.usable("cuda:1")) for _ in range(2)] == ["cuda:1", "cuda:1"]
    with pytest.raises(InputError, match="device: 'cuda:2', but torch sees 2 GPU"):
        devices.usable("cuda:2")


@pytest.mark.parametrize(("module", "enabled"), [(torch.nn.LSTM(2, 2), False), (torch.nn.Linear(2, 2), True)])
def test_cudnn_is_left_out_where_it_has_no_gradient(monkeypatch, module, enabled):
    monkeypatch.setattr(torch.backends.cudnn, "enabled", True)
    assert devices.differentiable(torch.nn.Sequential(module))[0] is module
    assert torch.backends.cudnn.enabled == enabled
