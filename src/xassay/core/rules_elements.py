"""DeepLIFT's Rescale rule of functions of single elements: the slope of the chord from reference to sample.

Where both are so close that rounding spoils the chord, the tangent half way takes its place, which differs by
the square of the distance: as little as the rounding. Across a corner the chord stays.
"""

import torch

from xassay.core.rules import gradient_at

# By how far apart x and r count as close: as functions that bend within a distance of
UNIT = "sigmoid tanh exp expm1 exp2 sin cos sinh cosh erf atan asinh"  # 1
WIDE = "gelu silu mish softplus"  # 1, or x where that is more: they are straight there
RELATIVE = "log log2 log10 sqrt rsqrt reciprocal"  # x
BENT = "elu celu"  # 1, on either side of a corner at zero
STRAIGHT = "leaky_relu _prelu_kernel abs rrelu_with_noise"  # never, on either side of it
PIECES = """hardtanh clamp clamp_min clamp_max threshold hardshrink softshrink hardsigmoid hardswish
nan_to_num sign"""  # with other corners: never close


def rectified(step, slopes):
    """relu, whose chords bear no rounding."""
    x, r = step.x(), step.r()
    apart = x - r
    chord = (step.out_x() - step.out_r()).div_(apart)
    if chord.sum().isfinite():  # nowhere 0 / 0
        return [chord.mul_(slopes[0])]
    return [torch.where(apart.abs() > 0, chord, (x > 0).to(chord.dtype)).mul_(slopes[0])]


def chord(near):
    """The rule of functions; near(x, r, apart): where the tangent takes the place of the chord."""

    def rescaled(step, slopes):
        step.refuse(len(step.call.places) > 1, "of several inputs")
        x, r = step.x(), step.r()
        apart = x - r
        slope = (step.out_x() - step.out_r()) / apart
        close = near(x, r, apart.abs())
        if close.any():
            slope = _with_tangents(step, slope, close)
        return [(slopes[0] * slope).sum_to_size(x.shape)]

    return rescaled


def _with_tangents(step, slope, close):
    """Chords with tangents half way between x and r where they are close."""
    others = [value for at, value in enumerate(step.call.args) if (at, None) not in step.call.places]
    if any(map(torch.is_tensor, others)):  # one for every element, or for some
        middle, ones = step.midway(), [torch.ones_like(slope)]
        return torch.where(close, _finite(gradient_at(step, middle, ones)[0]).expand_as(slope), slope)
    middle = (step.x()[close] + step.r()[close]) / 2
    slope[close] = _finite(gradient_at(step, [middle], [torch.ones_like(middle)])[0])
    return slope


def _finite(slope):
    """0 for what has no slope, such as a root at 0 or an absent instance."""
    return slope.nan_to_num(0.0, 0.0, 0.0)


def least(x):
    """Distance at which the chord is as good as the tangent, of functions that bend by their own size."""
    return (24 * torch.finfo(x.dtype).eps) ** (1 / 3)


def _unit(x, r, distance):
    return ~(distance > least(x))  # this way round equal values and NaN are close


def _wide(x, r, distance):
    return ~(distance > least(x) * ((x + r) / 2).clamp(min=1))


def _relative(x, r, distance):
    return ~(distance > least(x) * ((x + r) / 2).abs())


def _log1p(x, r, distance):
    middle = (x + r) / 2
    return ~(distance > least(x) * torch.minimum(middle.abs(), 1 + middle))


def _bent(x, r, distance):
    return _wide(x, r, distance) & ((x > 0) == (r > 0))


def _straight(x, r, distance):
    return _wide(x.abs(), r.abs(), distance) & ((x > 0) == (r > 0))


def _equal(x, r, distance):
    return ~(distance > 0)


def power(step, slopes):
    """A power of x, or of a number to the x."""
    return chord(_relative if step.call.places[0] == (0, None) else _unit)(step, slopes)


def gated(step, slopes):
    """glu: half of the input times the sigmoid of the other half."""
    axis = step.call.args[1] if len(step.call.args) > 1 else -1
    (a, z), (b, y) = step.x().chunk(2, axis), step.r().chunk(2, axis)
    one, other = z.sigmoid(), y.sigmoid()
    share = torch.tanh((z - y) / 2) * (one * (-y).sigmoid() + other * (-z).sigmoid()) / (z - y)
    share = torch.where(z == y, one * (1 - one), share)
    return [torch.cat([slopes[0] * (one + other) / 2, slopes[0] * share * (a + b) / 2], axis)]


RULES = dict(relu=rectified, pow=power, glu=gated, log1p=chord(_log1p))
RULES["log_sigmoid_forward"] = chord(lambda x, r, distance: _wide(-x, -r, distance))
for names, near in {
    UNIT: _unit,
    WIDE: _wide,
    RELATIVE: _relative,
    BENT: _bent,
    STRAIGHT: _straight,
    PIECES: _equal,
}.items():
    RULES |= dict.fromkeys(names.split(), chord(near))
