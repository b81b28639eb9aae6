"""Names of classes in order, the one that is explained last."""

from xassay.core.errors import InputError

CODED = (  # pairs of labels that say which is the positive one, which stands last
    *(("0", "1"), ("0.0", "1.0"), ("-", "+")),
    *(("false", "true"), ("no", "yes"), ("absent", "present")),
)
CONTROLS = {  # labels of what is not explained, whatever the other label is
    *("control", "controls", "ctrl", "ctl", "healthy", "normal", "ref", "reference"),
    *("negative", "neg", "none", "untreated", "unstimulated"),
}
MEASURED = (("-1", "1"), ("low", "high"), ("unbound", "bound"))  # the same, of sequences
MADE = {"background", "shuffled", "random"}


def in_order(labels, positive, where):
    """Different labels, as text, sorted, ``positive`` last. where: what to call them in an error.

    Raises InputError for one class, for an unknown one, and for two that do not say which is explained."""
    classes = sorted(set(labels))
    if len(classes) < 2:
        raise InputError(f"{where}: one class only, {', '.join(map(repr, classes))}; allowed: two or more")
    if positive is None:
        found = classes if len(classes) > 2 else by_name(classes, CODED + MEASURED, CONTROLS | MADE)
        if found is None:
            allowed = ", ".join(map(repr, classes))
            raise InputError(f"{where}: positive: name the label that is explained; allowed: {allowed}")
        return list(found)
    chosen = [name for name in classes if name == str(positive)]
    chosen = chosen or [name for name in classes if name.lower() == str(positive).lower()]  # true, True
    if len(chosen) != 1:
        raise InputError(f"positive: {positive!r} is no label of {where}; allowed: {', '.join(classes)}")
    return [name for name in classes if name != chosen[0]] + chosen


def by_name(classes, coded=CODED, controls=CONTROLS):
    """Two labels, the one that their names say is explained last; None where they do not say."""
    for one, two in (classes, classes[::-1]):
        low, high = one.lower(), two.lower()
        if (low, high) in coded or (low in controls and high not in controls):
            return one, two
    return None
