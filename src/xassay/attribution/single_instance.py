"""Single instance, the "Single" of Early, Evers and Ramchurn (2022): a bag of it alone."""

import torch

from xassay.core.bags import present
from xassay.core.masking import answers, removal

CARD = dict(
    label="Single instance", family="perturbation", kinds=("bag",), needs=(), signed=True,
    level="instance", axioms=(), reference="early2022",
)  # fmt: skip


def attribute(model, x, target):
    """x: (sample, instance, feature); target: (sample,). Returns (sample, instance), logits."""
    there = present(x)
    others = ~torch.eye(x.shape[1], dtype=torch.bool, device=x.device) & there[:, None]
    others &= there[:, :, None]  # the row of an absent instance masks nothing: no bag is empty
    logits = answers(model, x, removal(x), others, target)
    return torch.where(there, logits, torch.nan).to(x.dtype)
