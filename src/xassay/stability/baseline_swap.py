"""Baseline swap: how much of a map is the choice of its baseline? Sturmfels, Lundberg and Lee (2020)."""

import torch

CARD = dict(label="Baseline swap", varies="baseline", fixed="model, input, target", reference="sturmfels2020")


def variants(model, x, target, baseline):
    """Zeros as level "zero" and the declared baseline's mean cell as "mean", unless they are that baseline.

    baseline: (reference, sample, instance, feature); a swapped one has a single reference."""
    cell = baseline.flatten(0, -2).nanmean(0)
    for level, swapped in {"zero": torch.zeros_like(cell), "mean": cell}.items():
        other = torch.where(x.isnan(), torch.nan, swapped)[None]
        if not torch.allclose(other.expand_as(baseline), baseline, equal_nan=True):
            yield level, model, x, target, other
