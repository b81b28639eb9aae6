"""DeepLIFT's rule of the largest value of a window, as DeepSHAP has it: Lundberg and Lee (2017), its
software.

The way from the reference's maximum to the sample's leads over the larger of the two: what it rises goes to
the sample's largest element, what it falls to the reference's. So either rises or falls by the whole
difference, at an element that has changed by at least as much, and slopes are at most 1. Where windows
overlap an element's shares add up.
"""

import torch


def routed(slope, x, r, highest_x, highest_r, index_x, index_r):
    """Slopes of elements. x, r: (..., element); slope, highest and their indices: (..., window)."""
    rises = highest_x >= highest_r
    index = torch.where(rises, index_x, index_r)
    apart = x.gather(-1, index) - r.gather(-1, index)
    share = (highest_x - highest_r) / apart
    share = torch.where(apart == 0, 1.0, share) * slope
    return torch.zeros_like(x).scatter_add_(-1, index, share)


def windows(step, slopes):
    """max_pool2d and its like, which tell the indices within a sample's channel."""
    step.only_first()
    axes = 3 if step.call.name.endswith(("3d", "3d_with_indices")) else 2
    flat = [
        part.flatten(-axes) for part in (slopes[0], *pairs(step.x, step.r), *pairs(step.out_x, step.out_r))
    ]
    index = [made(1).flatten(-axes) for made in (step.out_x, step.out_r)]
    return [routed(*flat, *index).view(step.r().shape)]


def extreme(step, slopes):
    """The largest or smallest along axes."""
    x, r = step.x(), step.r()
    axes = step.call.args[1] if len(step.call.args) > 1 else ()
    axes = [axes] if isinstance(axes, int) else list(axes)
    axes = sorted(d % x.dim() for d in axes) or list(range(x.dim()))
    sign = -1 if step.call.name in ("min", "amin") else 1
    end = list(range(-len(axes), 0))
    x, r = (sign * value.movedim(axes, end).flatten(-len(axes)) for value in (x, r))
    top = [value.argmax(-1, keepdim=True) for value in (x, r)]
    highest = [value.gather(-1, index) for value, index in zip((x, r), top)]
    slope = slopes[0].reshape(highest[0].shape)
    found = routed(slope, x, r, *highest, *top)
    shape = step.r().movedim(axes, end).shape
    return [found.view(shape).movedim(end, axes)]


def larger(step, slopes):
    """The larger or smaller of two, element by element."""
    sign = -1 if step.call.name == "minimum" else 1
    both = [list(step.call.args[:2]) for _ in range(2)]
    for k, (at, _) in enumerate(step.call.places):
        both[0][at], both[1][at] = step.x(k), step.r(k)
    x, r = (sign * torch.stack(torch.broadcast_tensors(*pair), -1) for pair in both)
    top = [value.argmax(-1, keepdim=True) for value in (x, r)]
    highest = [value.gather(-1, index) for value, index in zip((x, r), top)]
    found = routed(slopes[0][..., None], x, r, *highest, *top)
    return step.each(lambda at, value: found[..., at].sum_to_size(value.shape))


def pairs(*of):
    """The first of each."""
    return [one(0) for one in of]


RULES = (
    dict.fromkeys(("max", "min", "amax", "amin"), extreme)
    | dict.fromkeys(("maximum", "minimum"), larger)
    | dict.fromkeys(
        ("max_pool2d_with_indices", "max_pool3d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool3d"),
        windows,
    )
)
