"""Measurement noise by the data set's declared law: what a second measurement would have changed."""

import numpy as np
import torch

from xassay.core.errors import InputError


def law(noise, library=None):
    """The data set's noise as a callable (x, rng) -> x of the same shape, (sample, instance, feature).

    noise: {"law": "gaussian", "sd": float or (feature,)} adds normal draws; {"law": "multinomial", "scale":
    float} takes x as log1p(scale * counts / library) and draws each instance's counts anew, as many as were
    counted, genes outside x included: the mean is kept and a zero stays zero; {"law": "substitution", "rate":
    float} puts one of the other bases, each as likely, in the place of that share of a sequence's bases.
    library: counts of each instance, (sample, instance), NaN where absent; for the multinomial alone.

    Raises InputError for another law or a multinomial without library."""
    if noise.get("law") == "gaussian":
        return _gaussian(np.asarray(noise["sd"], np.float32))
    if noise.get("law") == "multinomial":
        if library is None:
            raise InputError("noise: the law 'multinomial' needs obs['library'], the counts of each instance")
        return _multinomial(float(noise["scale"]), np.asarray(library))
    if noise.get("law") == "substitution":
        return _substitution(float(noise["rate"]))
    raise InputError(
        f"noise: law {noise.get('law')!r} is unknown; allowed: gaussian, multinomial, substitution"
    )


def _gaussian(sd):
    def noisy(x, rng):
        return x + torch.from_numpy(rng.standard_normal(x.shape, np.float32) * sd).to(x)

    return noisy


def _multinomial(scale, library):
    def noisy(x, rng):
        there = ~np.isnan(library)
        counted = np.rint(library[there]).astype(np.int64)
        share = np.expm1(x.cpu().numpy()[there].astype(np.float64)) / scale
        rest = np.maximum(1 - share.sum(-1, keepdims=True), 0)
        share = np.concatenate([share, rest], -1)
        counts = rng.multinomial(counted, share / share.sum(-1, keepdims=True))[:, :-1]
        out = x.clone()
        out[torch.from_numpy(there).to(x.device)] = torch.from_numpy(
            np.log1p(scale * counts / counted[:, None])
        ).to(x)
        return out

    return noisy


def _substitution(rate):
    def noisy(x, rng):
        # a base moves one to three rows down, in a circle: never onto itself
        steps = np.where(rng.random((len(x), x.shape[2])) < rate, rng.integers(1, 4, (len(x), x.shape[2])), 0)
        rows = (np.arange(4)[:, None] - steps[:, None]) % 4
        return x.gather(1, torch.from_numpy(rows).to(x.device))

    return noisy


def spread(x, baseline):
    """Standard deviation of each feature over the instances of x and of the references: (feature,).

    Of sequences that of each position over the bases, about 0.43. x: (sample, instance, feature), NaN where
    absent; baseline: (reference, sample, instance, feature)."""
    cells = torch.cat([baseline.flatten(0, 2), x.flatten(0, 1)])
    return cells[~cells.flatten(1)[:, 0].isnan()].std(0)
