"""Series of data sets that differ in one option, and the limit of detection along them: currie1968.

A blank is measured like a sample, and what exceeds the 95th percentile of blanks is detected. Here the blank
is the same method on models that were trained on permuted labels.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np

ONE_SIDED = 0.95


class Series(NamedTuple):
    """The members of a series: {data set: dose}, smallest dose first. ``fault``: why it has no doses."""

    name: str
    option: str
    doses: dict
    fault: str = ""


def series(datasets):
    """Every Series of a configuration's data sets: {id: {option: value}}, members being ``name~value``.

    The option is the one in which the members differ; a series of one is told by the value in its id."""
    groups = {}
    for member, given in datasets.items():
        stem, tilde, word = member.partition("~")
        if tilde:
            groups.setdefault(stem, {})[member] = (word, given or {})
    return [one_series(stem, members) for stem, members in groups.items()]


def one_series(name, members):
    """A Series from {member: (word of the id, options)}."""
    given = [options for _, options in members.values()]
    keys = sorted({key for options in given for key in options})
    if len(members) == 1:
        [(word, options)] = members.values()
        differ = [key for key in keys if word in (str(options[key]), number(options[key]))]
    else:
        differ = [key for key in keys if len({repr(o.get(key)) for o in given}) > 1]
    if len(differ) != 1:
        told = " and ".join(differ) or "no option"
        return Series(name, "", dict.fromkeys(members), f"its members differ in {told}: no dose can be told")
    [option] = differ
    doses = {member: options.get(option) for member, (_, options) in members.items()}
    if wrong := [value for value in doses.values() if not numeric(value)]:
        return Series(name, option, doses, f"{option} is no number ({wrong[0]!r}): no dose-response")
    return Series(name, option, dict(sorted(doses.items(), key=lambda item: item[1])))


def numeric(value):
    """Is it a finite number? True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and bool(np.isfinite(value))


def number(value):
    """A number as a member's id holds it."""
    return f"{value:g}" if isinstance(value, float) else None


def critical(blanks, n):
    """The 95th percentile of the mean of ``n`` blanks, from the blanks that there are (hahn1969).

    blanks: (blank,) values. The mean is Student's around that of the blanks, whose own error counts too:
    mean + t s sqrt(1/n + 1/blanks). NaN for fewer than two blanks, which have no spread."""
    from scipy.special import stdtrit

    blanks = np.asarray(blanks, float)
    blanks = blanks[~np.isnan(blanks)]
    if len(blanks) < 2 or not n:
        return np.nan
    spread = blanks.std(ddof=1) * np.sqrt(1 / n + 1 / len(blanks))
    return float(blanks.mean() + stdtrit(len(blanks) - 1, ONE_SIDED) * spread)


def against_twins(gain, twin):
    """A method against its permuted-label twins at one dose: (its mean, the twins' 95th percentile).

    gain: recovery less the twin's, twin: the twin's recovery, both (seed, sample) of the same seeds and
    samples, so their sum is the method's own recovery there. A blank is one twin, over these samples. As the
    samples are the same on both sides, what makes one hard to explain cancels; seeds are what varies. Each
    dose has its own spread: twins of a small dose, with few witnesses a bag, vary more than those of a large
    one, so that a pooled spread would detect small doses too often."""
    known = ~np.isnan(gain + twin)
    if not known.any():
        return np.nan, np.nan
    gain, twin = (np.where(known, t, np.nan)[known.any(1)] for t in (gain, twin))
    return float(np.nanmean(np.nanmean(gain + twin, 1))), critical(np.nanmean(twin, 1), len(twin))


def against_random(own, random):
    """f* has no twin, and control_random takes its part: a blank is one sample's random map.

    own, random: (seed, sample). Returns (mean, 95th percentile of a random map's mean over the samples)."""
    if not (np.isfinite(own).any() and np.isfinite(random).any()):
        return np.nan, np.nan
    own, random = (t[:, ~np.isnan(t).all(0)] for t in (own, random))
    return float(np.nanmean(np.nanmean(own, 0))), critical(np.nanmean(random, 0), own.shape[1])


def limit_of_detection(doses, detected):
    """The smallest dose from which this and all larger ones are detected; NaN where the largest is not.

    doses: (dose,) ascending; detected: (dose,) True, or False where not or not known."""
    found = np.nan
    for dose, seen in zip(reversed(list(doses)), reversed(list(detected)), strict=True):
        if not seen:
            break
        found = float(dose)
    return found
