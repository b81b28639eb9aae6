"""The motifs that a simulation plants: those of its grammar, those of its decoys, those that fill in."""

import numpy as np

from xassay.core import motifs as sets
from xassay.core.errors import InputError
from xassay.core.pwm import Motif, threshold

HALF = "_half_site"  # behind a motif's name: the half of it that tells more


class Library:
    """All motifs of a design, numbered.

    motifs: pwm.Motif, those of the grammar first, ``n_grammar`` of them; halves: numbers of their halves,
    where wanted; decoys: {"non_causal": number, "spurious": number}; others: numbers of motifs that may fill
    in. options: of ``datasets/simulated_dna.py``, as attributes. Raises InputError for motifs that give no
    such library."""

    def __init__(self, options):
        known = sets.read(options.motif_file or sets.KNOWN)
        found = sets.pick(options.motifs, known)
        taken = [key(motif) for motif in found]
        if len(set(taken)) < len(taken):
            raise InputError(f"motifs: {', '.join(options.motifs)}; allowed: each once")
        self.n_grammar, self.halves, self.decoys = len(found), [], {}
        if "half_site" in options.decoys:
            self.halves = list(range(len(found), 2 * len(found)))
            found = found + [half(motif) for motif in found]
        for decoy in ("non_causal", "spurious"):
            if decoy in options.decoys:
                (motif,) = sets.pick([getattr(options, f"{decoy}_motif")], known, f"{decoy}_motif")
                if key(motif) in taken:
                    raise InputError(
                        f"{decoy}_motif: {motif.name} has a part already; allowed: another motif"
                    )
                taken.append(key(motif))
                self.decoys[decoy] = len(found)
                found = [*found, motif]
        self.named, more = len(found), [motif for motif in known if key(motif) not in taken]
        if options.fill == "others" and not more:
            raise InputError(
                "fill: 'others' needs motifs beside those of the grammar; allowed: a larger motif_file"
            )
        self.motifs = found + (more if options.fill == "others" else [])
        self.others = np.arange(self.named, len(self.motifs))

    def weights(self, bases):
        """Log-odds of all motifs against shares of the bases: (motif, 4, widest) bits."""
        return padded([motif.log_odds(bases) for motif in self.motifs])

    def thresholds(self, bases, p):
        """Bits that a random site reaches with probability ``p``; of half a motif none are asked: (motif,).

        Raises InputError for a motif too short to have any."""
        found = np.array([threshold(motif.log_odds(bases), p, bases) for motif in self.motifs])
        found[self.halves] = -np.inf
        if len(short := np.flatnonzero(found == np.inf)):
            raise InputError(
                f"site_p: {p:g}, but the best site of {self.motifs[short[0]].name} is likelier by chance; "
                "allowed: a larger site_p, or a longer motif"
            )
        return found

    def kept(self):
        """What a file keeps of the motifs that were planted by name, as arrays, for ``planted_motifs``."""
        named = self.motifs[: self.named]
        return {
            "matrices": padded([motif.probabilities for motif in named]),
            "matrix_widths": np.array([motif.width for motif in named]),
            "names": _letters([motif.name for motif in named]),
        }


def planted_motifs(parameters):
    """The motifs that were planted by name, those of the grammar first, from f*'s parameters: pwm.Motif."""
    names = [bytes(row[row > 0]).decode() for row in np.asarray(parameters["names"], np.uint8)]
    matrices, widths = (np.asarray(parameters[name]) for name in ("matrices", "matrix_widths"))
    return [Motif(name, matrix[:, : int(w)]) for name, matrix, w in zip(names, matrices, widths, strict=True)]


def half(motif):
    """The half of a motif that tells more."""
    middle = (motif.width + 1) // 2
    sides = slice(0, middle), slice(motif.width - middle, motif.width)
    told = [motif.information()[side].sum() for side in sides]
    return Motif(motif.name + HALF, motif.probabilities[:, sides[int(np.argmax(told))]])


def key(motif):
    """What tells a motif from all others."""
    return motif.id or motif.name


def padded(matrices):
    """Matrices (4, width) as one array (matrix, 4, widest), 0 behind the narrower."""
    widest = max(matrix.shape[1] for matrix in matrices)
    return np.stack([np.pad(matrix, ((0, 0), (0, widest - matrix.shape[1]))) for matrix in matrices])


def _letters(names):
    """Names as numbers, (name, letter) uint8, 0 behind the shorter: a file of arrays keeps no text."""
    codes = [np.frombuffer(name.encode(), np.uint8) for name in names]
    return np.stack([np.pad(code, (0, max(map(len, codes)) - len(code))) for code in codes])
