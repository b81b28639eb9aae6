"""Byte-pair encoding of sequences: Sennrich, Haddow and Birch (2016), with bases as the letters.

Texts are one flat array of token numbers with ``END`` after each sequence, so that a merge is one pass over
all of them. Merges in the order in which they were learned give what merging the earliest pair first does: a
merge makes no pair that an earlier one would have taken.
"""

import numpy as np

END = -1


def flat(letters):
    """Letters 0 to 3, (sequence, position), as a flat text."""
    return np.pad(letters.astype(np.int64), ((0, 0), (0, 1)), constant_values=END).ravel()


def merged(text, first, second, new):
    """A text with each pair as the one token ``new``; pairs that overlap are taken from the left."""
    at = np.flatnonzero((text[:-1] == first) & (text[1:] == second))
    if first == second and len(at):
        begins = np.flatnonzero(np.diff(at, prepend=-2) != 1)  # of runs of places that follow one another
        run = np.repeat(begins, np.diff(begins, append=len(at)))
        at = at[(np.arange(len(at)) - run) % 2 == 0]
    if not len(at):
        return text
    out = text.copy()
    out[at] = new
    return np.delete(out, at + 1)


def learned(letters, vocabulary, longest, alphabet=4):
    """The pairs that were merged, (merge, 2): each time the commonest pair, of equals the lowest numbers.

    letters: (sequence, position) in 0 .. alphabet - 1; vocabulary: tokens at most, the letters among them;
    longest: letters of a token. It ends early where no pair that may be merged occurs twice."""
    text, sizes, pairs = flat(letters), np.ones(vocabulary, np.int64), []
    for new in range(alphabet, vocabulary):
        first, second = text[:-1], text[1:]
        inside = (first != END) & (second != END)
        count = np.bincount(first[inside] * new + second[inside], minlength=new * new)
        count[(sizes[:new, None] + sizes[:new] > longest).ravel()] = 0
        best = int(count.argmax())
        if count[best] < 2:
            break
        pairs.append(divmod(best, new))
        sizes[new] = sizes[list(pairs[-1])].sum()
        text = merged(text, *pairs[-1], new)
    return np.array(pairs, np.int64).reshape(-1, 2)


def encoded(letters, pairs, alphabet=4):
    """The tokens of sequences. letters: (sequence, position); pairs: as ``learned`` gives them.

    Returns (tokens, home, place): tokens (sequence, token), END beyond a sequence's last; for each letter,
    (sequence, position), the token that it is a part of and its place within it."""
    text, sizes = flat(letters), np.ones(alphabet + len(pairs), np.int64)
    for new, pair in enumerate(pairs, alphabet):
        sizes[new] = sizes[pair].sum()
        text = merged(text, *pair, new)
    ends = np.flatnonzero(text == END)
    number = np.diff(ends, prepend=-1) - 1
    row = np.repeat(np.arange(len(letters)), number)
    begin = np.cumsum(number) - number
    column = np.arange(len(row)) - begin[row]
    kept = text[text != END]
    tokens = np.full((len(letters), number.max()), END)
    tokens[row, column] = kept
    size = sizes[kept]
    home = np.repeat(column, size).reshape(letters.shape)
    place = (np.arange(letters.size) - np.repeat(np.cumsum(size) - size, size)).reshape(letters.shape)
    return tokens, home, place


def spelled(pairs, letters="ACGT"):
    """The letters of every token, as texts."""
    words = list(letters)
    for first, second in pairs:
        words.append(words[first] + words[second])
    return words
