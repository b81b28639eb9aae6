"""Sites of motifs as bases: drawn from the matrix among those that are bound well enough, or hardly."""

import numpy as np

from xassay.core.errors import InputError

ROUNDS = 400  # draws for a site before it is given up
WEAK = (0.005, 0.05)  # occupancy of a site of low affinity: below what counts as an element
SPOILT = 0.3  # share of the uniform law in proposals for such a site


class Sites:
    """Draws sites, as the motif itself reads them: numbers 0 to 3, 0 beyond its width.

    motifs: pwm.Motif; weights: (motif, 4, widest) bits, 0 beyond a motif's width; thresholds: (motif,) bits
    of occupancy 1/2; sharpness: per bit; affinity: lowest occupancy of a site; best: the likeliest base of
    every column in place of a draw."""

    def __init__(self, motifs, weights, thresholds, sharpness, affinity, best=False):
        self.motifs, self.weights, self.best = motifs, weights, best
        self.widths = np.array([motif.width for motif in motifs])
        self.thresholds, self.sharpness = np.asarray(thresholds), sharpness
        self.lowest = np.log(affinity / (1 - affinity))
        self.widest = weights.shape[2]

    def log_odds(self, motif, bases):
        """Log-odds of binding of sites of one motif. bases: (site, widest). Returns (site,)."""
        return self.sharpness * (self.scores(motif, bases) - self.thresholds[motif])

    def scores(self, motif, bases):
        """Bits of sites of one motif. bases: (site, widest). Returns (site,)."""
        columns = np.arange(self.widths[motif])
        return self.weights[motif][bases[:, : len(columns)], columns].sum(1)

    def draw(self, motif, rng):
        """A site of each motif that is named, occupancy ``affinity`` or more. motif: (site,) numbers, -1:
        none.

        Returns (site, widest). Raises InputError where the matrix gives no such site."""
        out = np.zeros((len(motif), self.widest), np.uint8)
        for k in np.unique(motif[motif >= 0]):
            rows = np.flatnonzero(motif == k)
            law = self.motifs[k].probabilities
            if self.best:
                law = np.eye(4)[law.argmax(0)].T
            most = self.log_odds(k, self.weights[k].argmax(0)[None])[0]
            if most < self.lowest:
                raise InputError(
                    f"affinity: {occupancy(self.lowest):.6g}, but the best site of {self.motifs[k].name} has "
                    f"{occupancy(most):.6g}; allowed: less, a larger site_p or sharpness, another motif"
                )
            out[rows, : self.widths[k]] = self._accepted(
                law, len(rows), rng, self._reaches(k, 0), self.motifs[k].name
            )
        return out

    def weak(self, motif, rng):
        """As ``draw``, of an occupancy in ``WEAK``."""
        low, high = (np.log(share / (1 - share)) for share in WEAK)
        out = np.zeros((len(motif), self.widest), np.uint8)
        for k in np.unique(motif[motif >= 0]):
            rows = np.flatnonzero(motif == k)
            law = (1 - SPOILT) * self.motifs[k].probabilities + SPOILT / 4

            def fits(bases, k=k):
                return (self.log_odds(k, bases) > low) & (self.log_odds(k, bases) < high)

            out[rows, : self.widths[k]] = self._accepted(
                law, len(rows), rng, fits, f"{self.motifs[k].name} (weak)"
            )
        return out

    def pair(self, one, other, gap, n, rng):
        """Sites of two motifs that overlap, the first before the second on one strand; ``gap``: below 0, the
        bases that they share. Returns two arrays (site, widest). Raises as ``draw``."""
        start = self.widths[one] + gap
        length = max(self.widths[one], start + self.widths[other])
        law = np.ones((4, length))
        places = slice(0, self.widths[one]), slice(start, start + self.widths[other])
        for motif, place in zip((one, other), places):
            law[:, place] *= self.motifs[motif].probabilities + 1e-6
        law /= law.sum(0)
        reach = [self._reaches(one, 0), self._reaches(other, start)]
        names = f"{self.motifs[one].name} and {self.motifs[other].name} with {-gap} shared bases"
        bases = self._accepted(law, n, rng, lambda found: reach[0](found) & reach[1](found), names)
        out = np.zeros((2, n, self.widest), np.uint8)
        for found, motif, place in zip(out, (one, other), places):
            found[:, : self.widths[motif]] = bases[:, place]
        return out

    def _reaches(self, motif, start):
        """Whether bases hold a good enough site of a motif at ``start``."""

        def reaches(bases):
            own = bases[:, start : start + self.widths[motif]]
            return self.log_odds(motif, own) >= self.lowest

        return reaches

    def _accepted(self, law, n, rng, fits, name):
        """Bases of independent columns, drawn until they fit: (n, width)."""
        ends, found, left = law.cumsum(0), [], n
        for _ in range(ROUNDS):
            drawn = rng.random((max(64, 2 * left), 1, law.shape[1])) * ends[-1]
            bases = (drawn >= ends).sum(1).astype(np.uint8)
            found.append(bases[fits(bases)][:left])
            left -= len(found[-1])
            if not left:
                return np.concatenate(found)
        raise InputError(
            f"motifs: no site of {name} in {ROUNDS} draws is bound as it should be; allowed: an affinity "
            f"below {occupancy(self.lowest):.6g}, a larger site_p, another motif"
        )


def occupancy(odds):
    """Share of time that a site is bound, from its log-odds."""
    return 1 / (1 + np.exp(-odds))


def scrambled(bases, widths, rng):
    """The bases of each site in random order. bases: (site, widest); widths: (site,)."""
    inside = np.arange(bases.shape[1]) < widths[:, None]
    order = np.where(inside, rng.random(bases.shape), 1 + np.arange(bases.shape[1])).argsort(1)
    return np.take_along_axis(bases, order, 1)
