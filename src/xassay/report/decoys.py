"""The verdict on decoys, in words: which models use them, which methods show it, hide it or invent it."""

from xassay.core.contracts import ORACLE

CHANCE = 0.5


def sentences(tables):
    """[(data set, model, words)] wherever elements without an effect were planted and scored."""
    found = []
    metric = next(iter(tables.of("decoy_auroc")), None)
    for dataset, model in tables.pairs if metric else ():
        rows = tables.rows(metric, dataset, model)
        rows = rows[rows["mean"].notna()]
        if "control_shapley" not in rows.index:
            continue
        used = above(rows.loc["control_shapley"])
        methods = [method for method in tables.methods if method in rows.index]
        shown = [tables.label(method) for method in methods if above(rows.loc[method])]
        other = [tables.label(method) for method in methods if not above(rows.loc[method])]
        found.append((dataset, model, told(model, used, shown, other)))
    return found


def above(row):
    """Whether a whole interval lies above chance."""
    return row["lower"] > CHANCE


def told(model, used, shown, other):
    """One model's sentence."""
    if used:
        return f"the model uses the decoy; shown by {listed(shown)}; hidden by {listed(other)}"
    who = "f* ignores the decoy" if model == ORACLE else "the model does not use the decoy"
    return f"{who}; {listed(shown)} {'point' if len(shown) != 1 else 'points'} at it all the same"


def listed(names):
    """Names in a sentence."""
    return ", ".join(names) if names else "no method"
