"""Slices of activations along a sequence, (edit, position, channel), some hanging over its ends."""

import torch
from torch.nn.functional import conv2d, pad

FEW = 16  # channels: with fewer, a convolution of a short slice is cheaper as a product with a matrix
SHORT = 4  # times the kernel
LARGEST = 4 << 20  # elements of a matrix


class Table:
    """Activations, (sample, position, channel), with margins of zeros that windows may hang over into."""

    def __init__(self, h, windows, scale, last):
        """windows: (start, width), shifted by ``scale`` up to ``last`` times."""
        self.length = h.shape[2]
        self.margin = max([0, *(-start for start, _ in windows)])
        after = max([0, *(start + width + last * scale - self.length for start, width in windows)])
        self.rows = pad(h.transpose(1, 2), (0, 0, self.margin, after)).contiguous()

    def slices(self, sample, start, width):
        """Slices from ``start``: (edit, position, channel)."""
        n_samples, length, channels = self.rows.shape
        every = self.rows.as_strided((n_samples * length - width + 1, width * channels), (channels, 1))
        return every.index_select(0, sample * length + start + self.margin).view(-1, width, channels)

    def maxima(self):
        """Largest values left of every place and from it on: (sample, place, channel)."""
        inside = self.rows.new_full(self.rows.shape, -torch.inf)
        here = slice(self.margin, self.margin + self.length)
        inside[:, here] = self.rows[:, here]
        none = torch.full_like(inside[:, :1], -torch.inf)
        right = inside.flip(1).cummax(1).values.flip(1)
        return torch.cat([none, inside.cummax(1).values], 1), torch.cat([right, none], 1)


def blank(h, start, length, value):
    """Put ``value`` into slices from ``start`` on, (edit,), where they hang over a sequence's ends."""
    place = start[:, None] + torch.arange(h.shape[1], device=h.device)
    outside = ((place < 0) | (place >= length)).flatten().nonzero()[:, 0]
    h.view(-1, h.shape[2]).index_fill_(0, outside, value)


def spliced(whole, h, start):
    """whole, (edit, channel, position), with slices put in, in place."""
    place = start[:, None] + torch.arange(h.shape[1], device=h.device)
    edit, position = ((place >= 0) & (place < whole.shape[2])).nonzero(as_tuple=True)
    whole.transpose(1, 2)[edit, place[edit, position]] = h[edit, position]
    return whole


def placed(change, first, width):
    """Slices of ``width`` positions that hold ``change`` from ``first`` on, zeros elsewhere."""
    if first == 0 and change.shape[1] == width:
        return change
    if first >= width or first + change.shape[1] <= 0:  # a stride that steps over it
        return change.new_zeros(len(change), width, change.shape[2])
    return pad(change, (0, 0, first, width - first - change.shape[1]))


def shifted(change, by, grain):
    """Slices longer by ``grain`` - 1 positions, with ``change`` from ``by``, (edit,), on."""
    if grain == 1:
        return change
    n_edits, width, channels = change.shape
    out = change.new_zeros(n_edits, width + grain - 1, channels)
    rows = torch.arange(n_edits, device=change.device)[:, None]
    out[rows, by[:, None] + torch.arange(width, device=change.device)] = change
    return out


def union(windows):
    """The least window, (start, width), that holds all of some."""
    start = min(start for start, _ in windows)
    return start, max(first + width for first, width in windows) - start


def convolved(conv, change, begin, window, prepared):
    """What a convolution makes of a change: (edit, position, channel), in a window of its output.

    conv: layers.Layer; change: (edit, position, channel), from position ``begin`` on; window: (start, width);
    prepared: a dict that keeps the convolution's weights between calls."""
    n_edits, width, channels = change.shape
    start, n_read = conv.read(*window)
    left, right = begin - start, start + n_read - begin - width  # zeros to put, or positions to leave out
    size = channels * width * conv.shape[0] * window[1]
    if conv.groups == 1 and channels < FEW and width <= SHORT * conv.kernel and size <= LARGEST:
        key = left, width, window[1]
        if key not in prepared:
            prepared[key] = _matrix(conv, *key)
        return change.flatten(1).mm(prepared[key]).view(n_edits, window[1], -1)
    if "weight" not in prepared:
        prepared["weight"] = conv.weight[:, :, None].contiguous(memory_format=torch.channels_last)
    # channels last, as slices are, and zeros that are never written: much the fastest there is on CPUs
    side = max(0, min(left, right))
    change = placed(change, left - side, n_read - 2 * side).transpose(1, 2)[:, :, None]
    sizes = (1, conv.stride), (0, side), (1, conv.dilation), conv.groups
    return conv2d(change, prepared["weight"], None, *sizes)[:, :, 0].transpose(1, 2).contiguous()


def _matrix(conv, left, width, n_out):
    """A convolution of ``width`` positions as a matrix: (position x channel, output position x channel).

    left: how many positions before them the first output reads from."""
    n_channels, n_in, _ = conv.weight.shape
    matrix = conv.weight.new_zeros(width, n_out, n_in, n_channels)
    out = torch.arange(n_out, device=matrix.device)
    for k in range(conv.kernel):
        place = out * conv.stride + k * conv.dilation - left
        inside = (place >= 0) & (place < width)
        matrix[place[inside], out[inside]] = conv.weight[:, :, k].T
    return matrix.transpose(1, 2).reshape(width * n_in, n_out * n_channels)
