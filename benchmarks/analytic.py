"""Models whose right attribution is known, and how ours, Quantus and captum are asked about maps of them.

Used by soundness.py. Inputs are rows, (sample, feature); the baseline is 0.
"""

import captum.metrics
import numpy as np
import torch
from torch import nn

from xassay.core.contracts import Curve, Probe

SAMPLES, SIDE, SUBSET, MASKS = 64, 8, 16, 200
D = SIDE * SIDE
PLAIN = dict(normalise=False, abs=False, disable_warnings=True)


class Model(nn.Module):
    """A function of rows, (sample, feature) -> (sample,), of inputs of any shape, as a network."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x.flatten(1))[:, None]


class Linear(nn.Module):
    """L, or L and its negative as two outputs; with parameters, which a test of randomisation redraws."""

    def __init__(self, w, outputs=1):
        super().__init__()
        self.layer = nn.Linear(D, outputs, bias=False)
        with torch.no_grad():
            self.layer.weight.copy_(torch.stack([w, -w][:outputs]))

    def forward(self, x):
        return self.layer(x.flatten(1))


def image(x):
    """Rows as the images of one channel that Quantus wants: (sample, 1, row, column)."""
    return x.view(len(x), 1, SIDE, -1) if x.shape[1] == D else x[:, None, None]


def numbers(model, x):
    with torch.no_grad():
        return model(x)[:, 0].double().numpy()


def probe(model, x, masks=None):
    """The model's answers to masks, by default random ones of one size, to single features and to all."""
    n, width = x.shape
    if masks is None:
        rank = np.random.default_rng(0).random((n, MASKS, width)).argsort(-1).argsort(-1)
        masks = torch.from_numpy(rank < min(SUBSET, width - 1))
    asked = torch.cat([masks, torch.eye(width, dtype=torch.bool).expand(n, -1, -1)], 1)
    mixed = torch.where(asked, 0.0, x[:, None]).flatten(0, 1)
    delta = numbers(model, x)[:, None] - numbers(model, mixed).reshape(n, -1)
    total = numbers(model, x) - numbers(model, 0 * x)
    count = masks.shape[1]
    return Probe(masks.numpy(), delta[None, :, :count], delta[None, :, count:], total[None])


def curve(model, x, phi):
    """Outputs while features are set to 0, by the map's order and by ten random ones."""

    def walk(order):
        rank = order.argsort(1)
        steps = [numbers(model, torch.where(rank < k, 0.0, x)) for k in range(x.shape[1] + 1)]
        return np.stack(steps, 1)

    orders = [torch.from_numpy(np.random.default_rng(k).random(x.shape)).argsort(1) for k in range(10)]
    random = np.stack([walk(order) for order in orders], 1)
    return Curve(walk((-phi).argsort(1))[None], walk(phi.argsort(1))[None], random[None])


def mean(values):
    """Mean over samples as a number; NaN is left out."""
    return float(np.nanmean(np.asarray(values, float)))


def said(call):
    """The mean of what a peer returns, or the text of its error."""
    np.random.seed(0)
    torch.manual_seed(0)
    try:
        return mean(call())
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0][:80] if str(error) else ''}"


def asked(metric, model, x, phi, **options):
    """What a Quantus metric says about maps (sample, feature)."""
    given = dict(x_batch=image(x).numpy(), y_batch=np.zeros(len(x), int), device="cpu", channel_first=True)
    if phi is not None:
        given["a_batch"] = image(phi).numpy()
    return said(lambda: metric(model=model.eval(), softmax=False, **given | options))


def explained_by(kind):
    """A function that Quantus calls for maps of changed inputs, targets and models."""

    def explain(model, inputs, targets, **_):
        x = torch.as_tensor(inputs, dtype=torch.float32).detach().clone().requires_grad_()
        with torch.enable_grad():  # captum asks without
            chosen = model(x).gather(1, torch.as_tensor(targets).long()[:, None])
            (slope,) = torch.autograd.grad(chosen.sum(), x)
        return (slope if kind == "gradient" else slope * x).detach().numpy()

    return explain


def captum_infidelity(model, x, phi):
    """captum's infidelity on masks like ours, a map's values times 1 where masked."""
    generator = np.random.default_rng(0)

    @captum.metrics.infidelity_perturb_func_decorator(True)
    def perturb(inputs, baselines=None):
        rank = generator.random(inputs.shape).argsort(-1).argsort(-1)
        return torch.where(torch.from_numpy(rank < SUBSET), 0.0, inputs)

    return said(lambda: captum.metrics.infidelity(model, perturb, x, phi, target=0, n_perturb_samples=MASKS))


def captum_sensitivity(model, x, kind):
    """captum's sensitivity_max of gradient or input x gradient."""

    def explain(inputs):
        (moved,) = inputs
        return (torch.from_numpy(explained_by(kind)(model, moved, np.zeros(len(moved), int))),)

    return said(lambda: captum.metrics.sensitivity_max(explain, x, n_perturb_samples=50))
