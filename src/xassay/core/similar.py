"""Groups of sequences that are alike, for splits in which nothing held out has a near copy in training.

Two sequences are alike where, on either strand and at an offset at which ``k`` bases in a row agree, a
stretch of half the shorter one or more agrees in four fifths of its positions. A gap ends a stretch. Groups
are what such pairs connect: no two sequences of different groups are alike.

Words of k bases are found by sorting, so only pairs that share one are compared; words that repeat themselves
(runs of a base, short repeats) are passed over. Of a word that occurs more often than ``NEIGHBOURS`` times,
as in a library of variants or in an adapter, each occurrence is compared with that many others.
"""

import numpy as np

NEIGHBOURS = 200
SHORTEST = 30  # positions that a stretch has at least, or all of a shorter sequence
SCALE = 10_000  # a share of a stretch, as a whole number
CHUNK = 1 << 15  # pairs compared at a time
LETTERS = np.full(256, 4, np.uint8)
for number, base in enumerate("ACGT"):
    LETTERS[[ord(base), ord(base.lower())]] = number
LETTERS[[ord("U"), ord("u")]] = 3


def groups(texts, identity=0.8, cover=0.5, k=None):
    """Number of each sequence's group, from 0 in the order of their first members: (sequence,) int.

    texts: strings; any letter but A, C, G, T, U agrees with none. identity: share of a stretch that agrees.
    cover: share of the shorter sequence that a stretch has, ``SHORTEST`` positions at least. k: odd; default:
    such that a random word occurs about once, 7 to 15. Equal sequences, and reverse complements, are always
    in one group."""
    from scipy.sparse import coo_array, csgraph

    sequences = _Sequences(texts)
    k = k or word_length(int(sequences.length.sum()))
    of = sequences.copies()

    def connect(one, two):
        edges = coo_array((np.ones(len(one), np.int8), (of[one], of[two])), (len(of), len(of)))
        return csgraph.connected_components(edges, directed=False)[1][of]

    for found in _candidates(*_words(sequences, k), sequences.length, k):
        apart = of[found[0]] != of[found[1]]
        one, two, turned, offset = _distinct(found[:, apart], sequences.forward.shape[1])
        for start in range(0, len(one), CHUNK):
            part = np.arange(start, min(start + CHUNK, len(one)))
            part = part[of[one[part]] != of[two[part]]]  # not joined by the last chunk
            same = sequences.alike(one[part], two[part], turned[part], offset[part], identity, cover)
            if same.any():
                of = connect(one[part[same]], two[part[same]])
    _, first, number = np.unique(of, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def word_length(bases):
    """Odd length of a word that occurs about once in so many random bases: 7 to 15."""
    return int(np.clip(int(np.ceil(np.log2(max(bases, 2)) / 2)) // 2 * 2 + 1, 7, 15))


class _Sequences:
    """Sequences as numbers: ``forward`` (sequence, position), 4 where no base is known; ``length``."""

    def __init__(self, texts):
        self.length = np.array([len(text) for text in texts])
        widest = int(self.length.max(initial=1))
        joined = "".join(text.ljust(widest, "N") for text in texts).encode("latin-1", "replace")
        self.forward = LETTERS[np.frombuffer(joined, np.uint8)].reshape(len(texts), widest)
        place = self.length[:, None] - 1 - np.arange(widest)
        turned = np.take_along_axis(self.forward, np.maximum(place, 0), 1)
        self.turned = np.where((place >= 0) & (turned < 4), 3 - turned, 4).astype(np.uint8)
        both = np.concatenate([self.forward, self.turned])
        both = np.where(both == 4, 5, both)  # what is unknown in both agrees in neither
        padded = np.pad(both, ((0, 0), (widest, widest)), constant_values=5)
        self.windows = np.lib.stride_tricks.sliding_window_view(padded, widest, axis=1)

    def copies(self):
        """Number of each different sequence, strands not told apart: (sequence,)."""
        pairs = zip(self.forward, self.turned, self.length, strict=True)
        names = [min(a[:n].tobytes(), b[:n].tobytes()) for a, b, n in pairs]
        return np.unique(np.array(names, object), return_inverse=True)[1]

    def alike(self, one, two, turned, offset, identity, cover):
        """Whether pairs are alike at an offset. turned: whether the second is read from its other strand;
        offset: what is added to a position of the first to get that of the second. Returns bool."""
        lengths = self.length[one], self.length[two]
        shorter = np.minimum(*lengths)
        least = np.maximum(np.ceil(cover * shorter).astype(int), np.minimum(shorter, SHORTEST))
        widest = self.forward.shape[1]
        agree = self.forward[one] == self.windows[two + len(self.length) * turned, offset + widest]
        asked = round(identity * SCALE)
        out = agree.sum(1, dtype=np.int32) * SCALE >= asked * least
        some = np.flatnonzero(out)
        place, least = np.arange(widest), least[some, None]
        outside = place < -offset[some, None]
        outside |= place >= np.minimum(lengths[0], lengths[1] - offset)[some, None]
        above = np.where(outside, -SCALE * widest, SCALE * agree[some] - asked)
        total = np.pad(above.cumsum(1), ((0, 0), (1, 0)))
        start = np.arange(widest + 1) - least  # the last place at which a stretch may begin
        lowest = np.take_along_axis(np.minimum.accumulate(total, 1), np.maximum(start, 0), 1)
        out[some] = ((total >= lowest) & (start >= 0)).any(1)
        return out


def _words(sequences, k):
    """Every word, the same for both strands, sorted: code, sequence, position, whether the strand is the
    other."""
    base = sequences.forward
    places = max(base.shape[1] - k + 1, 0)
    code = np.zeros((2, len(base), places), np.uint32)
    pairs, known = np.zeros((len(base), places), np.uint16), np.ones((len(base), places), bool)
    for step in range(k):
        here = base[:, step : step + places]
        known &= here < 4
        code[0] += (here & 3).astype(np.uint32) << np.uint32(2 * (k - 1 - step))
        code[1] += (3 - (here & 3)).astype(np.uint32) << np.uint32(2 * step)
        if step:
            before = base[:, step - 1 : step - 1 + places]
            pairs |= np.uint16(1) << ((before & 3) * np.uint16(4) + (here & 3))
    kept = np.nonzero(known & (np.bitwise_count(pairs) > (k - 1) // 2))
    turned = (code[1] < code[0])[kept]
    code = code.min(0)[kept]
    order = np.argsort(code, kind="stable")
    return code[order], kept[0][order], kept[1][order], turned[order]


def _candidates(code, sequence, place, turned, length, k):
    """Pairs that share a word, each with the words next to it, next but one, ...: arrays of first, second,
    whether the second's other strand is meant, and offset."""
    alive = np.arange(max(len(code) - 1, 0))
    for step in range(1, NEIGHBOURS + 1):
        alive = alive[alive + step < len(code)]
        alive = alive[code[alive] == code[alive + step]]
        if not len(alive):
            return
        one, two = sequence[alive], sequence[alive + step]
        other = turned[alive] != turned[alive + step]
        behind = place[alive + step]
        behind = np.where(other, length[two] - k - behind, behind)
        yield np.stack([one, two, other.astype(np.int64), behind - place[alive]])


def _distinct(found, widest):
    """Different columns of (first, second, other strand, offset)."""
    one, two, other, offset = found
    n = int(two.max(initial=0)) + 1
    key = ((one * n + two) * 2 + other) * (2 * widest + 1) + offset + widest
    kept = np.unique(key, return_index=True)[1]
    return one[kept], two[kept], other[kept].astype(bool), offset[kept]
