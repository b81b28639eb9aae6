"""Repeatability across seeds against its floor."""

from xassay.report.dots import dots

CARD = dict(
    title="Does a second training give the same explanation?",
    caption="Mean rank correlation of the maps of one bag between two seeds, and its floor: the same for "
    "maps of different bags. The floor lies near 0 by construction, since cells of different bags have no "
    "common place; it shows only what a fixed order of places would earn. 1: the explanation "
    "does not depend on the seed. Good: far above the floor and near 1. Bad: at the floor, where a map "
    "tells nothing that another bag's would not. f* is known, not trained, and has no second seed. {n}",
    category="Agreement and repeatability",
)


def n(tables):
    return tables.n_of(*tables.of("repeatability")[:1])


def draw(tables):
    metrics, floor = tables.of("repeatability"), tables.of("repeatability_floor")
    if not metrics:
        return "repeatability needs two seeds or more"
    beside = (floor[0], "floor: maps of different bags") if floor else None
    return dots(tables, metrics[:1], lines=("control_random",), beside=beside)
