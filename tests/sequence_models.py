"""Models of sequences in their variants, and sequences for them."""

import numpy as np
import torch
from sequence_data import LENGTH

from xassay import catalogue
from xassay.core.places import ENCODINGS
from xassay.core.tokens import BytePairTokens

MODELS = {n: e for n, e in catalogue.entries("models").items() if "sequence" in e.card["kinds"]}
VARIED = {
    "exponential": ("sequence_cnn", {"activation": "exponential"}),
    "averaged": ("sequence_cnn", {"strands": "averaged"}),
    "augmented": ("sequence_cnn", {"strands": "augmented"}),
    "deep": ("sequence_cnn", {"depth": 4, "pool": 3}),
    "even": ("sequence_cnn", {"size": 6, "depth": 2}),
    "even dilated": ("dilated_cnn", {"size": 6, "depth": 2}),
    "last state": ("sequence_lstm", {"read_out": "last"}),
    "mean state": ("sequence_lstm", {"read_out": "mean", "size": 6}),
    "bases": ("sequence_lstm", {"filters": 0}),
    "averaged lstm": ("sequence_lstm", {"strands": "averaged"}),
    "averaged dilated": ("dilated_cnn", {"strands": "averaged"}),
    "averaged transformer": ("cnn_transformer", {"strands": "averaged"}),
    **{f"places {kind}": ("cnn_transformer", {"positions": kind}) for kind in ENCODINGS},
    "three layers": ("cnn_transformer", {"depth": 3, "heads": 3, "width": 16}),
    "words": ("cnn_transformer", {"tokens": "kmer", "k": 2}),
    "byte pairs": ("cnn_transformer", {"tokens": "bpe", "vocabulary": 40}),
    "averaged pairs": ("cnn_transformer", {"tokens": "bpe", "vocabulary": 40, "strands": "averaged"}),
    "words of three": ("kmer_logistic", {"k": 3}),
} | {name: (name, {}) for name in MODELS}


def built(name, n_outputs=1, length=LENGTH, learned=True):
    """A model of VARIED as it is explained; learned: with what it takes from training sequences."""
    plugin, options = VARIED[name]
    torch.manual_seed(0)
    model = catalogue.load("models", plugin).build((4, length), n_outputs, **options)
    if learned and hasattr(model, "prepare"):
        model.prepare(drawn(200, length, seed=9), np.random.default_rng(0))
    return model.eval()


def drawn(n=5, length=LENGTH, seed=0):
    """One-hot sequences, (n, 4, length)."""
    rows = np.random.default_rng(seed).integers(4, size=(n, length))
    return torch.from_numpy(np.eye(4, dtype=np.float32)[rows]).transpose(1, 2).contiguous()


def pairs(length=LENGTH):
    """A tokeniser of byte pairs that has learned some."""
    torch.manual_seed(0)
    tokens = BytePairTokens(8, 40)
    tokens.prepare(drawn(200, length, seed=9), np.random.default_rng(0))
    return tokens
