"""Positional encodings: what tells a transformer where a token is."""

import math

import torch
from torch import nn

ENCODINGS = ("none", "one_hot_distance", "binary", "sinusoidal", "relative")


class Places(nn.Module):
    """Encoding of at most ``length`` places, added to tokens of ``width`` and to the logits of ``heads``.

    none: order is not told. binary: the bits of the place, by a learned matrix. sinusoidal: sines and cosines
    of wave lengths from 2 pi to 10,000 (vaswani2017). one_hot_distance: a learned logit for every distance |i
    - j|. relative: one for every i - j, which knows before from behind (shaw2018)."""

    def __init__(self, kind, length, width, heads):
        super().__init__()
        self.kind, self.length = kind, length
        if kind == "binary":
            bits = max(1, (length - 1).bit_length())
            code = (torch.arange(length)[:, None] >> torch.arange(bits)) & 1
            self.register_buffer("code", code.float(), persistent=False)
            self.project = nn.Linear(bits, width, bias=False)
        elif kind == "sinusoidal":
            rate = torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
            angle = torch.arange(length)[:, None] * rate
            code = torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :width]
            self.register_buffer("code", code, persistent=False)
        elif kind in ("one_hot_distance", "relative"):
            self.bias = nn.Parameter(
                torch.zeros(heads, length if kind == "one_hot_distance" else 2 * length - 1)
            )

    def added(self, h):
        """Tokens with their places: (sample, token, width)."""
        if self.kind == "binary":
            return h + self.project(self.code[: h.shape[1]])
        return h + self.code[: h.shape[1]] if self.kind == "sinusoidal" else h

    def logits(self, count):
        """What is added to attention logits: (head, query, key), or None."""
        if self.kind not in ("one_hot_distance", "relative"):
            return None
        place = torch.arange(count, device=self.bias.device)
        apart = place[:, None] - place
        return self.bias[:, apart.abs() if self.kind == "one_hot_distance" else apart + self.length - 1]
