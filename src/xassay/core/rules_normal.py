"""DeepLIFT's rules of softmax and of layers that normalise, taken apart into steps that have exact rules.

softmax is exp(z - L), L the logarithm of the sum of exp(z); each of the three functions has the chord as its
slope. A normalised element is the product of its distance from the mean and of 1 / sd, the variance a square.
No step reads another sample. The rules for the whole are those of tangermeme 1.6, arranged so
that nothing overflows or cancels.
"""

import torch


def chord_of_exp(x, r):
    """(exp(x) - exp(r)) / (x - r), without overflow before exp(max(x, r)) does."""
    apart = (x - r).abs().nan_to_num(nan=0.0, posinf=torch.inf)
    share = torch.where(apart == 0, 1.0, -torch.expm1(-apart) / apart)
    return torch.maximum(x, r).exp() * share


def chords_of_sum(x, r, axis):
    """logsumexp of x and of r, and the slope of it in every element."""
    one, other = x.logsumexp(axis, keepdim=True), r.logsumexp(axis, keepdim=True)
    top, apart = torch.maximum(one, other), (one - other).abs()
    grown = torch.where(apart == 0, 1.0, apart / -torch.expm1(-apart))
    return one, other, grown * chord_of_exp(x - top, r - top)


def softmax(step, slopes):
    """softmax and log-softmax along an axis."""
    step.only_first()
    x, r, axis = step.x(), step.r(), step.call.args[1]
    one, other, chords = chords_of_sum(x, r, axis)
    slope = slopes[0]
    if step.call.name != "_log_softmax":
        slope = slope * chord_of_exp(x - one, r - other)
    return [slope - slope.sum(axis, keepdim=True) * chords]


def log_sum(step, slopes):
    """logsumexp along axes."""
    x, r, axes = step.x(), step.r(), step.call.args[1]
    slope = slopes[0].reshape(x.sum(axes, keepdim=True).shape)
    return [slope * chords_of_sum(x, r, axes)[2]]


def normal(slope, x, r, scale_x, scale_r):
    """Slopes of elements of (x - mean) * scale, normalised along the last axis; scale = 1 / sd."""
    found = scaled(slope, *(value - value.mean(-1, keepdim=True) for value in (x, r)), scale_x, scale_r)
    return found - found.mean(-1, keepdim=True)


def scaled(slope, x, r, scale_x, scale_r):
    """Slopes of elements of x * scale; scale = 1 / the root of their mean square."""
    middle = (x + r) / 2
    chord = -(scale_x * scale_r).square() / (scale_x + scale_r)  # of scale in the mean square
    varied = (slope * middle).mean(-1, keepdim=True) * 2 * chord
    return slope * (scale_x + scale_r) / 2 + varied * middle


def layer_norm(step, slopes):
    """native_layer_norm: of the last axes together."""
    step.only_first()
    axes, weight = len(step.call.args[1]), step.call.args[2]
    slope = slopes[0] if weight is None else slopes[0] * weight
    flat = (value.flatten(-axes) for value in (slope, step.x(), step.r()))
    scales = (value.flatten(-axes) for value in (step.out_x(2), step.out_r(2)))
    return [normal(*flat, *scales).view(step.r().shape)]


def group_norm(step, slopes):
    """native_group_norm: of groups of channels."""
    step.only_first()
    weight, groups = step.call.args[1], step.call.args[6]
    slope = slopes[0] if weight is None else slopes[0] * weight.view(-1, *[1] * (slopes[0].dim() - 2))
    flat = (value.reshape(len(slope), groups, -1) for value in (slope, step.x(), step.r()))
    return [normal(*flat, step.out_x(2)[..., None], step.out_r(2)[..., None]).view(step.r().shape)]


def root_norm(step, slopes):
    """_fused_rms_norm: by the root of the mean square."""
    step.only_first()
    axes, weight = len(step.call.args[1]), step.call.args[2]
    slope = slopes[0] if weight is None else slopes[0] * weight
    flat = (value.flatten(-axes) for value in (slope, step.x(), step.r()))
    scales = (value.flatten(-axes) for value in (step.out_x(1), step.out_r(1)))
    return [scaled(*flat, *scales).view(step.r().shape)]


def instance_norm(step, slopes):
    """native_batch_norm of a batch of one with its own statistics, which is how torch computes it."""
    weight, shape = step.call.args[1], step.r().shape
    slope = slopes[0] if weight is None else slopes[0] * weight.view(-1, *[1] * (slopes[0].dim() - 2))
    flat = (value.reshape(shape[1], -1) for value in (slope, step.x(), step.r()))
    return [normal(*flat, step.out_x(2)[:, None], step.out_r(2)[:, None]).view(shape)]


RULES = dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax"), softmax) | dict(
    logsumexp=log_sum, native_layer_norm=layer_norm, native_group_norm=group_norm, _fused_rms_norm=root_norm
)
