"""Slices of activations along a sequence, (edit, position, channel), some hanging over its ends."""

import torch
from torch.nn.functional import pad


class Table:
    """Activations, (sample, position, channel), with margins of zeros that windows may hang over into."""

    def __init__(self, h, windows, scale, last):
        """windows: (start, width), shifted by ``scale`` up to ``last`` times."""
        self.scale, self.length = scale, h.shape[2]
        self.margin = max([0, *(-start for start, _ in windows)])
        after = max([0, *(start + width + last * scale - self.length for start, width in windows)])
        self.rows = pad(h.transpose(1, 2), (0, 0, self.margin, after)).contiguous()
        self.widest = h.shape[1] * max((width for _, width in windows), default=0)

    def slices(self, sample, start, width):
        """Slices from ``start``: (edit, position, channel)."""
        n_samples, length, channels = self.rows.shape
        every = self.rows.as_strided((n_samples * length - width + 1, width * channels), (channels, 1))
        return every.index_select(0, sample * length + start + self.margin).view(-1, width, channels)

    def blank(self, h, start, value):
        """Slices with ``value`` beyond the ends, in place."""
        place = start[:, None] + torch.arange(h.shape[1], device=h.device)
        outside = (place < 0) | (place >= self.length)
        return h.masked_fill_(outside[..., None], value) if outside.any() else h

    def spliced(self, whole, h, start):
        """whole, (edit, channel, position), with slices put in."""
        place = start[:, None] + torch.arange(h.shape[1], device=h.device)
        edit, position = ((place >= 0) & (place < self.length)).nonzero(as_tuple=True)
        whole.transpose(1, 2)[edit, place[edit, position]] = h[edit, position]
        return whole

    def maxima(self):
        """Largest values left of every place and from it on: (sample, place, channel)."""
        inside = self.rows.new_full(self.rows.shape, -torch.inf)
        here = slice(self.margin, self.margin + self.length)
        inside[:, here] = self.rows[:, here]
        none = torch.full_like(inside[:, :1], -torch.inf)
        right = inside.flip(1).cummax(1).values.flip(1)
        return torch.cat([none, inside.cummax(1).values], 1), torch.cat([right, none], 1)


def placed(change, first, width):
    """Slices of ``width`` positions that hold ``change`` from ``first`` on, zeros elsewhere."""
    if first >= width or first + change.shape[1] <= 0:  # a stride that steps over it
        return change.new_zeros(len(change), width, change.shape[2])
    return pad(change, (0, 0, first, width - first - change.shape[1]))
