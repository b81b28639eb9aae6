"""Where the methods stand, in sentences: who is trusted, who nearly, and what is in the way."""

from collections import Counter, defaultdict

from xassay.core.contracts import ORACLE

SAID = {  # status: (of one, of several)
    "failed": ("fails", "fail"),
    "inconclusive": ("is inconclusive", "are inconclusive"),
    "not gated": ("is not gated", "are not gated"),
    "not evaluated": ("is not evaluated", "are not evaluated"),
}


def contestants(found):
    """Cards on trained models; f* is a measuring rod, not a contestant."""
    return [card for card in found if card["model"] != ORACLE]


def status(values):
    """The status of a criterion, also where only ``passed`` tells it."""
    plain = {True: "passed", False: "failed", None: "not evaluated"}[values.get("passed")]
    return values.get("status") or plain


def unmet(card):
    """{criterion: status} of what keeps a card from trust."""
    found = {name: status(values) for name, values in (card.get("criteria") or {}).items()}
    return {name: word for name, word in found.items() if word not in ("passed", "not applicable")}


def number(count, status):
    """ "1 fails", "3 are inconclusive"."""
    one, several = SAID.get(status, (f"is {status}", f"are {status}"))
    return f"{count} {one if count == 1 else several}"


def trusted(tables, found):
    """[(data set, sentence)]: who can be trusted on a trained model, and how near the others come."""
    lines = []
    for dataset in tables.datasets:
        here = [card for card in contestants(found) if card["dataset"] == dataset]
        if here:
            lines.append((dataset, sentence(tables, here)))
    return lines


def sentence(tables, cards):
    """One data set's standing."""
    by_verdict = defaultdict(list)
    for card in cards:
        by_verdict[card["verdict"]].append(card)
    blind = len(by_verdict["not assessed"])
    if blind == len(cards):
        return "no model learned, so there is nothing to explain and no method was assessed"
    parts = []
    by_model = defaultdict(list)
    for card in by_verdict["trust"]:
        by_model[card["model"]].append(tables.label(card["method"]))
    names = [f"{', '.join(who)} on {tables.label(model, 'models')}" for model, who in by_model.items()]
    rest = len(cards) - len(by_verdict["trust"]) - blind
    head = "trust " + "; ".join(names) if names else "none reaches trust on a trained model"
    if rest:
        parts.append(near(by_verdict["caution"]))
        banned = Counter(name for card in by_verdict["do not use"] for name in forbidding(card))
        if banned:
            why = ", ".join(f"{name} in {count}" for name, count in banned.most_common())
            parts.append(f"{len(by_verdict['do not use'])} must not be used (failed: {why})")
    tail = "; ".join(part for part in parts if part)
    head += f". Of the other {rest} pairs of method and model, {tail}" * bool(tail and names)
    head += f": of {rest} pairs of method and model, {tail}" * bool(tail and not names)
    return head + f". {blind} not assessed, since the model did not learn" * bool(blind)


def near(cards):
    """How many cards lack one criterion, and which; how many lack more."""
    single = Counter(next(iter(unmet(card).items())) for card in cards if len(unmet(card)) == 1)
    parts = [
        f"{count} pass{'es' * (count == 1)} all but {name} ({word})"
        for (name, word), count in sorted(single.items(), key=lambda item: (-item[1], item[0]))
    ]
    more = len(cards) - sum(single.values())
    return "; ".join(parts + [f"{more} miss{'es' * (more == 1)} two criteria or more"] * bool(more))


def forbidding(card):
    """The criteria whose failure means "do not use": those that the card's reasons name."""
    failed = [name for name, word in unmet(card).items() if word == "failed"]
    return [name for name in failed if any(r.startswith(name) for r in card.get("reasons") or [])] or failed


def obstacles(tables, found, shown=3):
    """[(criterion, what is unmet, of how many, examples)]: what stands in the way of trust, worst first."""
    lost, asked = defaultdict(list), Counter()
    for card in contestants(found):
        if card["verdict"] == "not assessed":
            continue
        for name, values in (card.get("criteria") or {}).items():
            asked[name] += status(values) != "not applicable"
        for name, word in unmet(card).items():
            lost[name].append((word, card["method"]))
    lines = []
    for name in sorted(lost, key=lambda n: -len(lost[n])):
        words = Counter(word for word, _ in lost[name])
        order = [*SAID, *sorted(set(words) - set(SAID))]
        told = ", ".join(number(words[word], word) for word in order if words[word])
        methods = Counter(method for _, method in lost[name])
        examples = ", ".join(f"{tables.label(m)} ({count})" for m, count in methods.most_common(shown))
        others = len(methods) - min(shown, len(methods))
        examples += f" and {others} more" if others else ""
        lines.append((name.replace("_", " "), told, asked[name], examples))
    return lines
