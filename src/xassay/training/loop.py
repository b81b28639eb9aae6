"""One training loop, whatever the model: AdamW, class weights, early stopping on the validation split.

A model may take part: ``prepare(x, rng)`` before training, ``augment(x, rng)`` on every batch, ``penalty()``
added to the loss."""

import copy
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional


class Recipe(NamedTuple):
    """How a model is trained. Chosen on validation splits; the same for every model of a kind of data."""

    epochs: int = 60  # at most
    batch: int = 32  # samples
    rate: float = 1e-3  # learning rate of AdamW
    decay: float = 1e-2  # weight decay, decoupled from the rate as in AdamW
    patience: int = 8  # epochs without a validation loss that is smaller by ``tolerance``
    tolerance: float = 2e-3


RECIPE = Recipe()  # of bags: chosen on ``pbmc_bags``
RECIPES = {"sequence": Recipe(epochs=40, batch=64, patience=8)}  # chosen on ``lac_promoter``


class Part(NamedTuple):
    """A split as tensors: x (sample, ...), y (sample,) integers, or float32 numbers to be predicted."""

    x: torch.Tensor
    y: torch.Tensor


class Fit(NamedTuple):
    """What came of a training: the epoch kept, its validation loss, the number of epochs run."""

    epoch: int
    loss: float
    epochs: int


def fit(model, train, validation, rng, recipe=RECIPE, epochs=None, report=lambda epoch, loss: None):
    """Train ``model`` in place and leave it, in eval mode, at the epoch of the smallest validation loss.

    train, validation: ``Part``. epochs: train that many, without early stopping, and keep the last one. rng:
    numpy generator of the batch order. report: called after each epoch with its number and validation loss.
    Dropout draws from torch's own state, which the caller seeds. Returns a ``Fit``."""
    weight = class_weight(train.y)
    augment, penalty = getattr(model, "augment", lambda x, rng: x), getattr(model, "penalty", lambda: 0.0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    best, kept = Fit(0, float("inf"), 0), copy.deepcopy(model.state_dict())
    for epoch in range(1, (epochs or recipe.epochs) + 1):
        model.train()
        order = torch.from_numpy(rng.permutation(len(train.y))).to(train.y.device)
        for rows in order.split(recipe.batch):
            optimiser.zero_grad(set_to_none=True)
            x = augment(train.x[rows], rng)
            (loss(model(x), train.y[rows], weight) + penalty()).backward()
            optimiser.step()
        value = loss(logits(model, validation.x), validation.y, weight).item()
        report(epoch, value)
        if epochs or value < best.loss - recipe.tolerance:
            best, kept = Fit(epoch, value, epoch), copy.deepcopy(model.state_dict())
        elif epoch - best.epoch >= recipe.patience:
            break
    model.load_state_dict(kept)
    model.eval()
    return best._replace(epochs=epoch)


def loss(output, label, weight):
    """Cross-entropy, each class weighted; of numbers the mean squared error.

    output: (sample, 1 or K); label: (sample,); weight: (K,), None for numbers."""
    if weight is None:
        return functional.mse_loss(output[:, 0], label)
    if output.shape[1] > 1:
        return functional.cross_entropy(output, label, weight)
    each = functional.binary_cross_entropy_with_logits(output[:, 0], label.to(output.dtype), reduction="none")
    return (each * weight[label]).sum() / weight[label].sum()


def class_weight(label):
    """Weights that give every class the same share of the loss. label: (sample,). Returns (K,) float32, None
    for numbers."""
    if label.is_floating_point():
        return None
    count = torch.bincount(label).clamp(min=1).to(torch.float32)
    return count.sum() / (len(count) * count)


@torch.no_grad()
def logits(model, x, batch=128):
    """The model's answers in eval mode, batch by batch: (sample, instance, feature) -> (sample, output)."""
    model.eval()
    return torch.cat([model(part) for part in x.split(batch)])


def permuted(label, rng):
    """The same labels in another order, drawn by ``rng``. label: (sample,) tensor."""
    return label[torch.from_numpy(rng.permutation(len(label))).to(label.device)]


def as_part(samples, split, device):
    """A split of ``samples`` as tensors on ``device``; numbers in units of the training split, mean 0, SD
    1."""
    ids = samples.ids(split)
    label = samples.samples.loc[ids, "label"].to_numpy()
    if samples.regression:
        known = samples.samples.loc[samples.ids("train"), "label"].to_numpy(np.float64)
        label = ((label - known.mean()) / known.std()).astype(np.float32)
    else:
        label = label.astype(np.int64)
    return Part(torch.from_numpy(samples.inputs(ids)).to(device), torch.from_numpy(label).to(device))
