"""The design of simulated DNA: motifs, grammar, backgrounds and decoys, and how sequences are drawn by it."""

import numpy as np
import torch

from xassay.core import backgrounds, planting, templates
from xassay.core.errors import InputError
from xassay.core.grammar import Grammar
from xassay.core.motif_library import Library
from xassay.core.planting import Planter
from xassay.core.programs import PROGRAMS
from xassay.core.sites import Sites

ROUNDS = 60  # draws for the sequences of a class, before f* is said to give too few
AT_ONCE = 4096  # sequences that f* is asked about at a time
FULL = 0.7  # share of a sequence, or of its window, that sites may take
ARRAYS = ("weights", "widths", "thresholds", "sharpness", "program", "gain")
ARRAYS += ("needed", "window", "spacing", "decay")  # what f* is made of


class Design:
    """Everything that is settled before the first sequence is drawn.

    options: the keyword options of ``datasets/simulated_dna.py``, as attributes. library: Library;
    parameters: of f*, arrays; f: Grammar; arrangements: {label: [Template]}. Raises InputError for options
    that give no data."""

    def __init__(self, options):
        self.options = o = options
        self.laws = laws(o)
        bases = np.mean([law.bases for law in self.laws], 0)
        self.library = library = Library(o)
        n, slots = library.n_grammar, templates.slots(o.program, library.n_grammar, o.copies + o.more)
        weights, thresholds = library.weights(bases), library.thresholds(bases, o.site_p)
        best = o.sites == "consensus"
        self.sites = Sites(library.motifs, weights, thresholds, o.sharpness, o.affinity, best)
        widest = max(self.sites.widths[:n])
        window = self._window(widest)
        self.planter = Planter(slots, n, self.sites, library.others, o.fill, window)
        inside = int(FULL * o.window) // widest
        graded = o.task == "regression"
        narrow = min(self.sites.widths[:n])
        if o.program == "heterodimer" and o.spacing <= -narrow:
            raise InputError(f"spacing: {o.spacing}; allowed: above {-narrow}, less than a motif of overlap")
        rule = o.copies, o.copies + o.more, o.spacing, o.decay, o.length, inside, narrow, graded
        self.arrangements = templates.templates(o.program, n, *rule)
        self._room(slots, widest)
        self.parameters = {
            "weights": weights[:n, :, :widest],
            "widths": self.sites.widths[:n],
            "thresholds": thresholds[:n],
            "sharpness": np.float64(o.sharpness),
            "program": np.int64(list(PROGRAMS).index(o.program)),
            "gain": np.float64(o.gain),
            "needed": np.int64(o.copies),
            "window": np.array(window),
            "spacing": np.int64(o.spacing),
            "decay": np.float64(o.decay),
            **library.kept(),
        }
        self.f = oracle(self.parameters)

    def _window(self, widest):
        """Positions of the central window: the first, and the one after the last."""
        o = self.options
        if o.program == "position" and not o.copies * widest / FULL <= o.window < o.length:
            least = int(np.ceil(o.copies * widest / FULL))
            raise InputError(
                f"window: {o.window}; allowed: {least}, which {o.copies} sites need, to {o.length - 1}"
            )
        first = (o.length - o.window) // 2
        return first, first + o.window

    def _room(self, slots, widest):
        """Raise InputError where the sites would fill the sequence."""
        o, widths = self.options, self.sites.widths
        filler = max(widths[self.library.others], default=0)
        need = sum(max(widest if k < 0 else widths[k], filler) for k in slots)
        need += max(
            [0, *(max(one.gaps) for found in self.arrangements.values() for one in found if one.gaps)]
        )
        need += widest * sum(decoy in o.decoys for decoy in ("half_site", "low_affinity"))
        need += sum(widths[k] for k in self.library.decoys.values())
        if need > FULL * o.length:
            least = int(np.ceil(need / FULL))
            raise InputError(
                f"length: {o.length}, of which sites may take {need}; allowed: {least}, or fewer sites"
            )

    def draw(self, n, rng, test=False):
        """Sequences of a split. n: {label: number}. test: whether the spurious motif tells nothing.

        Returns (planted, label). Raises InputError where f* gives a class in too few of the draws for it."""
        found = {}
        for label in sorted(n, reverse=True):  # positives first: matched negatives are made of them
            like = found.get(1) if label == 0 and "matched_negatives" in self.options.decoys else None
            found[label] = self._class(label, n[label], rng, test, like)
        order = rng.permutation(sum(n.values()))
        labels = np.concatenate([np.full(n[label], label) for label in found])
        return planting.joined(list(found.values())).take(order), labels[order]

    def _class(self, label, n, rng, test, like):
        """``n`` sequences of one class, as f* says: Planted."""
        kept, left, ways = [], n, self.arrangements[label]
        for _ in range(ROUNDS):
            asked = int(1.25 * left) + 8
            turn = None if like is None else np.resize(rng.permutation(len(like.letters)), asked)
            share = rng.multinomial(asked, np.ones(len(ways)) / len(ways))
            for template, rows in zip(ways, np.split(np.arange(asked), share.cumsum()[:-1])):
                if len(rows):
                    one = None if like is None else like.take(turn[rows])
                    kept.append(self._accepted(template, label, len(rows), rng, test, one))
            whole = planting.joined(kept)
            if len(whole.letters) >= n:
                return whole.take(rng.permutation(len(whole.letters))[:n])
            kept, left = [whole], n - len(whole.letters)
        name = ("negative", "positive")[label] if self.binary else self.library.motifs[label].name
        raise InputError(
            f"f* gives {left} of {n} {name} sequences too few in {ROUNDS} rounds; allowed: a larger length, "
            "a smaller margin or site_p, other motifs"
        )

    @property
    def binary(self):
        """Whether there is one output."""
        return self.options.program != "multi_task"

    def _accepted(self, template, label, n, rng, test, like):
        """Sequences of one arrangement that f* puts into its class, ``margin`` or more from the other."""
        o, law = self.options, self.laws[label if self.binary else 1]
        letters = law.draw(n, o.length, rng) if like is None else like.letters
        planted = self.planter.plant(template, letters, rng, self._decoys(label, n, rng, test), like)
        if o.task == "regression" or not len(planted.letters):
            return planted
        logit = self.logits(one_hot(planted.letters))
        wanted = np.array([label]) if self.binary else np.arange(logit.shape[1]) == label
        right = ((logit > 0) == wanted) & (np.abs(logit) >= o.margin)
        return planted.take(np.flatnonzero(right.all(1)))

    @torch.no_grad()
    def logits(self, x):
        """f*(x) as an array, (sample, output) float64."""
        return torch.cat([self.f(part) for part in x.split(AT_ONCE)]).double().numpy()

    def _decoys(self, label, n, rng, test):
        """What is planted beside the arrangement: (motif, bases) of each kind that is asked for."""
        o, found = self.options, []
        rates = {"non_causal": o.decoy_rate, "spurious": o.spurious_share if label else 1 - o.spurious_share}
        if test:
            rates["spurious"] = 0.5
        for decoy, number in self.library.decoys.items():
            found.append(np.where(rng.random(n) < rates[decoy], number, -1))
        if self.library.halves:
            found.append(np.where(rng.random(n) < o.decoy_rate, rng.choice(self.library.halves, n), -1))
        found = [(motif, self.sites.draw(motif, rng)) for motif in found]
        if "low_affinity" in o.decoys:
            number = rng.integers(self.library.n_grammar, size=n)
            motif = np.where(rng.random(n) < o.decoy_rate, number, -1)
            found.append((motif, self.sites.weak(motif, rng)))
        return found


def laws(options):
    """Backgrounds of the negative and of the positive class, alike but for the decoy ``gc``."""
    o, shift = options, options.gc_shift / 2 if "gc" in options.decoys else 0
    sequences = None if o.background_file is None else backgrounds.read(o.background_file)
    if shift and sequences is not None:
        raise InputError("decoys: 'gc' draws bases by their GC content; allowed: without a background_file")
    if shift and not 0 < o.gc - shift < o.gc + shift < 1:
        raise InputError(f"gc, gc_shift: {o.gc:g} -+ {shift:g}; allowed: between 0 and 1")
    given = dict(order=o.order, sequences=sequences)
    return [backgrounds.background(o.background, gc=o.gc + sign * shift, **given) for sign in (-1, 1)]


def oracle(parameters):
    """f* from its parameters: Grammar."""
    return Grammar(**{name: torch.as_tensor(np.asarray(parameters[name])) for name in ARRAYS})


def one_hot(numbers):
    """(sequence, position) numbers as a tensor (sequence, 4, position) float32."""
    return torch.from_numpy((numbers[:, None] == np.arange(4)[:, None]).astype(np.float32))
