"""Sets as tensors: what every model of padded bags shares.

A bag is (instance, feature), padded with rows of NaN. The mask is derived from x itself, never bound
outside: captum expands x, and a mask kept elsewhere would no longer fit. Absent rows are replaced by
``torch.where`` before any arithmetic, so that no NaN reaches a gradient.
"""

import torch
from torch import nn

NEVER = torch.finfo(torch.float32).min  # a logit whose softmax is exactly zero beside any finite one


def present(x):
    """True where an instance is there. x: (..., instance, feature), NaN rows where absent.

    The first feature tells: an absent row is NaN throughout, a present one nowhere."""
    return ~torch.isnan(x[..., 0])


def filled(x, mask):
    """x with zeros where an instance is absent. x: (..., instance, feature); mask: (..., instance)."""
    return torch.where(mask[..., None], x, 0.0)


def emptied(h, mask):
    """h with NaN rows where an instance is absent: the inverse of ``filled``."""
    return torch.where(mask[..., None], h, torch.nan)


def masked_mean(h, mask):
    """Mean over the present instances. h: (..., instance, width) without NaN. Returns (..., width)."""
    weight = mask.to(h.dtype)[..., None]
    return (h * weight).sum(-2) / weight.sum(-2).clamp(min=1.0)


def masked_max(h, mask):
    """Largest value over the present instances. h: (..., instance, width) without NaN. Gives (..., width)."""
    return torch.where(mask[..., None], h, NEVER).amax(-2)


def masked_softmax(logits, mask):
    """Weights over the present instances that sum to one; exactly zero where absent.

    logits, mask: (..., instance). A function, not ``nn.Softmax``: captum's rule for that module treats
    the samples of a batch as coupled."""
    weights = torch.softmax(torch.where(mask, logits, NEVER), -1)
    return torch.where(mask, weights, 0.0)


class Centre(nn.Module):
    """Subtracts each feature's origin: zero until training sets it to the median of the training instances.

    The median, since it leaves the features alone that are mostly zero (most genes of a single cell), where
    zero means "not seen"; while an offset common to all instances (as in cytometry) would stall learning."""

    def __init__(self, n_features):
        super().__init__()
        self.register_buffer("origin", torch.zeros(n_features))

    def forward(self, x):
        return x - self.origin


def set_origin(model, x):
    """Set every ``Centre`` to the median of the present instances. x: (sample, instance, feature)."""
    centres = [module for module in model.modules() if isinstance(module, Centre)]
    if centres:
        median = x[present(x)].median(0).values
        for module in centres:
            module.origin.copy_(median)


def encoder(n_features, width, dropout):
    """Two linear layers with ReLU, applied to each instance: (..., feature) -> (..., width).

    dropout: rate between the layers. Every activation is a module of its own, since DeepLIFT hooks modules
    and a reused one would hold the wrong input."""
    return nn.Sequential(
        Centre(n_features),
        nn.Linear(n_features, width),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(width, width),
        nn.ReLU(),
    )
