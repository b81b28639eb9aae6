"""DeepLIFT's Rescale rule of functions of single elements: the slope of the chord from reference to sample.

Where both are so close that rounding spoils the chord, the tangent half way takes its place: it differs by
the square of the distance, which is left as small as the rounding is. Functions with a corner keep the chord
across it.
"""

import torch

from xassay.core.rules import gradient_at

# By what an input's distance counts as small: 1; or its own size where that is more; or its own size.
UNIT = "sigmoid tanh exp expm1 exp2 sin cos sinh cosh erf atan asinh log_sigmoid_forward"
WIDE = "gelu silu mish softplus hardswish"
RELATIVE = "log log1p log2 log10 sqrt rsqrt reciprocal"
CORNER = "leaky_relu elu celu _prelu_kernel abs rrelu_with_noise"  # at zero
PIECES = "hardtanh clamp clamp_min clamp_max threshold hardshrink softshrink hardsigmoid nan_to_num sign"


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
        return torch.where(close, gradient_at(step, middle, ones)[0].expand_as(slope), slope)
    middle = (step.x()[close] + step.r()[close]) / 2
    slope[close] = gradient_at(step, [middle], [torch.ones_like(middle)])[0]
    return slope


def least(x):
    """Distance at which the chord is as good as the tangent, of functions that bend by their own size."""
    return (24 * torch.finfo(x.dtype).eps) ** (1 / 3)


def _unit(x, r, distance):
    return ~(distance >= least(x))


def _wide(x, r, distance):
    return ~(distance >= least(x) * ((x + r) / 2).abs().clamp(min=1))


def _relative(x, r, distance):
    return ~(distance >= least(x) * ((x + r) / 2).abs())


def _same_side(x, r, distance):
    return _wide(x, r, distance) & ((x > 0) == (r > 0))


def _power(step, slopes):
    """A power of x, or of a number to the x."""
    return chord(_relative if step.call.places[0] == (0, None) else _unit)(step, slopes)


def gated(step, slopes):
    """glu: half of the input times the sigmoid of the other half, that is, a product of a chord."""
    axis = step.call.args[1] if len(step.call.args) > 1 else -1
    (a, z), (b, y) = step.x().chunk(2, axis), step.r().chunk(2, axis)
    one, other = z.sigmoid(), y.sigmoid()
    share = torch.tanh((z - y) / 2) * (one * (-y).sigmoid() + other * (-z).sigmoid()) / (z - y)
    share = torch.where(z == y, one * (1 - one), share)
    return [torch.cat([slopes[0] * (one + other) / 2, slopes[0] * share * (a + b) / 2], axis)]


def _equal(x, r, distance):
    return ~(distance > 0)


RULES = (
    dict.fromkeys(UNIT.split(), chord(_unit))
    | dict.fromkeys(WIDE.split(), chord(_wide))
    | dict.fromkeys(RELATIVE.split(), chord(_relative))
    | dict.fromkeys(CORNER.split(), chord(_same_side))
    | dict.fromkeys(PIECES.split(), chord(_equal))
    | dict(relu=rectified, pow=_power, glu=gated)
)
