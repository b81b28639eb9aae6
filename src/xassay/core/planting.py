"""Sites planted in backgrounds: where they go, what stands in for one that is lacking, what else is
planted."""

from dataclasses import dataclass, fields

import numpy as np

from xassay.core.shuffles import dinucleotide_shuffles
from xassay.core.sites import scrambled
from xassay.core.templates import ANY, EITHER, INSIDE, OUTSIDE

TRIES = 60  # places tried for a site before the sequence is given up
FILLS = ("scrambled", "others", "none")
STAND_IN, SITE, DECOY = 0, 1, 2  # what is in a slot


@dataclass
class Planted:
    """Sequences with what was planted in them, an array a field, a row a sequence.

    letters: (sequence, position) numbers; motif: (sequence, slot) number in the library, -1 where nothing is;
    kind: (sequence, slot) of STAND_IN, SITE, DECOY; strand, start: (sequence, slot); bases: (sequence, slot,
    widest) as the motif reads them."""

    letters: np.ndarray
    motif: np.ndarray
    kind: np.ndarray
    strand: np.ndarray
    start: np.ndarray
    bases: np.ndarray

    def take(self, rows):
        """Some of the sequences, in another order."""
        return Planted(*(getattr(self, field.name)[rows] for field in fields(self)))


def joined(parts):
    """Several Planted as one."""
    return Planted(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Planted)))


@dataclass
class Planter:
    """Plants arrangements. slots: motif of every slot (``templates.slots``); n_motifs: of the grammar, which
    come first in the library; sites: sites.Sites of the library; others: library numbers of motifs that may
    fill in; fill: of FILLS; window: first position and the one after the last."""

    slots: tuple
    n_motifs: int
    sites: object
    others: np.ndarray
    fill: str
    window: tuple

    def plant(self, template, letters, rng, decoys=(), like=None):
        """Sequences of one arrangement, those in which it found room: Planted.

        letters: (sequence, position) backgrounds. decoys: arrays (motif, bases), (sequence,) and (sequence,
        widest), motif -1 where there is none. like: Planted of the same length, whose sites are used again
        and whose background, its dinucleotides shuffled, takes the place of ``letters``."""
        n, length = letters.shape
        motif, kind, bases, strand = self._slots(template, n, rng, like)
        for number, found in decoys:
            motif, kind = np.c_[motif, number], np.c_[kind, np.full(n, DECOY)]
            bases = np.concatenate([bases, found[:, None]], 1)
            strand = np.c_[strand, rng.integers(2, size=n)]
        gap = rng.choice(template.gaps, n) if template.pair else np.zeros(n, int)
        if template.pair and gap.min() < 0:
            self._overlapping(template, motif, bases, gap, rng)
        start, room = self._places(template, motif, gap, length, rng)
        if like is not None:
            letters = self._background(like, motif, start, rng)
        found = Planted(letters, motif, kind, strand, start, bases).take(room)
        found.letters = self.written(found)
        return found

    def _slots(self, template, n, rng, like):
        """What is in every slot: motif, kind, bases, strand, (sequence, slot, ...)."""
        real, count = np.array(template.real), len(self.slots)
        motif = np.tile(np.array(self.slots), (n, 1))
        motif = np.where(motif == ANY, rng.integers(self.n_motifs, size=motif.shape), motif)
        if like is not None:
            was = like.motif[:, :count]
            motif = np.where((np.array(self.slots) == ANY) & (was >= 0) & (was < self.n_motifs), was, motif)
        bases = self.sites.draw(motif.ravel(), rng).reshape(n, count, -1)
        gone = np.broadcast_to(~real, motif.shape)
        if like is not None:
            kinds = like.kind[:, :count]
            same = (like.motif[:, :count] == motif) & ((kinds == SITE) | (gone & (kinds == STAND_IN)))
            bases = np.where(same[..., None], like.bases[:, :count], bases)
        if self.fill == "none":
            motif = np.where(gone, -1, motif)
        elif self.fill == "others":
            motif = np.where(gone, rng.choice(self.others, motif.shape), motif)
            other = self.sites.draw(np.where(gone, motif, -1).ravel(), rng).reshape(bases.shape)
            bases = np.where(gone[..., None], other, bases)
        else:
            mixed = scrambled(bases.reshape(n * count, -1), self.sites.widths[motif.ravel()], rng)
            bases = np.where(gone[..., None], mixed.reshape(bases.shape), bases)
        kind = np.where(gone, DECOY if self.fill == "others" else STAND_IN, SITE)
        strand = np.where(
            np.array(template.strands) == EITHER, rng.integers(2, size=motif.shape), template.strands
        )
        return motif, kind, bases, strand

    def _overlapping(self, template, motif, bases, gap, rng):
        """Sites of a pair that share bases, drawn together, in the place of those that do not."""
        one, other = template.pair if template.strands[0] == 0 else template.pair[::-1]
        for shared in np.unique(gap[gap < 0]):
            rows = np.flatnonzero(gap == shared)
            found = self.sites.pair(motif[0, one], motif[0, other], int(shared), len(rows), rng)
            bases[rows, one], bases[rows, other] = found

    def _places(self, template, motif, gap, length, rng):
        """First position of what is in every slot, (sequence, slot), and the rows in which all found room.

        One after the other goes to a random place among those that are free; a pair goes as one."""
        widths = np.where(motif >= 0, self.sites.widths[motif], 0)
        start, taken = np.zeros_like(motif), np.zeros((len(motif), length), bool)
        room = np.ones(len(motif), bool)
        inside = np.zeros(length, bool)
        inside[slice(*self.window)] = True
        singles = [s for s in range(motif.shape[1]) if not template.pair or s not in template.pair]
        region = dict(enumerate(template.regions))
        singles.sort(key=lambda s: region.get(s, 0) == 0)
        if template.pair:
            one, other = template.pair
            shift = widths[:, one] + gap
            first = np.minimum(0, shift)  # a short first may begin after the second
            width = np.maximum(widths[:, one], shift + widths[:, other]) - first
            place, found = self._free(width, taken, np.zeros(length, bool), rng)
            start[:, one], start[:, other], room = place - first, place - first + shift, found
        for slot in singles:
            where = region.get(slot, 0)
            barred = inside if where == OUTSIDE else ~inside if where == INSIDE else np.zeros(length, bool)
            place, found = self._free(widths[:, slot], taken, barred, rng)
            start[:, slot], room = place, room & found
        return start, room

    def _free(self, width, taken, barred, rng):
        """A random free place of each sequence, marked as taken. width: (sequence,), 0: nothing to place."""
        n, length = taken.shape
        ends = np.pad((taken | barred).cumsum(1), ((0, 0), (1, 0)))
        place, left = np.zeros(n, int), width > 0
        for _ in range(TRIES):
            rows = np.flatnonzero(left & (width <= length))
            if not len(rows):
                break
            tried = (rng.random(len(rows)) * (length - width[rows] + 1)).astype(int)
            good = ends[rows, tried + width[rows]] == ends[rows, tried]
            place[rows[good]], left[rows[good]] = tried[good], False
        at = np.arange(length)
        taken |= (at >= place[:, None]) & (at < (place + width)[:, None]) & ~left[:, None]
        return place, ~left

    def written(self, planted):
        """The letters with the sites written into them: (sequence, position)."""
        out = planted.letters.copy()
        for slot in range(planted.motif.shape[1]):
            motif, start, strand = (part[:, slot] for part in (planted.motif, planted.start, planted.strand))
            width = np.where(motif >= 0, self.sites.widths[motif], 0)
            for column in range(planted.bases.shape[2]):
                rows = np.flatnonzero(column < width)
                turned = strand[rows] == 1
                at = np.where(turned, width[rows] - 1 - column, column)
                base = planted.bases[rows, slot, at]
                out[rows, start[rows] + column] = np.where(turned, 3 - base, base)
        return out

    def covered(self, planted, n_slots):
        """Positions under what is in the first slots: (sequence, position) bool."""
        at = np.arange(planted.letters.shape[1])
        out = np.zeros(planted.letters.shape, bool)
        for slot in range(n_slots):
            width = np.where(planted.motif[:, slot] >= 0, self.sites.widths[planted.motif[:, slot]], 0)
            first = planted.start[:, slot, None]
            out |= (at >= first) & (at < first + width[:, None])
        return out

    def _background(self, like, motif, start, rng):
        """What ``like`` holds beside its slots, its dinucleotides shuffled, filled in beside the new
        slots."""
        n_slots = len(self.slots)
        there = self.covered(like, n_slots)
        new = Planted(like.letters, motif[:, :n_slots], None, None, start[:, :n_slots], None)
        here = self.covered(new, n_slots)
        order = there.argsort(1, kind="stable")
        rest, number = np.take_along_axis(like.letters, order, 1), (~there).sum(1)
        x = (rest[:, None] == np.arange(4)[:, None]).astype(np.float32)
        x *= (np.arange(rest.shape[1]) < number[:, None])[:, None]  # no base behind the rest
        rest = dinucleotide_shuffles(x, 1, rng)[0].argmax(1).astype(np.uint8)
        rank = (~here).cumsum(1) - 1
        filled = np.take_along_axis(
            rest, rank % number[:, None], 1
        )  # again from the start where it is too short
        return np.where(here, 0, filled)
