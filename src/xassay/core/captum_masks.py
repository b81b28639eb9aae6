"""What captum's perturbation methods need to explain units: Kokhlikyan et al. (2020).

captum multiplies inputs by masks, compares them and numbers their units, none of which bears NaN: it is
given zeros in the place of what is absent, which the model never sees. It draws from the global generators of
torch and numpy: these are seeded for it and put back.
"""

import copy
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from xassay.core.targets import explained
from xassay.core.units import numbered, there


class Filled(nn.Module):
    """The explained output of a model as a function of x without NaN: ``Filled(model)(x, absent, target)``.

    absent: x's shape, True where the model is to see NaN; an argument, since captum expands it with x."""

    def __init__(self, model):
        super().__init__()
        self.model = copy.deepcopy(model)  # whatever captum hooks to it goes with the copy

    def forward(self, x, absent, target):
        return explained(self.model(torch.where(absent, torch.nan, x)), target)


@contextmanager
def seeded(rng):
    """torch's and numpy's global generators, seeded from ``rng`` and restored afterwards."""
    state = np.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(2**63)))
        np.random.seed(int(rng.integers(2**32)))
        try:
            yield
        finally:
            np.random.set_state(state)


def by_captum(method, model, x, target, baseline, groups, *, together, least=1, **options):
    """Attributions of units by a method of captum, for each reference in turn, averaged.

    method: a class of captum.attr; x: (sample, ...), NaN where absent; target: (sample,); baseline:
    (reference, sample, ...); groups: the unit of each element, or None: axis 1; together: one call for all
    samples, or one for each; least: units that the method needs; options: of its ``attribute``. What a sample
    of fewer units has is f(x) - f(b). Returns (sample, unit) float64, NaN where absent."""
    units = numbered(x, groups)
    known, unit = there(x, units), units.of.expand(len(x), -1)
    # Present units are numbered from 0 in each sample; what is absent may bear any number, since the model
    # sees NaN there whatever captum puts in its place.
    mask = (known.cumsum(1) - 1).clamp(min=0).gather(1, unit).view(x.shape)
    absent, answer = x.isnan(), Filled(model)
    caller, whole = method(answer), torch.zeros(known.shape, dtype=torch.float64, device=x.device)
    blocks = [slice(None)] if together else [slice(s, s + 1) for s in range(len(x))]
    for part in blocks:
        given = absent[part], target[part]
        for reference in baseline:
            start, end = reference[part].nan_to_num(), x[part].nan_to_num()
            if not together and known[part].sum() < least:
                with torch.no_grad():
                    found = (answer(end, *given) - answer(start, *given)).expand(end.shape)
            else:
                found = caller.attribute(
                    end, baselines=start, additional_forward_args=given, feature_mask=mask[part], **options
                )
            whole[part] += torch.zeros_like(whole[part]).scatter(
                1, unit[part], found.detach().flatten(1).double()
            )
    return torch.where(known, whole / len(baseline), torch.nan)
