"""Models of sequences whose answer to any experiment is known, motifs that they read, and all that a discovery
may ask for."""

import inspect

import numpy as np
import pandas as pd
import torch
from torch import nn

from xassay import catalogue
from xassay.core.dna import encode
from xassay.core.pwm import Motif
from xassay.core.shuffles import dinucleotide_shuffles

A, B = "TGACTCA", "GGCCAATC"
LENGTH = 60
KNOWN = [
    Motif(name, encode([text])[0].astype(np.float64))
    for name, text in (("A", A), ("B", B), ("C", "AACCGGTT"))
]


class Words(nn.Module):
    """``rule`` of which words occur: exactly 1 where one does, 0 where it does not, along the sequence.

    rule: (sample, word, position) -> (sample,) or (sample, output)."""

    def __init__(self, rule, words=(A, B)):
        super().__init__()
        widest = max(map(len, words))
        self.first_layer = nn.Conv1d(4, len(words), widest)
        weight = torch.stack([torch.from_numpy(encode([w.ljust(widest, "N")])[0]) for w in words])
        weight[weight == 0.25] = 0
        self.first_layer.weight.data = weight
        self.first_layer.bias.data = 1 - torch.tensor([float(len(w)) for w in words])
        self.relu, self.rule, self.room = nn.ReLU(), rule, widest

    def forward(self, x):
        h = self.relu(self.first_layer(nn.functional.pad(x, (0, self.room - 1))))
        out = self.rule(h)
        return out[:, None] if out.dim() == 1 else out


def additive(h):
    """2 for A, 3 for B."""
    here = h.amax(2)
    return 2 * here[:, 0] + 3 * here[:, 1]


def both(h):
    """4 where A and B occur."""
    here = h.amax(2)
    return 4 * here[:, 0] * here[:, 1]


def random_sequences(n, seed, length=LENGTH):
    """Texts with neither word, on either strand."""
    rng, out = np.random.default_rng(seed), []
    while len(out) < n:
        text = "".join(rng.choice(list("ACGT"), length))
        turned = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
        if not any(word in one for word in (A, B) for one in (text, turned)):
            out.append(text)
    return out


def case(rule=both, n=12, seed=0, oracle=None):
    """Every array that a discovery may ask for: A in all samples from 5 on, B from 30 on in all but two."""
    texts, rows = random_sequences(n, seed), []
    for k in range(n):
        for name, word, start in (("A", A, 5), ("B", B, 30)):
            if name == "A" or k > 1:
                texts[k] = texts[k][:start] + word + texts[k][start + len(word) :]
                rows.append((k, name, start, start + len(word), "+", 10.0, True))
    elements = pd.DataFrame(rows, columns=["sample", "name", "start", "stop", "strand", "score", "causal"])
    x = torch.from_numpy(encode(texts))
    rng = np.random.default_rng(seed)
    drawn = torch.from_numpy(dinucleotide_shuffles(x.numpy(), 3, rng))
    variants = pd.DataFrame(
        {
            "sample": [0, 3],
            "position": [5, 50],
            "ref": [texts[0][5], texts[3][50]],
            "alt": ["C", "ACGT"["TGCA".index(texts[3][50])]],
        }
    ).assign(effect=[-1.0, 0.0])
    return dict(
        model=Words(rule).eval().requires_grad_(False),
        x=x,
        target=torch.ones(n, dtype=torch.long),
        baseline=drawn,
        maps=torch.from_numpy(rng.normal(size=x.shape).astype(np.float32)),
        elements=elements,
        variants=variants,
        known=KNOWN,
        oracle=oracle,
        label=np.arange(n) % 2,
    )


def called(name, given, seed=0, **options):
    """A discovery on the arrays of ``case``."""
    function = catalogue.load("discovery", name).discover
    asked = [
        p.name for p in inspect.signature(function).parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD
    ]
    arrays = given | {"rng": np.random.default_rng(seed)}
    return function(*(arrays[key] for key in asked), **options)
