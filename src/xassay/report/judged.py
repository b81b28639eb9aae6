"""The criteria of the trust cards as tables: what the verdict used, to be drawn as it was used."""

import pandas as pd

COLUMNS = ("dataset", "model", "method", "mean", "lower", "upper", "threshold")


def judged(tables, name):
    """A row a card that asks for the criterion ``name``; ``mean`` is the card's value or NaN."""
    rows = []
    for card in tables.trust:
        found = (card.get("criteria") or {}).get(name)
        if found and found.get("status") != "not applicable":
            numbers = {key: found.get(key) for key in ("lower", "upper", "threshold")}
            place = {key: card[key] for key in COLUMNS[:3]}
            rows.append(place | {"mean": found.get("value")} | numbers)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype(dict.fromkeys(COLUMNS[3:], float))


def threshold(tables, name):
    """The threshold of a criterion, as configured or else as the cards tell; None where nobody does."""
    wanted = (tables.config.get("verdict") or {}).get(name)
    known = judged(tables, name).threshold.dropna()
    return wanted if wanted is not None else known.iloc[0] if len(known) else None
