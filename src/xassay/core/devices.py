"""The device that a job computes on: the processor, or one graphics card that it has to itself."""

import fcntl
import os
import re
import tempfile
from pathlib import Path

import torch

from xassay.core.errors import InputError

ALLOWED = "allowed: auto, cpu, cuda, cuda:N"
HELD = []  # locks of this process: the operating system frees them when it ends, however it ends


def usable(name):
    """The torch device ``name``, ready to use, and a line about it. Raises InputError where there is none.

    auto: a card where torch sees one, else the processor. cuda: a card that no other job of this user on this
    machine has, for Snakemake counts cards and gives no numbers; SLURM shows a job its own alone."""
    try:
        device = torch.device("cpu" if name == "auto" else name)
    except RuntimeError:
        raise InputError(f"device: {name!r} is unknown; {ALLOWED}") from None
    if device.type not in ("cpu", "cuda"):
        raise InputError(f"device: {name!r} is not supported; {ALLOWED}")
    seen = torch.cuda.device_count()
    if device.type == "cuda" and not (device.index or 0) < seen:
        raise InputError(f"device: {name!r}, but torch sees {seen} GPU(s) on this machine; allowed: cpu")
    if name in ("auto", "cuda") and seen:
        device = torch.device("cuda", free(seen))
    if device.type == "cuda":
        settle()
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    print(f"device: {device}{'' if shown is None else f', CUDA_VISIBLE_DEVICES={shown}'}", flush=True)
    return device


def settle():
    """A card that computes in full float32 and repeats itself; where torch cannot, as in the way back through
    maximum pooling, it warns."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("warn")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


def differentiable(model):
    """``model``, after seeing to it that its gradient can be had in eval mode on a card: cuDNN's recurrent
    layers have none there, torch's own do."""
    if any(isinstance(module, torch.nn.RNNBase) for module in model.modules()):
        torch.backends.cudnn.enabled = False
    return model


def free(seen):
    """The number of a card that no other job has, among ``seen``; where all are taken, one is shared."""
    if seen == 1:
        return 0
    folder = Path(tempfile.gettempdir(), f"xassay-cards-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    shown = [word for word in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if word]
    names = shown if len(shown) >= seen else [str(number) for number in range(seen)]
    for number in range(seen):
        lock = os.open(folder / re.sub(r"\W", "_", names[number]), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        HELD.append(lock)
        return number
    return os.getpid() % seen
