"""Tokens of a sequence: stretches of bases that a transformer reads as one, and which base belongs to which.

A tokeniser is a Module: (sample, 4, position) -> (vectors (sample, token, width), ``home`` (sample,
position), the token of each base). Padding tokens, of which no base is a part, come last.
"""

import torch
from torch import nn

from xassay.core.dna import BASES
from xassay.core.errors import InputError
from xassay.core.kmers import occurrences

TOKENS = ("base", "kmer", "bpe")
LONGEST = 16  # bases of a byte-pair token


class StemTokens(nn.Module):
    """Single bases through a convolution, and ``pool`` neighbours pooled into a token."""

    def __init__(self, width, size, pool):
        super().__init__()
        self.pool = pool
        self.layers = nn.Sequential(
            nn.Conv1d(4, width, size, padding=size // 2), nn.BatchNorm1d(width), nn.ReLU()
        )
        self.pooling = nn.MaxPool1d(pool, ceil_mode=True)

    def forward(self, x):
        home = torch.arange(x.shape[2], device=x.device) // self.pool
        h = self.layers(x)[..., : x.shape[2]]
        return self.pooling(h).transpose(1, 2), home.expand(len(x), -1)


class KmerTokens(nn.Module):
    """Words of k bases side by side, without overlap; what is left over at the end is filled with N."""

    def __init__(self, width, k):
        super().__init__()
        self.k = k
        self.embedding = nn.Linear(4**k, width, bias=False)

    def forward(self, x):
        home = torch.arange(x.shape[2], device=x.device) // self.k
        short = -x.shape[2] % self.k
        x = nn.functional.pad(x, (0, short), value=0.25) if short else x
        found = occurrences(x, self.k, stride=self.k)
        return self.embedding(found.transpose(1, 2)), home.expand(len(x), -1)


class BytePairTokens(nn.Module):
    """Byte-pair tokens of the likeliest bases, learned from the training sequences (sennrich2016).

    ``prepare`` learns them; until then every base is a token. Cutting is a step: a gradient passes through
    the shares of the bases that the tokens are made of (1 for one-hot x), not through where they end."""

    def __init__(self, width, vocabulary, length):
        super().__init__()
        self.length = length
        self.register_buffer("pieces", torch.full((vocabulary, LONGEST), len(BASES), dtype=torch.uint8))
        self.pieces[:4, 0] = torch.arange(4)
        self.embedding = nn.Embedding(vocabulary, width)
        self.model, self.of = None, None

    def prepare(self, x, rng):
        """Learn the tokens from training sequences, (sample, 4, position)."""
        tokenizers = imported()
        model = tokenizers.Tokenizer(tokenizers.models.BPE())
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=len(self.pieces),
            initial_alphabet=list(BASES),
            max_token_length=LONGEST,
            show_progress=False,
        )
        model.train_from_iterator(spelled(x), trainer)
        words = sorted(model.get_vocab(), key=lambda word: (len(word), word))
        self.pieces.fill_(len(BASES))
        for number, word in enumerate(words):
            self.pieces[number, : len(word)] = torch.tensor([BASES.index(base) for base in word])
        self.model = None

    def cut(self, text):
        """Numbers of the tokens of a text, the longest that fits first."""
        if self.model is None or self.of is not self.pieces:
            words = ["".join(BASES[b] for b in row if b < len(BASES)) for row in self.pieces.tolist()]
            self.model, self.of = {word: k for k, word in enumerate(words) if word}, self.pieces
        found, start = [], 0
        while start < len(text):
            stop = next(
                s for s in range(min(len(text), start + LONGEST), start, -1) if text[start:s] in self.model
            )
            found.append((self.model[text[start:stop]], stop - start))
            start = stop
        return found

    def forward(self, x):
        cut = [self.cut(text) for text in spelled(x)]
        most = max(map(len, cut))
        numbers = torch.zeros(len(x), most, dtype=torch.long)
        home = torch.zeros(len(x), x.shape[2], dtype=torch.long)
        for row, tokens in enumerate(cut):
            numbers[row, : len(tokens)] = torch.tensor([number for number, _ in tokens])
            sizes = torch.tensor([size for _, size in tokens])
            home[row] = torch.arange(len(tokens)).repeat_interleave(sizes)
        numbers, home = numbers.to(x.device), home.to(x.device)
        share = x.max(1).values
        whole = torch.zeros(len(x), most, dtype=x.dtype, device=x.device)
        count = whole.scatter_add(1, home, torch.ones_like(share))
        mean = whole.scatter_add(1, home, share) / count.clamp(min=1)
        return self.embedding(numbers) * mean[..., None], home


def imported():
    """The package tokenizers. Raises InputError where it is not installed."""
    try:
        import tokenizers
        import tokenizers.models
        import tokenizers.trainers
    except ImportError:
        raise InputError(
            "tokens: 'bpe' needs the package tokenizers; allowed without it: base, kmer"
        ) from None
    return tokenizers


def spelled(x):
    """Likeliest base of each position as texts. x: (sample, 4, position), a tensor."""
    letters = x.detach().argmax(1).cpu().numpy()
    return ["".join(BASES[base] for base in row) for row in letters]


def members(home, count):
    """Number of bases of each token: (sample, token) float; 0 for padding."""
    return torch.zeros(len(home), count, device=home.device).scatter_add(
        1, home, torch.ones_like(home, dtype=torch.float32)
    )


def spread(values, home):
    """Values of tokens shared evenly by their bases: (sample, token) -> (sample, position)."""
    return (values / members(home, values.shape[1]).clamp(min=1)).gather(1, home)
