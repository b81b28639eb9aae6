"""Gradients whose way back through each ReLU is another one: guided backpropagation, deconvolution."""

import copy

import torch
from torch import nn

from xassay.core.errors import InputError
from xassay.core.gradients import gradient


def modified_gradient(model, x, target, through, name):
    """Gradient of the explained logit with ``through(slope of the input, slope of the output)`` at each ReLU.

    x: (sample, ...); target: (sample,); name: the method's, for the message. Returns x's shape. Raises
    InputError where the model has no ReLU module: what it computes by functions is not seen."""
    model = copy.deepcopy(model)
    layers = [module for module in model.modules() if isinstance(module, nn.ReLU)]
    if not layers:
        raise InputError(
            f"{name}: the model has no nn.ReLU; allowed: models whose activations are such modules"
        )
    for layer in layers:
        layer.inplace = False
        layer.register_full_backward_hook(lambda module, into, out: (through(into[0], out[0]),))
    return gradient(model, x, target)


def guided(into, out):
    """Guided backpropagation: what is positive of the slope that a ReLU lets pass (springenberg2015)."""
    return into.clamp(min=0)


def deconvolved(into, out):
    """Deconvolution: what is positive of the slope, whatever went in (zeiler2014)."""
    return torch.clamp(out, min=0)
