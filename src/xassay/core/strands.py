"""The two strands of DNA: a model that reads one, is shown both in training, or averages over both."""

import torch
from torch import nn

from xassay.core.dna import reverse_complement


class StrandedModel(nn.Module):
    """A model of sequences, (sample, 4, position) -> (sample, output); a subclass defines ``read`` of one
    strand.

    strands: "one"; "augmented", a random half of each training batch is turned round; "averaged", the mean of
    the outputs for a sequence and its reverse complement, so that neither strand is preferred by construction
    (shrikumar2017rc)."""

    def __init__(self, strands="one"):
        super().__init__()
        self.strands = strands

    def read(self, x):
        """Outputs for the strand as it is."""
        raise NotImplementedError

    def forward(self, x):
        if self.strands != "averaged":
            return self.read(x)
        return (self.read(x) + self.read(reverse_complement(x))) / 2

    def augment(self, x, rng):
        """A training batch with a random half turned round, where the model is shown both strands."""
        if self.strands != "augmented":
            return x
        turned = torch.from_numpy(rng.random(len(x)) < 0.5).to(x.device)
        return torch.where(turned[:, None, None], reverse_complement(x), x)


class TrunkedModel(StrandedModel):
    """A model with a ``trunk``, which begins with the convolution that reads bases, and a ``head``.

    A subclass sets both, and ``grid``: base at the centre of the first place of the trunk's maps, bases to
    the next."""

    @property
    def first_layer(self):
        """The convolution that reads bases."""
        return self.trunk[0]

    def feature_maps(self, x):
        """Activations of the trunk's last layer: (sample, filter, place along the sequence)."""
        return self.trunk(x)

    def read(self, x):
        """Outputs for the strand as it is."""
        return self.head(self.feature_maps(x))


class OneStrand(nn.Module):
    """What a model reads in a strand as it is, whatever it makes of both."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model.read(x)


def averages(model):
    """Whether a model's answer is the mean over both strands, and nothing else."""
    own = getattr(type(model), "forward", None) is StrandedModel.forward
    return own and model.strands == "averaged"


def both_strands(model, x, map_of):
    """A map of what a model does with a sequence, from one that looks into a single strand.

    map_of: (sample, 4, position) -> (sample, position). Of a model that averages over both strands it is the
    mean of both maps, the other strand's turned back; else that of the strand as it is."""
    found = map_of(x)
    if averages(model):
        found = (found + map_of(reverse_complement(x)).flip(-1)) / 2
    return found
