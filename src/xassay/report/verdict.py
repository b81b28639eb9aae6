"""The verdict: counts, the matrix's cells, the trust cards."""

from collections import Counter, defaultdict

from xassay.report.sections import text

ORDER = ("trust", "caution", "do not use", "not assessed")
STATE = {True: ("passed", "yes"), False: ("failed", "no"), None: ("not evaluated", "open")}


def anchor(dataset, model, method):
    """Id of a trust card in the page."""
    return f"card-{dataset}-{model}-{method}".replace("~", "-")


def cards(tables):
    """Trust cards in the page's order, each with its criteria ready to print."""
    place = {pair: i for i, pair in enumerate(tables.pairs)}
    rank = {method: i for i, method in enumerate(tables.methods)}
    found = []
    for card in tables.trust:
        where = card["dataset"], card["model"], card["method"]
        lines = [criterion(name, values) for name, values in (card.get("criteria") or {}).items()]
        said = [line["text"] for line in lines if line["text"]]
        more = {
            "anchor": anchor(*where),
            "why": why(card),
            "lines": lines,
            "other": [
                reason for reason in card.get("reasons") or [] if not any(words in reason for words in said)
            ]
            + informed(card),
            "flag": tables.flags.get(where),
        }
        found.append(card | more)
    return sorted(
        found, key=lambda c: (place.get((c["dataset"], c["model"]), 0), rank.get(c["method"], len(rank)))
    )


INFORMS = {"limit_of_detection": "Limit of detection", "reproducibility": "Other architectures"}


def informed(card):
    """What a card holds beside its criteria, in words; it judges nothing."""
    found = {name: card.get(name) for name in INFORMS}
    return [f"{INFORMS[name]}, which judges nothing: {told['text']}" for name, told in found.items() if told]


def criterion(name, values):
    """One line of a card."""
    passed = values.get("passed")
    numbers = {
        key: values.get(key) for key in ("value", "lower", "upper", "positive", "negative", "threshold")
    }
    word, style = STATE[passed]
    word = values.get("status") or word
    return dict(
        name=name.replace("_", " "),
        word=word,
        style=style,
        text=values.get("text") or "",
        strip=strip(numbers),
        **{key: text(number, 2) for key, number in numbers.items()},
    )


def strip(numbers, width=100, height=20):
    """Places of value, interval, threshold and controls on a line ``width`` px long; None without a value."""
    known = [x for x in numbers.values() if x is not None and x == x]
    if numbers["value"] is None or numbers["value"] != numbers["value"] or len(known) < 2:
        return None
    low, high = min(known), max(known)
    scale = (width - 12) / ((high - low) or 1.0)
    at = {key: None if x is None or x != x else f"{6 + (x - low) * scale:.1f}" for key, x in numbers.items()}
    return at | dict(width=width, height=height)


def why(card):
    """The shortest reason: the criteria in the way of trust, failed before open ones."""
    if card["verdict"] == "trust":
        return ""
    open_, failed = [], []
    for name, values in (card.get("criteria") or {}).items():
        if values.get("passed") is False:
            failed.append(name)
        elif values.get("passed") is None and values.get("status") != "not applicable":
            open_.append(f"{name} {values.get('status') or 'not evaluated'}")
    if card["verdict"] == "not assessed" or not (failed or open_):
        return next(iter(card.get("reasons") or []), "")
    names = [name.replace("_", " ") for name in failed or open_]
    shown = ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
    return "fails " + shown if failed else shown


def matrix(tables, found):
    """dict(sets, columns, rows): rows of methods by family, a cell a (data set, model)."""
    by_place = {(card["dataset"], card["model"], card["method"]): card for card in found}
    columns = [
        dict(dataset=d, model=m, learned=tables.learned(d, m), first=i == 0 or tables.pairs[i - 1][0] != d)
        for i, (d, m) in enumerate(tables.pairs)
    ]
    rows, family = [], None
    for method in tables.methods:
        if tables.family(method) != family:
            family = tables.family(method)
            rows.append(dict(family=family))
        cells = [
            dict(
                column=c,
                card=by_place.get((c["dataset"], c["model"], method)),
                refused=tables.refusal(c["dataset"], c["model"], method),
            )
            for c in columns
        ]
        rows.append(dict(method=method, cells=cells))
    return dict(sets=Counter(d for d, _ in tables.pairs), columns=columns, rows=rows)


def counts(found):
    """[(verdict, how many)], best first."""
    seen = Counter(card["verdict"] for card in found)
    return [(verdict, seen[verdict]) for verdict in ORDER]


def folds(tables, found):
    """[dict(dataset, model, counts, cards)]: cards by (data set, model)."""
    groups = defaultdict(list)
    for card in found:
        groups[card["dataset"], card["model"]].append(card)
    return [
        dict(
            dataset=d,
            model=m,
            cards=cards,
            learned=tables.learned(d, m),
            counts=[c for c in counts(cards) if c[1]],
        )
        for (d, m), cards in groups.items()
    ]
