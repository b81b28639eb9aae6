"""The Hill curve of a dose-response, its floor known: hill1910.

r(d) = floor + (top - floor) d^h / (d^h + EC50^h), on the logarithm of the dose; EC50 is the dose half way
between floor and top.
"""

from typing import NamedTuple

import numpy as np

from xassay.stats.intervals import bootstrap_means, mean_interval

LEAST = 6  # doses of a fit
STEEPNESS = (0.3, 8.0)  # of h: what a handful of doses can tell
SIGMA = 0.01  # no mean counts as better known than this: one interval of no width would be the whole fit
BEYOND = 10.0  # how far outside the doses an EC50 is looked for, to be told as outside and never as a number
GRID = (161, 25)  # EC50, h
ROUNDING = 1e-9  # of a slope: what is the same at every dose does not rise
DRAWS = 200  # of seeds and samples, for the interval of EC50
NUMBERS = ("top", "ec50", "ec50_lower", "ec50_upper", "hill")


class Curve(NamedTuple):
    """A fitted curve. ``ec50`` may lie outside the doses: it is then no number to be told."""

    top: float
    ec50: float
    hill: float


def response(dose, floor, curve):
    """Recovery at every dose. dose: (dose,) positive."""
    return floor + (curve.top - floor) * share(np.log(dose), np.log(curve.ec50), curve.hill)


def share(log_dose, log_ec50, hill):
    """d^h / (d^h + EC50^h), between 0 and 1."""
    return 1 / (1 + np.exp(-np.clip(hill * (log_dose - log_ec50), -500, 500)))


def weights(half):
    """Weights of the squared residuals. half: (dose,) half-widths of the means' 95 % intervals."""
    return np.maximum(np.asarray(half) / 1.96, SIGMA) ** -2.0


def fit(dose, mean, half, floor, most):
    """The Curve through the means, by weighted least squares (scipy's, from several starts).

    dose, mean, half: (dose,), doses positive, half-widths of 95 % intervals; floor: fixed; most: the largest
    top. Starts are the best places of a grid, for any h and for a flat and a steep one, so that nothing is
    drawn at random."""
    from scipy.optimize import least_squares

    x, w = np.log(dose), np.sqrt(weights(half))
    places, steep = grid(dose)

    def residuals(p):
        return w * (floor + (p[0] - floor) * share(x, p[1], np.exp(p[2])) - mean)

    lower = [floor, places[0], np.log(STEEPNESS[0])]
    upper = [max(most, floor + 1e-6), places[-1], np.log(STEEPNESS[1])]
    found = []
    for chosen in (steep, steep[steep < 1.5], steep[steep > 2.5]):
        top, log_ec50, h = (v[0] for v in profiled(dose, mean[None], half, floor, most, chosen))
        start = np.clip([top, log_ec50, np.log(h)], np.array(lower) + 1e-9, np.array(upper) - 1e-9)
        found.append(least_squares(residuals, start, bounds=(lower, upper), xtol=1e-12, ftol=1e-12))
    best = min(found, key=lambda f: round(f.cost, 12))
    return Curve(float(best.x[0]), float(np.exp(best.x[1])), float(np.exp(best.x[2])))


def profiled(dose, means, half, floor, most, steep=None):
    """The best curve of a grid of EC50 and h for each row of means, all at once.

    For a given EC50 and h the top is linear, hence known; what is left is a search, done as matrix products.
    means: (draw, dose). Returns top, log EC50 and h, each (draw,)."""
    places, every = grid(dose)
    steep = every if steep is None else steep
    at, h = (a.ravel() for a in np.meshgrid(places, steep, indexing="ij"))
    basis, w = share(np.log(dose), at[:, None], h[:, None]), weights(half)
    along, own = ((means - floor) * w) @ basis.T, (basis**2) @ w
    rise = np.clip(along / np.maximum(own, 1e-300), 0, max(most - floor, 0))
    best = np.argmin(rise**2 * own - 2 * rise * along, 1)
    return floor + rise[np.arange(len(means)), best], at[best], h[best]


def grid(dose):
    """Places of the search: log EC50 beyond the doses on both sides, and h."""
    log = np.log(dose)
    places = np.linspace(log.min() - np.log(BEYOND), log.max() + np.log(BEYOND), GRID[0])
    return places, np.geomspace(*STEEPNESS, GRID[1])


def ec50_limits(dose, means, half, floor, most, level=0.95):
    """Percentile limits (lower, upper) of EC50 over bootstrap draws of the means: (draw, dose).

    -inf and inf where a limit lies below the smallest or above the largest dose: it is not extrapolated. A
    draw that does not rise counts as one above."""
    top, log_ec50, _ = profiled(dose, means, half, floor, most)
    log_ec50 = np.sort(np.where(top > floor, log_ec50, np.inf))
    tail = (1 - level) / 2
    last = len(log_ec50) - 1
    found = log_ec50[int(np.floor(tail * last))], log_ec50[int(np.ceil((1 - tail) * last))]
    return tuple(within(np.exp(one), dose) for one in found)


def within(ec50, dose):
    """An EC50, or -inf below the smallest and inf above the largest dose."""
    return -np.inf if ec50 < min(dose) else np.inf if ec50 > max(dose) else float(ec50)


def rises(dose, mean, half):
    """Does the response rise with the logarithm of the dose? Its slope, beyond what the intervals allow.

    Every dose counts the same: weighted by its precision, the plateau would outvote the rise. The doses are
    data sets of their own, so the half-widths of the slope's terms add as squares. Returns (slope,
    half-width)."""
    x = np.log(dose) - np.log(dose).mean()
    terms = x / (x**2).sum()
    return float(terms @ mean), float(np.sqrt(((terms * half) ** 2).sum()))


def fitted(tables, floor, most, rng):
    """The curve through a method's doses, as a table tells it: NUMBERS, n_doses and the reason of a gap.

    tables: [(dose, (seed, sample))], smallest dose first; floor: the negative control's mean; most: the
    largest recovery that there is. An EC50 outside the doses is told in words, and so is an interval's end:
    no number is extrapolated. Its interval is from seeds and samples drawn again (owen2007)."""
    found = [(amount, table, mean_interval(table)) for amount, table in tables]
    found = [one for one in found if np.isfinite(one[2].mean)]
    amounts, mean = np.array([one[0] for one in found], float), np.array([one[2].mean for one in found])
    half = np.array([one[2].upper - one[2].mean for one in found])
    none = dict.fromkeys(NUMBERS, np.nan) | {"n_doses": len(found)}
    if why := unfit(amounts, half, floor) or flat(amounts, mean, half):
        return none | {"reason": why}
    curve = fit(amounts, mean, half, floor, most)
    place = within(curve.ec50, amounts)
    if place == np.inf:
        return none | {"reason": "EC50 above the largest dose"}
    if place == -np.inf:
        return none | {"top": curve.top, "reason": "EC50 below the smallest dose"}
    draws = np.stack([bootstrap_means(table[None], rng, DRAWS)[:, 0] for _, table, _ in found], 1)
    lower, upper = ec50_limits(amounts, draws[np.isfinite(draws).all(1)], half, floor, most)
    steep = curve.hill > 0.99 * STEEPNESS[1]
    if steep:  # a step between two doses: where in between, nothing tells
        around = amounts[amounts <= place].max(), amounts[amounts >= place].min()
        lower, upper = min(lower, float(around[0])), max(upper, float(around[1]))
    told = ["below the smallest dose"] * (lower == -np.inf) + ["above the largest dose"] * (upper == np.inf)
    lower, upper = (one if np.isfinite(one) else np.nan for one in (lower, upper))
    reasons = [f"the interval of EC50 reaches {' and '.join(told)}"] * bool(told)
    reasons += ["steeper than the doses can tell: EC50 lies anywhere between two of them"] * steep
    found = dict(zip(NUMBERS, (curve.top, curve.ec50, lower, upper, curve.hill), strict=True))
    return none | found | {"reason": "; ".join(reasons)}


def unfit(amounts, half, floor):
    """Why no curve can be fitted, or None."""
    if len(amounts) < LEAST:
        return f"no curve: {len(amounts)} doses with a value, {LEAST} are needed"
    if amounts.min() <= 0:
        return "no curve: a dose is not positive, and has no logarithm"
    if not np.isfinite(floor):
        return "no curve: no control_random to take the floor from"
    if not np.isfinite(half).all():
        return "no curve: a dose has one seed and one sample, so no interval"


def flat(amounts, mean, half):
    """Why there is no dose-response, or None."""
    slope, width = rises(amounts, mean, half)
    if not slope > width + ROUNDING:
        ends = f"{mean[0]:.2f} at the smallest, {mean[-1]:.2f} at the largest"
        return f"no dose-response: recovery does not rise with the dose ({ends})"
