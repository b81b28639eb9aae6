"""Leave one out, the "One Removed" of Early, Evers and Ramchurn (2022): f less f without the instance."""

import torch

from xassay.core.errors import InputError
from xassay.core.masking import answers, removal, singles
from xassay.core.units import numbered, there

CARD = dict(
    label="Leave one out", family="perturbation", kinds=("bag", "sequence"), needs=(), signed=True,
    level="instance", axioms=(), reference="early2022",
    limits=dict(replace=("baseline", "remove")),
)  # fmt: skip


def attribute(model, x, target, baseline, groups, *, replace="baseline"):
    """f(x) - f(x without the unit), averaged over references.

    x: (sample, ...), NaN where absent; target: (sample,); baseline: (reference, sample, ...); groups: each
    element's unit, or None: axis 1, the instances of a bag. replace: "baseline" puts the baseline's in the
    unit's place, "remove" makes the bag smaller by one instance; the only instance of a bag is always
    replaced, since an empty bag has no logit. Returns (sample, unit), logits. Raises InputError for another
    ``replace``, or for units that cannot be removed."""
    if replace not in ("baseline", "remove"):
        raise InputError(f"leave_one_out: replace is {replace!r}; allowed: baseline, remove")
    if replace == "remove" and groups is not None:
        raise InputError(
            "leave_one_out: replace is 'remove'; allowed where units are not instances: baseline"
        )
    known = there(x, numbered(x, groups))
    whole = answers(model, x, baseline, torch.zeros_like(known[:, None]), target, units=groups)
    without = singles(model, x, baseline, target, units=groups)
    if replace == "remove":
        several = known.sum(1) > 1
        bags = x[several]
        without[several] = singles(model, bags, removal(bags), target[several])
    return (whole - without).to(x.dtype)
