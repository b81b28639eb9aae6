"""Options of simulated DNA that cannot be."""

from xassay.core.errors import InputError
from xassay.core.wording import unknown


def check(o, limits):
    """Raise InputError, in one line, for options that give no data. limits: as a CARD has them."""
    if len(o.n_sequences) != 3 or min(o.n_sequences) < 2:
        raise InputError(
            f"n_sequences: {', '.join(map(str, o.n_sequences))}; allowed: three numbers, 2 or more each"
        )
    for key, limit in limits.items():
        value = getattr(o, key)
        for part in value if isinstance(value, list | tuple) else [value]:
            within(part, limit, key)
    for key in ("sharpness", "gain", "decay", "site_p", "affinity"):
        if not getattr(o, key) > 0:
            raise InputError(f"{key}: {getattr(o, key)}; allowed: above 0")
    if o.affinity >= 1:
        raise InputError(f"affinity: {o.affinity}; allowed: below 1")
    if not 0 < o.positive_share < 1:
        raise InputError(f"positive_share: {o.positive_share}; allowed: between 0 and 1")
    if o.task == "classification" and not o.label_noise < 0.5:
        raise InputError(f"label_noise: {o.label_noise}; allowed: 0 or more, below 0.5")
    if o.margin >= o.gain / 2:
        raise InputError(f"margin: {o.margin}; allowed: below half the gain, {o.gain / 2:g}")
    if o.program == "multi_task" and (
        o.task == "regression" or {"gc", "spurious", "matched_negatives"} & {*o.decoys}
    ):
        raise InputError(
            "program: 'multi_task' has a class for each motif; allowed: classification, without gc, spurious "
            "and matched_negatives"
        )
    if o.program == "spacing" and o.spacing < 0:
        raise InputError(f"spacing: {o.spacing}; allowed: 0 or more, or the program heterodimer")


def within(value, limit, key):
    """Raise InputError for a text that is not among those allowed, a number outside its range."""
    if isinstance(limit[0], str):
        if value not in limit:
            raise InputError(unknown(key, value, limit, "value"))
        return
    low, high = limit
    if (low is not None and value < low) or (high is not None and value > high):
        ends = f"{low} or more" if high is None else f"{low} to {high}"
        raise InputError(f"{key}: {value}; allowed: {ends}")
