"""DeepLIFT's rules of sums, products and moves of elements, and of what a few of them make up.

Of a product both orders in which its factors may change are averaged: each factor's slope is the mean of the
other one's two values. That is the gradient half way, exact up to degree two; of longer products the gradient
is integrated along the way by as many Gauss-Legendre points as that is exact with.
"""

import numpy as np
import torch

from xassay.core.rules import gradient, gradient_at, midpoint
from xassay.core.rules_normal import chord_of_exp, instance_norm

LINEAR = """neg mean sum nansum cumsum trace diagonal diag_embed tril triu where masked_fill fill zero copy
real expand repeat select slice split split_with_sizes unsafe_split unsafe_split_with_sizes unbind
unfold cat stack index index_select index_add index_copy index_fill index_put gather scatter
scatter_add masked_select take flip roll as_strided slice_scatter select_scatter diagonal_scatter
constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d
replication_pad2d replication_pad3d avg_pool2d avg_pool3d _adaptive_avg_pool2d
_adaptive_avg_pool3d im2col col2im pixel_shuffle pixel_unshuffle upsample_nearest1d
upsample_nearest2d upsample_nearest3d upsample_linear1d upsample_bilinear2d upsample_bicubic2d
upsample_trilinear3d _native_batch_norm_legit_no_training"""
SECOND = "addbmm baddbmm addmv addr mv dot vdot square var var_mean lerp addcmul _trilinear"
SHAPED = "view _unsafe_view reshape _reshape_alias squeeze unsqueeze flatten"
SAME = "clone _to_copy detach alias lift_fresh contiguous"


def shaped(step, slopes):
    """The same elements in the same order."""
    return [slopes[0].reshape(step.r().shape)]


def same(step, slopes):
    """The same elements, perhaps of another type."""
    return [slopes[0].to(step.r().dtype)]


def turned(step, slopes):
    """Axes in another order."""
    args = step.call.args
    if step.call.name == "permute":
        order = [d % len(args[1]) for d in args[1]]
        return [slopes[0].permute(sorted(range(len(order)), key=order.__getitem__))]
    return [slopes[0].mT if step.call.name == "t" else slopes[0].transpose(args[1], args[2])]


def summed(step, slopes):
    """add, sub and rsub of two, one of which may be broadcast."""
    by = step.call.kwargs.get("alpha", step.call.args[2] if len(step.call.args) > 2 else 1)
    factors = {"add": (1, by), "sub": (1, -by), "rsub": (-by, 1)}[step.call.name]

    def part(at, value):
        slope = slopes[0] if factors[at] == 1 else slopes[0] * factors[at]
        return slope.sum_to_size(value.shape)

    return step.each(part)


def product(step, slopes):
    """Elementwise: the slope of each factor is the other, half way."""
    return step.each(lambda at, value: (slopes[0] * step.argument(1 - at)).sum_to_size(value.shape))


def matrices(step, slopes):
    """Products of matrices."""
    return step.each(
        lambda at, value: slopes[0] @ step.argument(1).mT if at == 0 else step.argument(0).mT @ slopes[0]
    )


def affine(step, slopes):
    """A linear layer whose weights are fixed."""
    if step.call.places != ((1, None),) or step.call.kwargs:
        return midpoint(step, slopes)
    return [slopes[0] @ step.call.args[2].mT]


def convolution(step, slopes):
    """A convolution whose weights are fixed."""
    if step.call.places != ((0, None),):
        return midpoint(step, slopes)
    _, weight, bias, *rest = step.call.args
    backward = torch.ops.aten.convolution_backward
    return [backward(slopes[0], step.r(), weight, None, *rest, (True, False, False))[0]]


def put(step, slopes):
    """as_strided_scatter: elements of a memory replaced by others."""
    whole, _, *window = step.call.args
    slope = torch.empty_strided(whole.size(), whole.stride(), dtype=whole.dtype, device=whole.device)
    slope.copy_(slopes[0])
    inside = slope.as_strided(*window).clone()
    slope.as_strided(*window).zero_()
    return step.each(lambda at, value: inside if at else slope)


def quotient(step, slopes):
    """A product with the reciprocal, whose chord has the slope -1 / (b_x b_r).

    Where neither term changes its sign, that would be the difference of two large numbers whenever both have
    grown much, as in a share of a whole: there it is exp(log a - log b), as softmax is, by the slopes of
    these functions' chords."""
    step.refuse(step.call.kwargs.get("rounding_mode") is not None, "with rounding")
    if len(step.call.places) == 2 and all(step.live):
        return _shares(step, slopes[0])
    x = r = step.call.args[1]
    if step.call.places[-1] == (1, None):
        x, r = step.x(-1), step.r(-1)

    def part(at, value):
        slope = -step.argument(0) / (x * r) if at else (1 / x + 1 / r) / 2
        return (slopes[0] * slope).sum_to_size(value.shape)

    return step.each(part)


def _shares(step, slope):
    """Slopes of a and of b in a / b."""
    a, b, c, d = step.x(0), step.x(1), step.r(0), step.r(1)
    kept = (a.sign() * c.sign() > 0) & (b.sign() * d.sign() > 0)
    logs = [torch.where(kept, part.abs(), 1.0).log() for part in (a, c, b, d)]
    grown = chord_of_exp(logs[0] - logs[2], logs[1] - logs[3])
    of_a = grown / chord_of_exp(logs[0], logs[1]) * b.sign()
    of_b = -grown / chord_of_exp(logs[2], logs[3]) * a.sign()
    of_a = torch.where(kept, of_a, (1 / b + 1 / d) / 2)
    of_b = torch.where(kept, of_b, -(a + c) / 2 / (b * d))
    return [(slope * of_a).sum_to_size(c.shape), (slope * of_b).sum_to_size(d.shape)]


def batch_norm(step, slopes):
    """With fixed statistics. Those of the batch would couple samples, but for a batch of one."""
    step.only_first()
    _, weight, _, _, var, training, _, eps = step.call.args
    if training:
        step.refuse(len(step.r()) > 1, "in training mode")
        return instance_norm(step, slopes)
    scale = (var + eps).rsqrt() * (1 if weight is None else weight)
    return [slopes[0] * scale.view(-1, *[1] * (slopes[0].dim() - 2))]


def long_product(step, slopes):
    """The product of all elements along an axis: the gradient's mean along the way from reference to x."""
    x, r = step.x(), step.r()
    axis = step.call.args[1] if len(step.call.args) > 1 else None
    nodes, weights = np.polynomial.legendre.leggauss((x.numel() if axis is None else x.shape[axis]) // 2 + 1)
    parts = [
        gradient_at(step, [r + (x - r) * (n + 1) / 2], slopes)[0] * w / 2 for n, w in zip(nodes, weights)
    ]
    return [sum(parts)]


def length(step, slopes):
    """Euclidean norm, the root of a sum of squares: the chord of the root is 1 / (n_x + n_r)."""
    step.refuse(len(step.call.args) > 1 and step.call.args[1] != 2, "of another order than 2")
    x, r = step.x(), step.r()
    axes = step.call.args[2] if len(step.call.args) > 2 else None
    kept = len(step.call.args) > 3 and step.call.args[3]
    slope = slopes[0] / (step.out_x() + step.out_r())
    slope = torch.where(step.out_x() + step.out_r() > 0, slope, 0.0)
    if axes and not kept:
        for axis in sorted(d % x.dim() for d in axes):
            slope = slope.unsqueeze(axis)
    return [slope * (x + r)]


def deviation(step, slopes):
    """Standard deviation, the root of the variance: likewise."""
    both = step.out_x() + step.out_r()
    slope = torch.where(both > 0, slopes[0] / both, 0.0)
    return midpoint(step.calling(torch.ops.aten.var.correction), [slope])


RULES = (
    dict.fromkeys(LINEAR.split(), gradient)
    | dict.fromkeys(SECOND.split(), midpoint)
    | dict.fromkeys(SHAPED.split(), shaped)
    | dict.fromkeys(SAME.split(), same)
    | dict.fromkeys(("t", "transpose", "permute"), turned)
    | dict.fromkeys(("add", "sub", "rsub"), summed)
    | dict.fromkeys(("mm", "bmm"), matrices)
    | dict(as_strided_scatter=put, mul=product, div=quotient, addmm=affine, convolution=convolution)
    | dict.fromkeys(("native_batch_norm", "cudnn_batch_norm", "miopen_batch_norm"), batch_norm)
    | dict(prod=long_product, linalg_vector_norm=length, std=deviation)
)
