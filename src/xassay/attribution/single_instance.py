"""Single instance, the "Single" of Early, Evers and Ramchurn (2022): a bag of it alone."""

import torch

from xassay.core.bags import present
from xassay.core.masking import answers, removal

CARD = dict(
    label="Single instance", family="perturbation", kinds=("bag",), needs=(), signed=True,
    level="instance", axioms=(), reference="early2022",
)  # fmt: skip


def attribute(model, x, target, baseline):
    """The logit of a bag that holds this instance alone, less the mean of bags of one baseline instance.

    The second term is one number a bag: it moves no instance past another, and makes 0 mean "no evidence".
    x: (sample, instance, feature); target: (sample,); baseline: (reference, sample, instance, feature).
    Returns (sample, instance), logits."""
    there = present(x)
    others = ~torch.eye(x.shape[1], dtype=torch.bool, device=x.device) & there[:, None]
    others &= there[:, :, None]  # the row of an absent instance masks nothing: no bag is empty

    def alone(cells):
        return torch.where(there, answers(model, cells, removal(x), others, target), torch.nan)

    plain = torch.stack([alone(reference) for reference in baseline]).nanmean((0, 2))
    return (alone(x) - plain[:, None]).to(x.dtype)
