"""Rules of DeepLIFT for layers made of several steps: softmax, normalisation, attention, LSTM.

Each is written out in steps that have rules of their own (core/paired.py). mode: the
core.multiplied.Multiplied that sees the call; the other arguments are the call's.
"""

from functools import partial

import torch
from torch.nn import functional

from xassay.core.errors import InputError
from xassay.core.paired import Largest, dependent


def softmax(mode, z, dim=None, dtype=None, **kwargs):
    """exp(z) over its sum, shifted by what is the same for a sample and all of its references."""
    grouped = z.detach().unflatten(0, (mode.pairs.groups, -1))
    dim = dim % z.dim()
    if dim == 0:
        raise InputError("deep_lift: no rule for a softmax over samples; allowed: over another axis")
    top = grouped.amax(0).amax(dim, keepdim=True).repeat(mode.pairs.groups, *[1] * (z.dim() - 1))
    wide = mode.pointwise(torch.exp, (z - top).double())
    total = mode.pointwise(torch.reciprocal, wide.sum(dim, keepdim=True))
    return mode.times(wide, total, torch.mul).to(z.dtype)


def log_softmax(mode, z, dim=None, dtype=None, **kwargs):
    """z less the logarithm of the sum of exp(z)."""
    return z - logsumexp(mode, z, dim, keepdim=True)


def logsumexp(mode, z, dim, keepdim=False):
    """log(sum(exp(z))), shifted as ``softmax``."""
    top = z.detach().unflatten(0, (mode.pairs.groups, -1)).amax(0).amax(dim, keepdim=True)
    top = top.repeat(mode.pairs.groups, *[1] * (z.dim() - 1))
    total = mode.pointwise(torch.exp, (z - top).double()).sum(dim, keepdim=True)
    out = mode.pointwise(torch.log, total).to(z.dtype) + top
    return out if keepdim else out.squeeze(dim)


def standardised(mode, z, axes, eps):
    """z less its mean over some axes, over its standard deviation."""
    centred = z - z.mean(axes, keepdim=True)
    variance = mode.pointwise(torch.square, centred).mean(axes, keepdim=True)
    return mode.times(centred, mode.pointwise(partial(inverse_root, eps=eps), variance), torch.mul)


def layer_norm(mode, z, normalized_shape, weight=None, bias=None, eps=1e-5, *rest):
    """Layer normalisation."""
    axes = tuple(range(-len(normalized_shape), 0))
    return affine(standardised(mode, z, axes, eps), weight, bias)


def rms_norm(mode, z, normalized_shape, weight=None, eps=None):
    """Normalisation by the root mean square."""
    axes = tuple(range(-len(normalized_shape), 0))
    size = mode.pointwise(torch.square, z).mean(axes, keepdim=True)
    eps = torch.finfo(z.dtype).eps if eps is None else eps
    return affine(
        mode.times(z, mode.pointwise(partial(inverse_root, eps=eps), size), torch.mul), weight, None
    )


def group_norm(mode, z, num_groups, weight=None, bias=None, eps=1e-5, *rest):
    """Group normalisation: (sample, channel, ...)."""
    grouped = z.unflatten(1, (num_groups, -1))
    out = standardised(mode, grouped, tuple(range(2, grouped.dim())), eps).flatten(1, 2)
    shape = (1, -1, *[1] * (z.dim() - 2))
    return affine(out, *(None if part is None else part.view(shape) for part in (weight, bias)))


def amax(mode, z, dim=(), keepdim=False):
    """The largest value along one axis."""
    axis = dim[0] if isinstance(dim, tuple | list) and len(dim) == 1 else dim
    if not isinstance(axis, int) or axis % z.dim() == 0:
        raise InputError("deep_lift: no rule for amax over several axes or samples; allowed: one other axis")
    moved = z.movedim(axis, -1)
    out = Largest.apply(moved, mode.pairs, lambda v: v.max(-1, keepdim=True), 1)
    return out.movedim(-1, axis) if keepdim else out.squeeze(-1)


def largest(mode, z, dim=None, keepdim=False):
    """Largest values along an axis, and where they are."""
    if not isinstance(dim, int):
        raise InputError("deep_lift: no rule for max of two values; allowed: along an axis")
    return torch.return_types.max((amax(mode, z, dim, keepdim), z.detach().max(dim, keepdim).indices))


def adaptive_max_pool1d(mode, z, output_size, return_indices=False):
    """The largest value of a whole axis."""
    if output_size not in (1, (1,), [1]) or return_indices:
        raise InputError("deep_lift: no rule for adaptive_max_pool1d to more than 1; allowed: max_pool1d")
    return amax(mode, z, -1, True)


def scaled_dot_product_attention(
    mode, query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **_
):
    """softmax(q k / sqrt(width)) v."""
    logits = mode.times(query, key.transpose(-1, -2), torch.matmul)
    logits = logits * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(logits.shape[-2:], dtype=torch.bool, device=logits.device).tril()
    if attn_mask is not None:
        masked = attn_mask.dtype == torch.bool
        logits = logits.masked_fill(~attn_mask, -1e9) if masked else logits + attn_mask
    return mode.times(softmax(mode, logits, -1), value, torch.matmul)


def multi_head_attention_forward(
    mode, query, key, value, width, heads, weight, bias, bias_k, bias_v, add_zero_attn, dropout_p, out,
    out_bias, training=False, key_padding_mask=None, need_weights=True, attn_mask=None, **others,
):  # fmt: skip
    """torch.nn.MultiheadAttention, whose first axis is the step here."""
    special = bias_k is not None or bias_v is not None or add_zero_attn or key_padding_mask is not None
    if special or weight is None or need_weights:
        raise InputError(
            "deep_lift: no rule for MultiheadAttention with padding, more keys or weights; allowed: without"
        )
    parts = zip((query, key, value), weight.chunk(3), (None,) * 3 if bias is None else bias.chunk(3))
    q, k, v = (
        functional.linear(z.transpose(0, 1), w, b).unflatten(-1, (heads, -1)).transpose(1, 2)
        for z, w, b in parts
    )
    found = scaled_dot_product_attention(mode, q, k, v, attn_mask)
    joined = functional.linear(found.transpose(1, 2).flatten(2), out, out_bias)
    return joined.transpose(0, 1), None


def baddbmm(mode, bias, one, other, *, beta=1, alpha=1):
    """bias + one @ other."""
    if dependent((one,)) and dependent((other,)):
        return beta * bias + alpha * mode.times(one, other, torch.bmm)
    return torch.baddbmm(bias, one, other, beta=beta, alpha=alpha)


def lstm(mode, z, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """An LSTM step by step; its first axis is that of samples."""
    if not batch_first:
        raise InputError("deep_lift: no rule for an LSTM whose first axis is time; allowed: batch_first=True")
    sides, size = 1 + bidirectional, 4 if has_biases else 2
    last = []
    for layer in range(num_layers):
        outs = []
        for side in range(sides):
            at = (layer * sides + side) * size
            weights = params[at : at + size] if has_biases else (*params[at : at + size], None, None)
            start = [state[layer * sides + side] for state in hx]
            steps = z.flip(1) if side else z
            found, ends = recurrent(mode, steps, *start, *weights)
            outs.append(found.flip(1) if side else found)
            last.append(ends)
        z = torch.cat(outs, -1)
    h, c = (torch.stack(part) for part in zip(*last))
    return z, h, c


def recurrent(mode, steps, h, c, inward, around, bias, other):
    """One direction of a layer: states (sample, step, width), and the last (h, c)."""
    inputs, states = functional.linear(steps, inward, bias), []
    for t in range(steps.shape[1]):
        gates = inputs[:, t] + functional.linear(h, around, other)
        i, f, g, o = gates.chunk(4, -1)
        i, f, o = (mode.pointwise(torch.sigmoid, gate) for gate in (i, f, o))
        kept = mode.times(f, c, torch.mul) if c.requires_grad else f * c
        c = kept + mode.times(i, mode.pointwise(torch.tanh, g), torch.mul)
        h = mode.times(o, mode.pointwise(torch.tanh, c), torch.mul)
        states.append(h)
    return torch.stack(states, 1), (h, c)


def inverse_root(z, eps):
    """1 / sqrt(z + eps)."""
    return torch.rsqrt(z + eps)


def affine(z, weight, bias):
    """z times a weight plus a bias, where there are."""
    z = z if weight is None else z * weight
    return z if bias is None else z + bias


RULES = {
    one.__name__: one
    for one in (
        *(softmax, log_softmax, logsumexp, layer_norm, rms_norm, group_norm, amax, adaptive_max_pool1d),
        *(scaled_dot_product_attention, multi_head_attention_forward, baddbmm, lstm),
    )
} | {"max": largest}
