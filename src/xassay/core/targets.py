"""The explained output: always a logit, never a probability.

Binary models and those of a number have one output: target 1 is that output, target 0 is minus it. With K > 1
outputs, target k is logit k minus the mean of the others.
"""

import torch
from torch import nn


def explained(logits, target):
    """The explained output of each sample.

    logits: (sample, output); target: (sample,) integers. Returns (sample,)."""
    if logits.shape[1] == 1:
        return torch.where(target == 1, logits[:, 0], -logits[:, 0])
    chosen = logits.gather(1, target[:, None])[:, 0]
    return chosen - (logits.sum(1) - chosen) / (logits.shape[1] - 1)


def default_target(labels, n_outputs):
    """What is explained unless a variant asks otherwise: class 1 if binary, else the sample's own class.

    labels: (sample,), of any type where the model has one output. Returns (sample,) integers."""
    return torch.ones_like(labels, dtype=torch.long) if n_outputs == 1 else labels.long()


class Explained(nn.Module):
    """The model with the explained output as its only one: ``Explained(model)(x, target) -> (sample,)``.

    The target is an argument, not bound, because captum expands x and every further argument alike."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x, target):
        return explained(self.model(x), target)
