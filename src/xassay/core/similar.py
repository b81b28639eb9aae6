"""Groups of sequences that are alike, so that none of a group is held out while another is trained on."""

import numpy as np

from xassay.core.dna import BASES

BLOCK = 1024  # sequences compared with all others at a time
WORD = 10  # bases of a word; fewer where sequences are short


def groups(texts, identity=0.8):
    """Number of each sequence's group, from 0 in the order of their first members: (sequence,) int.

    Two sequences are alike where they share at least identity^k of the shorter one's different words of k
    bases: what substitutions at that identity leave on average (mash, ondov2016). Both strands count as one;
    words with another letter than A, C, G, T do not count. Groups are what alike pairs connect; copies and
    reverse complements are always in one. texts: strings; identity: share of equal bases, 0 to 1."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    k = int(np.clip(min(map(len, texts)) // 4, 4, WORD))
    words = [_words(text, k) for text in texts]
    sizes = np.array([len(own) for own in words])
    rows, columns = np.repeat(np.arange(len(texts)), sizes), np.concatenate(words)
    _, columns = np.unique(columns, return_inverse=True)
    shape = (len(texts), int(columns.max(initial=-1)) + 1)
    found = csr_array((np.ones(len(columns), np.int32), (rows, columns)), shape=shape)
    one, other = [], []
    for start in range(0, len(texts), BLOCK):
        shared = (found[start : start + BLOCK] @ found.T).tocoo()
        a, b = shared.row + start, shared.col
        least = np.minimum(sizes[a], sizes[b])
        alike = (a < b) & (shared.data >= np.maximum(identity**k * least, 1))
        one.append(a[alike])
        other.append(b[alike])
    first = {}
    for number, text in enumerate(texts):  # what has no word at all is still a copy of its copies
        twin = first.setdefault(min(text.upper(), _turned(text)), number)
        one.append([twin])
        other.append([number])
    edges = np.concatenate(one), np.concatenate(other)
    graph = csr_array((np.ones(len(edges[0]), np.int8), edges), shape=(len(texts),) * 2)
    number = connected_components(graph, directed=False)[1]
    _, start, inverse = np.unique(number, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(start))[inverse]


def _words(text, k):
    """Different words of k bases of a text, of either strand, as numbers."""
    letters = np.frombuffer(text.upper().encode("ascii", "replace"), np.uint8)
    code = np.full(256, -1, np.int64)
    code[np.frombuffer(BASES.encode(), np.uint8)] = range(4)
    code[ord("U")] = 3
    numbers = code[letters]
    windows = np.lib.stride_tricks.sliding_window_view(numbers, k)
    windows = windows[(windows >= 0).all(1)]
    powers = 4 ** np.arange(k)
    return np.unique(np.minimum(windows @ powers[::-1], (3 - windows) @ powers))


def _turned(text):
    """The reverse complement of a text, upper case."""
    return text.upper().translate(str.maketrans("ACGTU", "TGCAA"))[::-1]
