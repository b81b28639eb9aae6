"""What stands in a removed unit's place, told from the units that are left: ROAD, by Rong et al. (2022).

With the weights W of an element's neighbours, the removed ones r solve (I - W)_rr x_r = W_rk x_k from those
kept, k: neither a foreign value nor the edge of a hole then tells the model what is gone. I - W is a
precision matrix and x_r the conditional mean of a Gaussian field: dense matrices are factorised, sparse ones
(pixels) take conjugate gradients, all rows of a batch together.
"""

from typing import Any, NamedTuple

import torch

from xassay.core.bags import present

TOLERANCE = 1e-6  # of the right-hand side's norm, where conjugate gradients end
MOST, OFTEN = 2000, 8  # steps, for any system that is worth the name; steps after which the end is looked for
STRAIGHT, DIAGONAL = 1 / 6, 1 / 12  # weights of a pixel's neighbours, as in rong2022


class Field(NamedTuple):
    """What elements say of one another: mean (element,), precision (element, element), dense or sparse."""

    mean: Any
    precision: Any


def field(instances):
    """The Field of features: their mean and precision, shrunk as Ledoit and Wolf (2004) do. Float64.

    instances: (instance, feature). A constant feature is independent of all others, of variance 1."""
    from sklearn.covariance import LedoitWolf

    values = torch.as_tensor(instances, dtype=torch.float64)
    mean, spread = values.mean(0), values.std(0, correction=0)
    scale = torch.where(spread > 0, spread, 1.0)
    fitted = LedoitWolf(assume_centered=True).fit(((values - mean) / scale).numpy())
    precision = torch.from_numpy(fitted.precision_) / scale[:, None] / scale
    return Field(mean, precision)


def pixels(rows, columns):
    """The Field of an image: every pixel is the weighted mean of its eight neighbours. Sparse float64.

    A pixel at the edge has fewer, their weights in the same proportion: the Laplacian of the grid's graph."""
    place = torch.arange(rows * columns).view(rows, columns)
    pairs, weights = [], []
    for down, right in ((0, 1), (1, -1), (1, 0), (1, 1)):
        one = place[: rows - down, max(0, -right) : columns - max(0, right)]
        other = place[down:, max(0, right) : columns + min(0, right)]
        pairs.append(torch.stack([one.flatten(), other.flatten()]))
        weight = DIAGONAL if down and right else STRAIGHT
        weights.append(torch.full((one.numel(),), weight, dtype=torch.float64))
    pairs, weights = torch.cat(pairs, 1), torch.cat(weights)
    degree = torch.zeros(place.numel(), dtype=torch.float64)
    degree.index_add_(0, pairs.flatten(), weights.repeat(2))
    at = torch.cat([pairs, pairs.flip(0), place.flatten().expand(2, -1)], 1)
    values = torch.cat([-weights, -weights, degree])
    precision = torch.sparse_coo_tensor(at, values, (place.numel(),) * 2, check_invariants=True)
    return Field(torch.zeros(place.numel(), dtype=torch.float64), precision.coalesce())


def by_field(values, removed, given):
    """values with removed elements at their conditional mean.

    values: (row, element, column), columns independent of one another; removed: (row, element) bool; given:
    Field, on values' device. Returns values' shape and type; a row of which nothing is kept is the mean."""
    mean, precision = given.mean[:, None], given.precision
    kept = torch.where(removed[..., None], 0.0, values.double() - mean)
    found = (_descended if precision.is_sparse else _factorised)(precision, kept, removed)
    return torch.where(removed[..., None], mean + found, values.double()).to(values.dtype)


def by_mean(x, removed):
    """What removed instances of a bag become, ``by_field`` where all are neighbours: the mean of those kept.

    x: (sample, instance, feature), NaN where absent; removed: (sample, mask, instance) bool. Returns (sample,
    mask, feature), NaN where nothing is kept."""
    kept = (~removed & present(x)[:, None]).to(x.dtype)
    return (kept / kept.sum(-1, keepdim=True)) @ x.nan_to_num()


def _factorised(precision, kept, removed):
    """The removed elements, less their mean, by Cholesky; kept: (row, element, column), 0 where removed."""
    inside = removed[:, :, None] & removed[:, None]
    matrix = torch.where(
        inside, precision, torch.eye(len(precision), dtype=precision.dtype, device=kept.device)
    )
    right = torch.where(removed[..., None], -(precision @ kept), 0.0)
    return torch.cholesky_solve(right, torch.linalg.cholesky(matrix))


def _descended(precision, kept, removed):
    """``_factorised`` by conjugate gradients, scaled by the diagonal, on every row and column at once."""
    shape, inside = kept.shape, removed.T[..., None].expand(-1, -1, kept.shape[2]).flatten(1).to(kept)

    def product(values):
        return inside * (precision @ values)

    diagonal = _diagonal(precision)[:, None]
    residual = -product(kept.transpose(0, 1).flatten(1))
    limit = TOLERANCE * residual.norm(dim=0)
    found, scaled = torch.zeros_like(residual), residual / diagonal
    step, size = scaled.clone(), (residual * scaled).sum(0)
    for turn in range(MOST):
        if turn % OFTEN == 0 and bool((residual.norm(dim=0) <= limit).all()):
            break
        moved = product(step)
        along = size / (step * moved).sum(0).clamp(min=torch.finfo(size.dtype).tiny)
        found.addcmul_(step, along)
        residual.addcmul_(moved, along, value=-1)
        scaled = residual / diagonal
        size, before = (residual * scaled).sum(0), size
        step = torch.addcmul(scaled, step, size / before.clamp(min=torch.finfo(size.dtype).tiny))
    return found.view(shape[1], shape[0], shape[2]).transpose(0, 1)


def _diagonal(precision):
    """The diagonal of a sparse matrix."""
    at = precision.coalesce()
    here = at.indices()[0] == at.indices()[1]
    out = torch.ones(len(precision), dtype=precision.dtype, device=precision.device)
    return out.index_put_((at.indices()[0, here],), at.values()[here])
