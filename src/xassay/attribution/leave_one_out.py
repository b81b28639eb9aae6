"""Leave one out, the "One Removed" of Early, Evers and Ramchurn (2022): f less f without the instance."""

import torch

from xassay.core.bags import present
from xassay.core.errors import InputError
from xassay.core.masking import answers, removal

CARD = dict(
    label="Leave one out", family="perturbation", kinds=("bag",), needs=(), signed=True,
    level="instance", axioms=(), reference="early2022",
    limits=dict(replace=("baseline", "remove")),
)  # fmt: skip


def attribute(model, x, target, baseline, *, replace="baseline"):
    """f(x) - f(x without the instance), averaged over references.

    x: (sample, instance, feature); target: (sample,); baseline: (reference, sample, instance, feature).
    replace: "baseline" puts the baseline's cell in the instance's place, "remove" makes the bag smaller by
    one; the only instance of a bag is always replaced, since an empty bag has no logit.
    Returns (sample, instance), logits. Raises InputError for another ``replace``."""
    there = present(x)
    alone = torch.eye(x.shape[1], dtype=torch.bool, device=x.device).expand(len(x), -1, -1)
    masks = torch.cat([torch.zeros_like(alone[:, :1]), alone & there[:, None]], 1)
    logits = answers(model, x, baseline, masks, target)
    if replace == "remove":
        several = there.sum(1) > 1
        logits[several] = answers(model, x[several], removal(x[several]), masks[several], target[several])
    elif replace != "baseline":
        raise InputError(f"leave_one_out: replace is {replace!r}; allowed: baseline, remove")
    effect = logits[:, :1] - logits[:, 1:]
    return torch.where(there, effect, torch.nan).to(x.dtype)
