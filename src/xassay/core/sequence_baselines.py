"""Reference inputs of sequences: what stands in the place of a base, declared by the data set."""

import numpy as np

from xassay.core.contracts import OWN
from xassay.core.errors import InputError
from xassay.core.shuffles import dinucleotide_shuffles

KINDS = OWN["sequence"]["baseline"]


def sequence_baseline(samples, x, rng, *, kind="shuffle", references=4):
    """Reference inputs of sequences, (reference, sample, 4, position) float32.

    x: (sample, 4, position). ``references`` draws of
      shuffle: the sequence itself in another order, its dinucleotides kept (core/shuffles.py);
      training_sequences: a training sequence, of the negative class where there are two;
    or one reference of
      uniform: 1/4 of every base;
      composition: the bases' shares at that position among the training sequences;
      zero: no base at all, which no model has seen.

    Raises InputError for another kind."""
    if kind not in KINDS:
        raise InputError(f"baseline: {kind!r} is unknown; allowed: {', '.join(KINDS)}")
    if kind == "shuffle":
        return dinucleotide_shuffles(x, references, rng).astype(np.float32)
    if kind == "training_sequences":
        train = samples.samples[samples.samples["split"] == "train"]
        if len(samples.classes) == 2:
            train = train[train["label"] == 0]
        chosen = rng.choice(len(train), size=references * len(x))
        return samples.inputs(list(train.index[chosen])).reshape(references, *x.shape)
    if kind == "uniform":
        column = np.full((4, 1), 0.25, np.float32)
    else:
        column = composition(samples) if kind == "composition" else np.zeros((4, 1), np.float32)
    return np.broadcast_to(column, (1, *x.shape)).astype(np.float32)


def composition(samples):
    """Shares of the bases at each position of the training sequences: (4, position) float32."""
    return samples.inputs(samples.ids("train")).mean(0, dtype=np.float64).astype(np.float32)
