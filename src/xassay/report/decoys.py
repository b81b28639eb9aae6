"""The verdict on decoys, in words: which models use them, which methods show it, hide it or invent it."""

from xassay.core.contracts import ORACLE

CHANCE = 0.5
NEAR = 0.55  # an interval that ends below is no better than chance; one that passes both leaves it open


def sentences(tables):
    """[(data set, model, words)] wherever elements without an effect were planted and scored."""
    found = []
    metric = next(iter(tables.of("decoy_auroc")), None)
    for dataset, model in tables.pairs if metric else ():
        rows = tables.rows(metric, dataset, model)
        rows = rows[rows["mean"].notna()]
        if "control_shapley" not in rows.index:
            continue
        standing = {name: points(rows.loc[name]) for name in tables.methods if name in rows.index}
        labels = {
            state: [tables.label(name) for name, own in standing.items() if own is state]
            for state in (True, False, None)
        }
        found.append((dataset, model, told(model, rows.loc["control_shapley"], labels)))
    return found


def points(row):
    """Whether a map points at the decoy: True, False, or None where its interval leaves it open."""
    if row["lower"] > CHANCE:
        return True
    return False if row["upper"] <= NEAR else None


def told(model, exact, labels):
    """One model's sentence. exact: the row of its Shapley values; labels: of methods, by ``points``."""
    used = points(exact)
    who = "f*" if model == ORACLE else "the model"
    if used:
        words = [
            f"{who} uses the decoy",
            f"shown by {listed(labels[True])}",
            f"hidden by {listed(labels[False])}",
        ]
    elif used is None:
        interval = f"{exact['lower']:.2f} to {exact['upper']:.2f}"
        words = [
            f"whether {who} uses the decoy is open (Shapley values point at it, AUROC {interval})",
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
