"""From slopes to contributions: what each element adds, or in a sequence what each base would add."""


def contributions(slope, x, reference=None, alphabet=None, correct=False):
    """Contributions of multipliers: slope * (x - reference), or hypothetical ones where bases exclude
    another.

    slope, x: (sample, ...), a gradient or DeepLIFT's multipliers; reference: x's shape, None: zeros;
    alphabet: the axis of x whose entries are one choice among several (core.contracts), or None. Along it,
    entry i has slope_i - sum_j slope_j reference_j: what it would contribute if it were chosen
    (shrikumar2018). Those of x itself, ``observed``, add up to the sum of the contributions. correct: of
    ``corrected`` slopes. Returns x's shape."""
    slope = corrected(slope, alphabet) if correct else slope
    if alphabet is None:
        return slope * (x if reference is None else x - reference)
    return slope if reference is None else slope - (slope * reference).sum(alphabet, keepdim=True)


def corrected(slope, alphabet=None):
    """Slopes less their mean over the alphabet: majdandzic2023.

    One-hot inputs lie on a simplex, and how a model answers off it was never trained: that part of the slope
    is noise. Contributions against a reference on the simplex do not change. Nothing changes without one."""
    return slope if alphabet is None else slope - slope.mean(alphabet, keepdim=True)


def magnitude(slope, alphabet=None, correct=False):
    """What a map of slopes shows: their size; of a sequence the slopes themselves, ``corrected`` or not,
    whose norm over the bases is the size of a position."""
    if alphabet is None:
        return slope.abs()
    return corrected(slope, alphabet) if correct else slope


def observed(hypothetical, x, alphabet):
    """What is there of hypothetical contributions: their product with x, summed over the alphabet."""
    return (hypothetical * x).sum(alphabet)


def off_simplex_angle(hypothetical, alphabet):
    """Angle between a map's columns and the plane of the simplex, degrees, mean over positions.

    asin(sum / (2 norm)) of the four values of a position (majdandzic2023): 0 where they add up to
    zero, 90 where they are all the same and tell no base from another. hypothetical: (sample, 4, position);
    alphabet: its axis of bases. Positions of zeros do not count. Returns (sample,), NaN without another."""
    total, size = hypothetical.double().sum(alphabet), hypothetical.double().norm(dim=alphabet)
    sine = (total.abs() / (hypothetical.shape[alphabet] ** 0.5 * size)).clamp(max=1)
    return sine.asin().rad2deg().nanmean(-1)
