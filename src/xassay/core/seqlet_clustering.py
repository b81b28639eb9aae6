"""Patterns: seqlets that say the same, found where they are densest, one pattern after the other.

Seqlets of one sign are compared by what each base would contribute around them, over offsets and both strands
(core/alignment.py). The densest seqlet and its neighbours start a pattern; its members and their mean are
found in turn. What is alike by chance is measured: the same seqlets against the pattern with its columns, and
the bases of each, in another order.
"""

from dataclasses import dataclass, replace

import numpy as np

from xassay.core.alignment import (
    TINY,
    WIDE,
    alike,
    halves,
    likeness,
    scaled,
    sited,
    sites,
    strands,
    told,
    windows,
)
from xassay.core.significance import benjamini_hochberg

MOVED = 6  # positions by which one seqlet's core is moved against another
NEIGHBOURS = 20  # whose mean likeness is a seqlet's density
LISTED = 200  # nearest seqlets that are remembered
MOST = 3000  # seqlets, the strongest, that start patterns
STEPS = 5  # of a pattern's members and mean in turn
ROUNDS = 3  # of settling and merging
PATIENCE = 8  # starts in a row that become no pattern, after which no more are tried
GROWN = 8  # positions beside a pattern that may join it
CHANCE = 20  # other orders of a pattern
DRAWN = 500  # seqlets that are compared with each
SAME = 0.72  # likeness of two means from which on they are one pattern
APART = 0.9  # of the likeness of chance halves, below which halves of a pattern are apart
REGISTER = 0.4  # likeness that halves gain by being laid anew where they are two registers of one pattern
SHARE = 0.2  # of the sites that a half has at least


@dataclass
class Pattern:
    """mean: (4, width) hypothetical contributions, the mean of its members', each scaled to a total of 1.

    member: places of seqlets; start, strand: of each one's site, strand 1 the other; z: likeness with the
    mean, in standard deviations of that by chance."""

    mean: np.ndarray
    member: np.ndarray
    start: np.ndarray
    strand: np.ndarray
    z: np.ndarray

    def of(self, chosen):
        """The pattern with some of its members. chosen: bool or places."""
        parts = (part[chosen] for part in (self.member, self.start, self.strand, self.z))
        return Pattern(self.mean, *parts)


class Clustering:
    """Seqlets of one sign and the patterns among them.

    maps: (sample, 4, position) hypothetical contributions, times the sign; sample, start: of the seqlets, the
    strongest first; width: of a seqlet; fdr: of a pattern's members; least: members of a pattern."""

    def __init__(self, maps, sample, start, width, *, fdr, least, rng):
        flank = WIDE - width // 2
        self.maps, self.sample, self.origin = maps, sample, start - flank
        self.fdr, self.least, self.rng = fdr, least, rng
        self.width, self.core = width + 2 * flank, slice(flank, flank + width)
        self.stretches = strands(windows(maps, sample, self.origin, self.width).astype(np.float32))

    def patterns(self):
        """All patterns, the most frequent first; a seqlet is a member of one at most, and no two sites of a
        sequence share half of one."""
        found, free = [], np.ones(len(self.sample), bool)
        near, close = self.neighbours(min(MOST, len(free)))
        able, failed = free[: len(near)].copy(), 0
        while able.sum() >= min(self.least, NEIGHBOURS) and failed < PATIENCE:
            density = np.where(able, self.density(near, close, free), -np.inf)
            seed = int(density.argmax())
            pattern = self.grown(seed, near, free)
            able[seed], failed = False, failed + 1
            if pattern is not None:
                found, failed = [*found, pattern], 0
                free[pattern.member] = False
                able &= free[: len(able)]
        parts = [part for pattern in merged(found) for part in self.divided(pattern)]
        for _ in range(ROUNDS):
            parts = merged(self.settled(parts))
        return self.settled(parts)

    def neighbours(self, count):
        """The nearest of the first ``count`` seqlets to each, nearest first: places and likeness (cosine of
        one's core and the best part of the other), each (count, listed)."""
        both = self.stretches[:, :count]
        core = both[0, :, :, self.core]
        narrow = core.shape[-1]
        core, best = scaled(core.reshape(count, -1)), np.full((count, count), -np.inf, np.float32)
        for strand in both:
            for place in range(self.core.start - MOVED, self.core.start + MOVED + 1):
                part = scaled(strand[..., place : place + narrow].reshape(count, -1))
                np.maximum(best, core @ part.T, out=best)
        np.fill_diagonal(best, -np.inf)
        listed = max(0, min(LISTED, count - 1))
        near = np.argsort(-best, axis=1, kind="stable")[:, :listed]
        return near, np.take_along_axis(best, near, 1)

    def density(self, near, close, free):
        """Mean likeness of each seqlet's nearest NEIGHBOURS that are still free."""
        there = free[near]
        there &= there.cumsum(1) <= NEIGHBOURS
        return (close * there).sum(1) / NEIGHBOURS

    def grown(self, seed, near, free):
        """The pattern that starts from a seqlet's neighbours, or None where it does not keep enough."""
        these = np.append(seed, near[seed][free[near[seed]]][:NEIGHBOURS])
        pattern, among = self.laid(self.stretches[0, seed][:, self.core], these), np.flatnonzero(free)
        for _ in range(STEPS):
            before, pattern = pattern, self.members(self.averaged(pattern).mean, among)
            few = len(pattern.member) < min(self.least, NEIGHBOURS) / 2
            if few or np.array_equal(pattern.member, before.member):
                break
        return pattern if len(pattern.member) >= self.least else None

    def likeness(self, among, mean):
        """Of seqlets with a mean that meets half of the core, or half of it the core; as core.alignment."""
        narrow, width = mean.shape[1], self.core.stop - self.core.start
        need = (min(narrow, width) + 1) // 2
        places = range(self.core.start + need - narrow, self.core.stop - need + 1)
        return likeness(self.stretches[:, among], mean, places)

    def sites(self, pattern):
        """Hypothetical contributions of sites and GROWN positions beside them, each scaled to total 1."""
        place = self.sample[pattern.member], pattern.start, pattern.strand
        part = sited(self.maps, *place, pattern.mean.shape[1], GROWN)
        return part / np.maximum(np.abs(part).sum((1, 2), keepdims=True), TINY)

    def averaged(self, pattern):
        """The pattern with the mean of its members, trimmed to the columns that tell something, or grown to
        them."""
        mean = self.sites(pattern).mean(0)
        own = told(np.abs(mean).sum(0))
        moved = np.where(pattern.strand == 1, mean.shape[1] - own.stop, own.start) - GROWN
        return replace(pattern, mean=mean[:, own], start=pattern.start + moved)

    def members(self, mean, among):
        """The pattern of the seqlets ``among`` which likeness with the mean is beyond chance."""
        pattern, null = self.laid(mean, among), np.sort(self.chance(mean, among))
        p = (len(null) - np.searchsorted(null, pattern.z, "left") + 1) / (len(null) + 1)
        pattern.z = (pattern.z - null.mean()) / max(null.std(), TINY)
        return pattern.of(benjamini_hochberg(p) <= self.fdr)

    def laid(self, mean, among):
        """The mean where each seqlet is most like it; z is the likeness itself."""
        best = self.likeness(among, mean)
        return Pattern(
            mean, among, sites(best, self.origin[among], self.width, mean.shape[1]), best[2], best[0]
        )

    def chance(self, mean, among):
        """Likeness of some of the seqlets with the mean in other orders."""
        some = among[:: max(1, len(among) // DRAWN)]
        orders = (
            self.rng.permuted(mean, axis=0)[:, self.rng.permutation(mean.shape[1])] for _ in range(CHANCE)
        )
        return np.concatenate([self.likeness(some, other)[0] for other in orders])

    def divided(self, pattern):
        """The pattern, or the two that it hides: halves less alike than those of chance, however laid.

        Chance: the same sites with each column drawn from all, so that columns know nothing of each other.
        Halves that are alike once laid anew were two registers of one pattern: it goes on from the larger."""
        part = self.sites(pattern)
        half, shared = halves(part)
        if min(half.sum(), (~half).sum()) < max(self.least, SHARE * len(half)):
            return [pattern]
        order = self.rng.permuted(np.tile(np.arange(len(part))[:, None], part.shape[2]), axis=0)
        if shared >= APART * halves(part[order, :, np.arange(part.shape[2])].transpose(0, 2, 1))[1]:
            return [pattern]
        two = [self.averaged(pattern.of(side)) for side in (half, ~half)]
        two.sort(key=lambda one: -len(one.member))
        laid = alike(two[0].mean, two[1].mean)
        if laid < SAME:
            return [part for one in two for part in self.divided(one)]
        return [two[0] if laid - shared > REGISTER else pattern]

    def settled(self, found):
        """Patterns with every seqlet at the one that it is most like, if beyond chance; the most frequent
        first."""
        tried = [self.members(pattern.mean, np.arange(len(self.sample))) for pattern in found]
        kept = (one.of(own) for one, own in zip(tried, apart(tried, self.sample)))
        out = [self.averaged(one) for one in kept if len(one.member) >= self.least]
        return sorted(out, key=lambda one: -len(one.member))


def apart(patterns, sample):
    """Which members each pattern keeps, bool: of sites that share half of the narrower, that of larger z."""
    if not patterns:
        return []
    of = np.repeat(np.arange(len(patterns)), [len(one.member) for one in patterns])
    start, z = (np.concatenate([getattr(one, name) for one in patterns]) for name in ("start", "z"))
    row = sample[np.concatenate([one.member for one in patterns])]
    width = np.array([one.mean.shape[1] for one in patterns])[of]
    keep, taken = np.zeros(len(of), bool), {}
    for k in np.lexsort((start, row, -z)):
        others = taken.setdefault(row[k], [])
        if all(
            2 * (min(start[k] + width[k], stop) - max(start[k], first)) < min(width[k], stop - first)
            for first, stop in others
        ):
            keep[k] = True
            others.append((start[k], start[k] + width[k]))
    return [keep[of == k] for k in range(len(patterns))]


def merged(patterns):
    """Patterns of which no two are alike: the smaller is left to the larger."""
    kept = []
    for pattern in sorted(patterns, key=lambda one: -len(one.member)):
        if all(alike(other.mean, pattern.mean) < SAME for other in kept):
            kept.append(pattern)
    return kept
