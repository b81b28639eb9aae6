"""The verdict on decoys, in words: which models use them, which methods show it, hide it or invent it."""

from xassay.core.contracts import EXACT, ORACLE

USED = 0.1  # of what a causal position gets: a decoy that gets more is used, one that gets less is not


def sentences(tables):
    """[(data set, model, words)] wherever elements without an effect were planted and scored."""
    found = []
    metric = next(iter(tables.of("decoy_weight")), None)
    for dataset, model in tables.pairs if metric else ():
        rows = tables.rows(metric, dataset, model)
        rows = rows[rows["mean"].notna()]
        if EXACT not in rows.index:
            continue
        standing = {name: points(rows.loc[name]) for name in tables.methods if name in rows.index}
        labels = {
            state: [tables.label(name) for name, own in standing.items() if own is state]
            for state in (True, False, None)
        }
        found.append((dataset, model, told(model, rows.loc[EXACT], labels)))
    return found


def points(row):
    """Whether a map gives the decoy weight: True, False, or None where its interval leaves it open."""
    if row["lower"] > USED:
        return True
    return False if row["upper"] <= USED else None


def told(model, exact, labels):
    """One model's sentence. exact: the row of its Shapley values; labels: of methods, by ``points``."""
    used = points(exact)
    who = "f*" if model == ORACLE else "the model"
    if used:
        share = f"{exact['mean']:.0%} of" if exact["mean"] < 2 else "more than twice"
        weight = f"which gets {share} what a causal position gets"
        words = [f"{who} uses the decoy, {weight}", f"shown by {listed(labels[True])}"]
        words.append(f"hidden by {listed(labels[False])}")
    elif used is None:
        known = exact["lower"] == exact["lower"]
        interval = f"{exact['lower']:.0%} to {exact['upper']:.0%}" if known else f"{exact['mean']:.0%}"
        words = [
            f"whether {who} uses the decoy is open (it gets {interval} of a causal position)",
            f"pointed at by {listed(labels[True])}",
        ]
    else:
        verb = "points" if len(labels[True]) < 2 else "point"
        words = [f"{who} does not use the decoy", f"{listed(labels[True])} {verb} at it all the same"]
        if not labels[True]:
            words = [f"{who} does not use the decoy, and no method points at it"]
    if labels[None]:
        words.append(f"left open by {listed(labels[None])}")
    return "; ".join(words)


def listed(names):
    """Names in a sentence."""
    return ", ".join(names) if names else "no method"
